from __future__ import annotations

import numpy as np
import pytest

from edgefer.data.readers.fer2013_counts import SPLITS
from edgefer.data.readers.fer2013_csv import read_csv
from edgefer.errors import DataError
from tests.fer_csv import HEADER, as_icml, as_train, faces, row, write


def test_reads_pixels_labels_and_splits_in_order(tmp_path):
    usages = ["Training"] * 8 + ["PublicTest"] * 2 + ["PrivateTest"]
    pixels = write(tmp_path / "fer2013.csv", usages)
    rows = read_csv(tmp_path / "fer2013.csv")
    np.testing.assert_array_equal(rows.pixels, pixels)
    assert rows.pixels.dtype == np.uint8
    assert rows.labels.tolist() == [index % 7 for index in range(11)]
    assert [SPLITS[code] for code in rows.splits] == usages


def test_private_test_may_be_absent(tmp_path):
    write(tmp_path / "fer2013.csv", ["Training", "PublicTest"])
    assert read_csv(tmp_path / "fer2013.csv").splits.tolist() == [0, 1]


def test_the_competitions_csv_is_all_training(tmp_path):
    path = tmp_path / "train.csv"
    path.write_bytes(as_train(_official()).encode())
    assert path.read_bytes().startswith(b'emotion,pixels\r\n3,"0 9 10 99 100 255 ')
    rows = read_csv(path)
    np.testing.assert_array_equal(rows.pixels, faces(2))
    assert rows.labels.tolist() == [3, 6]
    assert rows.splits.tolist() == [0, 0]


def test_rows_without_usage_are_not_all_taken_for_training(tmp_path, monkeypatch):
    """A csv of all three splits that lost its Usage would put both tests into Training."""
    monkeypatch.setattr("edgefer.data.readers.fer2013_csv.TRAINING_FACES", 2)
    path = tmp_path / "fer2013.csv"
    path.write_text(as_train(_official()))
    assert len(read_csv(path).labels) == 2
    path.write_text(as_train(_official() + row(faces(1)[0]) + "\n"))
    with pytest.raises(DataError, match=r"fer2013\.csv has no column 'usage' but 3 rows"):
        read_csv(path)


def test_a_row_of_the_competitions_csv_that_is_cut_short_is_named(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(as_train(_official())[:-9])
    with pytest.raises(DataError, match=r"train\.csv, row 1 \(line 3\): 230\d pixels instead of 2304"):
        read_csv(path)


def test_tells_how_far_it_is_and_ends_at_the_size_of_the_file(tmp_path):
    path = tmp_path / "fer2013.csv"
    write(path, ["Training"] * 3)
    steps: list[int] = []
    read_csv(path, steps.append)
    assert sum(steps) == path.stat().st_size
    assert len(steps) == 4


def _official() -> str:
    return f"{HEADER}\n{row(faces(2)[0], 3)}\n{row(faces(2)[1], 6, 'PublicTest')}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufeff" + _official(), id="byte order mark"),
        pytest.param(_official().replace("\n", "\r\n"), id="CRLF"),
        pytest.param(_official().rstrip("\n"), id="no newline at the end"),
        pytest.param(_official() + "\n\n", id="blank lines at the end"),
        pytest.param(_official().replace(",", " , "), id="spaces around cells"),
        pytest.param(_official().replace(" ", "  "), id="two spaces between pixels"),
        pytest.param(_official().replace("3,0 9", "3,000 09"), id="leading zeros"),
        pytest.param(
            "\n".join(f'"{line}"' for line in _official().replace(",", '","').split("\n")[:3]), id="quoted cells"
        ),
        pytest.param(as_icml(_official()), id="columns as in icml_face_data.csv"),
    ],
)
def test_accepts_every_spelling_of_the_same_rows(tmp_path, text):
    path = tmp_path / "faces.csv"
    path.write_bytes(text.encode())
    rows = read_csv(path)
    np.testing.assert_array_equal(rows.pixels, faces(2))
    assert rows.labels.tolist() == [3, 6]
    assert rows.splits.tolist() == [0, 1]


GOOD = faces(1)[0]
PIXELS = GOOD.ravel().astype(str).tolist()


def _with_pixel(index: int, text: str) -> str:
    return f"0,{' '.join([*PIXELS[:index], text, *PIXELS[index + 1 :]])},Training"


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        pytest.param(f"0,{' '.join(PIXELS[:-1])},Training", "2303 pixels instead of 2304", id="2303 pixels"),
        pytest.param(f"0,{' '.join([*PIXELS, '1'])},Training", "2305 pixels", id="2305 pixels"),
        pytest.param("0,,Training", "0 pixels", id="no pixels"),
        pytest.param(_with_pixel(5, "256"), "pixel 5 is '256'", id="256"),
        pytest.param(_with_pixel(0, "999"), "pixel 0 is '999'", id="999"),
        pytest.param(_with_pixel(2303, "1234"), "pixel 2303 is '1234'", id="four digits"),
        pytest.param(_with_pixel(8, "9" * 5000), "pixel 8 is '99999999999999999999...'", id="5000 digits"),
        pytest.param(_with_pixel(7, "-1"), "pixel 7 is '-1'", id="negative"),
        pytest.param(_with_pixel(7, "1x"), "pixel 7 is '1x'", id="letter"),
        pytest.param(_with_pixel(7, "1.5"), "pixel 7 is '1.5'", id="fraction"),
        pytest.param(_with_pixel(7, "٣"), "pixel 7 is '٣'", id="digit of another script"),
        pytest.param(row(GOOD, 7), "emotion '7'", id="label 7"),
        pytest.param(row(GOOD, "-1"), "emotion '-1'", id="label -1"),
        pytest.param(row(GOOD, "angry"), "emotion 'angry'", id="label as a word"),
        pytest.param(row(GOOD, 0, "Test"), "Usage 'Test'", id="unknown usage"),
        pytest.param(row(GOOD, 0, "Publi"), "Usage 'Publi'", id="usage cut short"),
        pytest.param(row(GOOD)[:5000], "2 column(s) instead of 3; the file may be cut short", id="row cut short"),
    ],
)
def test_a_bad_row_is_named(tmp_path, bad, words):
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join([HEADER, row(GOOD), row(GOOD, 1), bad]), encoding="utf-8")
    with pytest.raises(DataError) as fault:
        read_csv(path)
    assert f"{path}, row 2 (line 4): " in str(fault.value)
    assert words in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(HEADER.encode() + b"\n", "no faces", id="header only"),
        pytest.param(row(GOOD).encode() + b"\n", "no column 'emotion'", id="no header"),
        pytest.param(b"emotion,Usage\n0,Training\n", "no column 'pixels'", id="column missing"),
        pytest.param(b"emotion,pixels,Set\n0,1 2 3,Training\n", "no column 'usage'", id="column of another name"),
        pytest.param(b'"pixels"\r\n"1 2 3"\r\n', "is the competition's test.csv, which has no labels", id="test.csv"),
        pytest.param(bytes(range(256)) * 500, "not UTF-8", id="binary"),
        pytest.param(_official().encode("utf-16"), "not UTF-8", id="UTF-16"),
        pytest.param(b"\x1f\x8b\x08\x00" + b"x" * 90, "unpack it", id="gzip"),
        pytest.param(b"PK\x03\x04" + b"x" * 90, "is an archive", id="zip"),
        pytest.param(b"7z\xbc\xaf" + b"x" * 90, "is an archive", id="7z"),
        pytest.param(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git-LFS pointer", id="LFS pointer"
        ),
    ],
)
def test_a_file_that_is_no_fer2013_csv_is_named(tmp_path, content, words):
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as fault:
        read_csv(path)
    assert str(path) in str(fault.value)
    assert words in str(fault.value)


def test_a_missing_file_says_where_the_dataset_is_requested(tmp_path):
    with pytest.raises(DataError, match=r"does not exist\. .*Kaggle challenge.*ICML 2013.*--source"):
        read_csv(tmp_path / "fer2013.csv")


def test_a_directory_is_named(tmp_path):
    with pytest.raises(DataError, match="is a directory"):
        read_csv(tmp_path)


def test_the_published_rows_come_out_as_published(shared, tmp_path):
    """Labels, splits and one checksum of pixels against the packed sheets they were rebuilt from."""
    import csv
    import subprocess
    import sys

    import cv2

    folder = shared / "data" / "fer2013"
    out = tmp_path / "fer2013.csv"
    subprocess.run([sys.executable, folder / "to_csv.py", out, "--rows", "500"], check=True)
    rows = read_csv(out)
    sheet = cv2.imread(str(folder / "fer2013-training-0.png"), cv2.IMREAD_GRAYSCALE)
    tiles = sheet.reshape(-1, 48, 120, 48).swapaxes(1, 2).reshape(-1, 48, 48)
    np.testing.assert_array_equal(rows.pixels, tiles[:500])
    with (folder / "fer2013-labels.csv").open(newline="") as handle:
        labels = [int(line["emotion"]) for line in csv.DictReader(handle)]
    assert rows.labels.tolist() == labels[:500]
