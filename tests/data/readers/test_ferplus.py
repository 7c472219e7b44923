from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgefer import emotions
from edgefer.data.dataset import Dataset, Options
from edgefer.data.prepare import prepare
from edgefer.data.readers.fer2013 import FER2013
from edgefer.data.readers.fer2013_counts import SPLITS
from edgefer.data.readers.ferplus import FERPLUS, store_name
from edgefer.data.readers.ferplus_protocols import COLUMNS
from edgefer.data.store import MANIFEST, Store, write_store
from edgefer.errors import DataError, UsageError
from edgefer.paths import write_text
from tests.fer_csv import PLAIN, VOTES, as_icml, as_train, write, write_votes

USAGES = ["Training"] * 8 + ["PublicTest"] * 3


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """fer2013new.csv of eleven rows: every emotion once in Training, then three of PublicTest."""
    write_votes(tmp_path / "fer2013new.csv", USAGES, [*PLAIN, *PLAIN[:3]])
    return tmp_path / "fer2013new.csv"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    write(tmp_path / "fer2013.csv", USAGES)
    return tmp_path / "fer2013.csv"


def _change(path: Path, row: int, **cells: object) -> None:
    """Change cells of a row of fer2013new.csv."""
    lines = path.read_text().split("\n")
    values = dict(zip(VOTES.split(","), lines[row + 1].split(","), strict=True))
    lines[row + 1] = ",".join(map(str, {**values, **cells}.values()))
    path.write_text("\n".join(lines))


def test_faces_get_the_label_of_their_row(labels, images, tmp_path):
    pixels = write(images, USAGES)
    store = prepare(FERPLUS, labels)
    assert store.path == Path("data/ferplus")
    assert store.info.emotions == emotions.FERPLUS
    assert store.splits == ("Training", "PublicTest")
    np.testing.assert_array_equal(store.pixels, pixels)
    assert store.labels.tolist() == [*range(8), 0, 1, 2]
    assert store.targets is None
    assert (store.info.source, dict(store.info.left_out)) == ("fer2013new.csv", {})


def test_a_folder_stands_for_the_csv_in_it(labels, images, tmp_path):
    assert len(prepare(FERPLUS, tmp_path).labels) == 11


def test_the_image_name_joins_nothing(labels, images):
    first = prepare(FERPLUS, labels, Path("first"))
    for row in range(11):
        _change(labels, row, **{"Image name": f"fer{(row * 5) % 7:07d}.png"})
    assert prepare(FERPLUS, labels, Path("second")).info.sha256 == first.info.sha256


def test_rows_are_left_out_by_reason(labels, images):
    _change(labels, 0, neutral=5, anger=5)
    _change(labels, 1, happiness=0, unknown=10)
    _change(labels, 2, surprise=0, NF=10)
    _change(labels, 3, **{"Image name": ""})
    pixels = write(images, USAGES)
    store = prepare(FERPLUS, labels)
    assert store.info.left_out == {"no majority": 1, "unknown": 1, "not a face": 2}
    assert store.labels.tolist() == [4, 5, 6, 7, 0, 1, 2]
    np.testing.assert_array_equal(store.pixels, pixels[4:])
    seven = prepare(FERPLUS, labels, options=Options(classes=7))
    assert seven.info.left_out == {"no majority": 1, "unknown": 1, "not a face": 2, "contempt": 1}
    assert seven.info.emotions == emotions.FERPLUS[:7]
    assert seven.path == Path("data/ferplus-7")


def test_nothing_left_is_an_error(labels, images):
    for row in range(11):
        _change(labels, row, **{"Image name": ""})
    with pytest.raises(DataError, match="on no face do people agree"):
        prepare(FERPLUS, labels)


def test_the_protocol_is_that_of_training_and_the_majority_that_of_the_rest(labels, images):
    for row in (0, 8):
        _change(labels, row, neutral=4, anger=3, contempt=3)
    _change(labels, 9, happiness=6, anger=4)
    store = prepare(FERPLUS, labels, options=Options(protocol="crossentropy"))
    training, test = store.split("Training"), store.split("PublicTest")
    np.testing.assert_allclose(training.targets[0], [0.4, 0, 0, 0, 0.3, 0, 0, 0.3], rtol=1e-6)
    assert len(training) == 8
    assert test.labels.tolist() == [1, 2]
    np.testing.assert_array_equal(test.targets, np.eye(8, dtype=np.float32)[[1, 2]])
    assert store.info.left_out == {"no majority": 1}


def test_without_contempt_the_other_targets_sum_to_one(labels, images):
    _change(labels, 0, neutral=4, anger=3, contempt=3)
    for protocol, expected in (("probability", [4 / 7, 3 / 7]), ("multi_target", [0.5, 0.5])):
        store = prepare(FERPLUS, labels, options=Options(protocol=protocol, classes=7))
        np.testing.assert_allclose(store.targets[0], [expected[0], 0, 0, 0, expected[1], 0, 0], rtol=1e-6)
        assert store.targets.dtype == np.float32
        assert store.info.left_out == {"contempt": 1}


def test_variants_have_names_of_their_own(labels, images):
    known = {
        "ferplus": Options(),
        "ferplus-7": Options(classes=7),
        "ferplus-probability": Options(protocol="probability"),
        "ferplus-crossentropy-7": Options(protocol="crossentropy", classes=7),
        "ferplus-multi_target": Options(protocol="multi_target", classes=8),
    }
    for name, options in known.items():
        assert store_name(options) == FERPLUS.store(labels, options) == name
        store = prepare(FERPLUS, labels, options=options)
        assert (store.path, store.info.name) == (Path("data") / name, name)
    assert len({FERPLUS.fingerprint(labels, options) for options in known.values()}) == len(known)
    assert store_name(Options(protocol="majority", classes=8)) == "ferplus"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options(protocol="mayority"), "no protocol 'mayority'. did you mean 'majority'?"),
        (Options(protocol="x"), "known: majority, probability, crossentropy, multi_target"),
        (Options(classes=6), "8 classes, or 7 without contempt, not 6"),
        (Options(size=96), "--size is not for ferplus"),
    ],
)
def test_unknown_options_are_wrong_usage(labels, images, options, words):
    with pytest.raises(UsageError) as fault:
        prepare(FERPLUS, labels, options=options)
    assert words in str(fault.value)


def test_preparing_again_is_nothing_until_votes_or_faces_change(labels, images, capfd):
    prepare(FERPLUS, labels)
    capfd.readouterr()
    prepare(FERPLUS, labels)
    assert "already holds" in capfd.readouterr().err
    write(images, USAGES, seed=1)
    prepare(FERPLUS, labels)
    assert "already holds" not in capfd.readouterr().err
    _change(labels, 0, neutral=9)
    prepare(FERPLUS, labels)
    assert "already holds" not in capfd.readouterr().err


class TestFaces:
    """Where the faces come from."""

    def test_icml_face_data_beside_the_votes(self, labels, images, tmp_path):
        expected = prepare(FERPLUS, labels).info.sha256
        (tmp_path / "icml_face_data.csv").write_text(as_icml(images.read_text()))
        images.unlink()
        assert prepare(FERPLUS, labels).info.sha256 == expected

    def test_the_prepared_store(self, labels, images):
        expected = prepare(FERPLUS, labels, Path("from-csv")).info.sha256
        prepare(FER2013, images)
        images.unlink()
        assert prepare(FERPLUS, labels).info.sha256 == expected

    @pytest.mark.parametrize("kind", ["csv", "store", "folder of a csv"])
    def test_named(self, labels, images, tmp_path, kind):
        expected = prepare(FERPLUS, labels, Path("expected")).info.sha256
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        images.rename(elsewhere / "fer2013.csv")
        place = {"csv": elsewhere / "fer2013.csv", "store": tmp_path / "store", "folder of a csv": elsewhere}[kind]
        if kind == "store":
            prepare(FER2013, elsewhere / "fer2013.csv", place)
        store = prepare(FERPLUS, labels, options=Options(images=place))
        assert store.info.sha256 == expected
        assert store.info.command == f"edgefer data prepare ferplus --source {labels} --images {place}"

    def test_the_competitions_csv_has_the_training_rows(self, labels, images, tmp_path):
        train = tmp_path / "train.csv"
        train.write_bytes(as_train("\n".join(images.read_text().splitlines()[:9])).encode())
        assert prepare(FERPLUS, labels, options=Options(images=train)).labels.tolist() == list(range(8))

    def test_none(self, labels):
        with pytest.raises(DataError) as fault:
            prepare(FERPLUS, labels)
        assert str(fault.value) == (
            f"FER+ has no faces of its own, and neither fer2013.csv nor icml_face_data.csv is beside {labels} and no "
            "store 'fer2013' is prepared. name fer2013.csv, icml_face_data.csv or a store prepared from one of them "
            "with --images"
        )

    def test_missing(self, labels, tmp_path):
        with pytest.raises(DataError, match=r"nothing/fer2013\.csv does not exist\. .*name it with --images"):
            prepare(FERPLUS, labels, options=Options(images=tmp_path / "nothing" / "fer2013.csv"))

    def test_class_folders_are_refused(self, labels, tmp_path):
        for name in ("angry", "happy"):
            (tmp_path / "mirror" / "train" / name).mkdir(parents=True)
            cv2.imwrite(str(tmp_path / "mirror" / "train" / name / "a.png"), np.zeros((48, 48), np.uint8))
        with pytest.raises(DataError, match="mirror holds class folders, which do not keep the row order"):
            prepare(FERPLUS, labels, options=Options(images=tmp_path / "mirror"))
        store = prepare(FER2013, tmp_path / "mirror")
        with pytest.raises(DataError, match="data/fer2013 was prepared from class folders"):
            prepare(FERPLUS, labels, options=Options(images=store.path))

    def test_another_store_is_refused(self, labels, images):
        store = prepare(FERPLUS, labels)
        with pytest.raises(DataError, match="data/ferplus is a store of ferplus, not of fer2013"):
            prepare(FERPLUS, labels, Path("other"), options=Options(images=store.path))

    def test_a_bad_row_is_named(self, labels, images):
        images.write_text(images.read_text()[:-2000])
        with pytest.raises(DataError, match=r"fer2013\.csv, row 10 \(line 12\): .* with --images"):
            prepare(FERPLUS, labels)


class TestStep:
    """Votes and faces, row by row."""

    def test_faces_may_lack_whole_splits_at_the_end(self, labels, images):
        write_votes(labels, [*USAGES, "PrivateTest", "PrivateTest"], [*PLAIN, *PLAIN[:5]])
        assert prepare(FERPLUS, labels).splits == ("Training", "PublicTest")

    @pytest.mark.parametrize(
        ("usages", "words"),
        [
            pytest.param(USAGES[1:], "row 7 is Training in the one and PublicTest in the other", id="a row is gone"),
            pytest.param([*USAGES, "PublicTest"], "row 11 has a face but no votes", id="a face too many"),
            pytest.param([*USAGES, "PrivateTest"], "row 11 has a face but no votes", id="a split too many"),
            pytest.param(USAGES[:-1], "row 10 has votes but no face", id="faces end within a split"),
            pytest.param(USAGES[:5], "row 5 has votes but no face", id="faces end within Training"),
        ],
    )
    def test_rows_out_of_step_are_named(self, labels, images, usages, words):
        write(images, usages)
        with pytest.raises(DataError) as fault:
            prepare(FERPLUS, labels)
        assert str(fault.value).startswith(f"{labels} and {images} are out of step: {words}. ")
        assert not Path("data").exists()

    def test_the_splits_of_a_store_are_told_by_name(self, labels, images):
        write(images, ["Training"] * 8 + ["PrivateTest"] * 3)
        store = prepare(FER2013, images)
        with pytest.raises(DataError, match="row 8 is PublicTest in the one and PrivateTest in the other"):
            prepare(FERPLUS, labels, options=Options(images=store.path))

    def test_rows_of_the_right_splits_in_another_order_are_found_out_by_their_labels(self, tmp_path):
        """The votes follow the labels of FER2013 on most rows; a shuffled csv has them on few."""
        known = np.random.default_rng(0).integers(0, 7, 1200).astype(np.uint8)
        to_column = [emotions.FERPLUS.index(emotion) for emotion in emotions.FER2013]
        write_votes(tmp_path / "fer2013new.csv", ["Training"] * 1200, [PLAIN[to_column[label]] for label in known])
        images = Options(images=tmp_path / "store")
        _plain_store(tmp_path / "store", known, np.zeros(1200, np.uint8))
        assert len(prepare(FERPLUS, tmp_path / "fer2013new.csv", options=images).labels) == 1200
        _plain_store(tmp_path / "store", np.roll(known, 1), np.zeros(1200, np.uint8))
        with pytest.raises(DataError, match=r"out of step: on rows 0 to 499 .* on 1\d% of the faces, and on 62%"):
            prepare(FERPLUS, tmp_path / "fer2013new.csv", options=images)


class TestVotes:
    """Faults of fer2013new.csv."""

    @pytest.mark.parametrize(
        ("cells", "words"),
        [
            ({"fear": "two"}, "fear has 'two' votes, not a number 0..10"),
            ({"fear": ""}, "fear has '' votes"),
            ({"fear": "-1"}, "fear has '-1' votes"),
            ({"fear": "2.5"}, "fear has '2.5' votes"),
            ({"NF": "11"}, "NF has '11' votes"),
            ({"Usage": "Test"}, "Usage 'Test' is none of Training, PublicTest, PrivateTest"),
        ],
    )
    def test_a_bad_row_is_named(self, labels, images, cells, words):
        _change(labels, 4, **cells)
        with pytest.raises(DataError) as fault:
            prepare(FERPLUS, labels)
        assert str(fault.value).startswith(f"{labels}, row 4 (line 6): {words}")
        assert "microsoft/FERPlus" in str(fault.value)

    def test_a_row_cut_short_is_named(self, labels, images):
        labels.write_text(labels.read_text()[:-9])
        with pytest.raises(DataError, match=r"row 10 \(line 12\): 8 column\(s\) instead of 12; the file may be cut"):
            prepare(FERPLUS, labels)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "is empty"),
            (VOTES.encode() + b"\n", "has a header but no votes"),
            (b"Usage,Image name,neutral\n", "has no column 'happiness' in its first line, which must be 'Usage,Image"),
            (b"emotion,pixels,Usage\n", "has no column 'Image name'"),
            (b"PK\x03\x04" + b"x" * 90, "is an archive, not fer2013new.csv. unpack it"),
            (b"version https://git-lfs.github.com/spec/v1\n", "is a Git-LFS pointer"),
        ],
    )
    def test_a_file_that_is_no_fer2013new_csv_is_named(self, labels, images, content, words):
        labels.write_bytes(content)
        with pytest.raises(DataError) as fault:
            prepare(FERPLUS, labels)
        assert str(labels) in str(fault.value)
        assert words in str(fault.value)

    def test_a_missing_file_says_where_it_is_requested(self, tmp_path):
        for place in (tmp_path, tmp_path / "fer2013new.csv"):
            with pytest.raises(
                DataError, match=r"fer2013new\.csv does not exist\. get .* repository microsoft/FERPlus"
            ):
                prepare(FERPLUS, place)

    def test_other_spellings_of_the_same_rows(self, labels, images):
        expected = prepare(FERPLUS, labels).info.sha256
        text = labels.read_text()
        quoted = "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines())
        for content in ("\ufeff" + text, text.replace("\n", "\r\n"), quoted, text.replace(",", " , "), text + "\n\n"):
            labels.write_bytes(content.encode())
            assert prepare(FERPLUS, labels).info.sha256 == expected


def _plain_store(out: Path, labels: np.ndarray, codes: np.ndarray) -> Store:
    """A store of FER2013 whose faces show their row number in the first two pixels and nothing else."""
    rows = np.arange(len(labels))

    def faces():
        for part in np.array_split(rows, 10):
            block = np.zeros((len(part), 48, 48), np.uint8)
            block[:, 0, 0], block[:, 0, 1] = part >> 8, part & 255
            yield block

    dataset = Dataset(
        name="fer2013",
        emotions=emotions.FER2013,
        splits=SPLITS,
        labels=labels,
        codes=codes,
        size=(48, 48),
        faces=faces,
        source="fer2013.csv",
        source_sha256="0" * 64,
        command="edgefer data prepare fer2013",
    )
    return write_store(out, dataset)


def _rows_in(store: Store) -> np.ndarray:
    return store.pixels[:, 0, 0].astype(int) * 256 + store.pixels[:, 0, 1]


# Faces by class as the readers of microsoft/FERPlus count them on the same rows; those of the majority are the
# published ones.
TEST = [1182, 865, 415, 351, 287, 24, 62, 13]
PUBLISHED = {
    "majority": [8740, 7287, 3149, 3014, 2100, 119, 532, 119],
    "probability": [10122, 7503, 3524, 3430, 2407, 169, 641, 160],
    "crossentropy": [10122, 7503, 3524, 3430, 2407, 169, 641, 160],
    "multi_target": [10071, 7492, 3486, 3399, 2327, 153, 598, 145],
}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """fer2013new.csv as published, and a store of FER2013 without PrivateTest."""
    shared = Path(__file__).resolve().parents[4] / "shared" / "data" / "fer2013"
    if not shared.is_dir():
        pytest.skip("needs the folder 'shared' beside the checkout (FER2013 sheets)")
    folder = tmp_path_factory.mktemp("published")
    with (shared / "ferplus.csv").open(newline="") as handle:
        votes = list(csv.DictReader(handle))
    rows = [[row["usage"], row["image_name"], *(row[column] for column in COLUMNS)] for row in votes]
    rows += [["PrivateTest", "fer0032298.png", "10", *"000000000"]] * 3589
    write_text(folder / "fer2013new.csv", "\n".join([VOTES, *map(",".join, rows)]) + "\n")
    with (shared / "fer2013-labels.csv").open(newline="") as handle:
        faces = [(int(row["emotion"]), SPLITS.index(row["usage"])) for row in csv.DictReader(handle)]
    labels, codes = np.array(faces, np.uint8).T
    _plain_store(folder / "fer2013", np.ascontiguousarray(labels), np.ascontiguousarray(codes))
    return folder


class TestPublished:
    """The published votes on all rows but those of PrivateTest."""

    @pytest.fixture
    def options(self, published):
        return {"images": published / "fer2013"}

    @pytest.mark.parametrize("protocol", PUBLISHED)
    def test_counts_of_eight_classes(self, published, options, protocol):
        store = prepare(FERPLUS, published / "fer2013new.csv", options=Options(protocol=protocol, **options))
        assert list(store.split("Training").counts().values()) == PUBLISHED[protocol]
        assert list(store.split("PublicTest").counts().values()) == TEST
        assert len(store.labels) + sum(store.info.left_out.values()) == 32298

    def test_majority_totals(self, published, options):
        store = prepare(FERPLUS, published / "fer2013new.csv", options=Options(**options))
        assert {name: split.faces for name, split in store.info.splits.items()} == {
            "Training": 25060,
            "PublicTest": 3199,
        }
        assert store.info.left_out == {"no majority": 3790, "unknown": 89, "not a face": 160}

    def test_without_contempt(self, published, options):
        store = prepare(FERPLUS, published / "fer2013new.csv", options=Options(classes=7, **options))
        assert list(store.split("Training").counts().values()) == PUBLISHED["majority"][:7]
        assert list(store.split("PublicTest").counts().values()) == TEST[:7]
        assert store.info.left_out["contempt"] == 119 + 13

    def test_every_face_has_the_votes_of_its_row(self, published, options):
        store = prepare(FERPLUS, published / "fer2013new.csv", options=Options(protocol="crossentropy", **options))
        lines = (published / "fer2013new.csv").read_text().splitlines()[1:]
        votes = np.array([[int(vote) for vote in line.split(",")[2:10]] for line in lines])[_rows_in(store)]
        assert (votes.argmax(1) == store.labels).all()
        kept = np.where(store.targets > 0, votes, 0).astype(float)
        np.testing.assert_allclose(store.targets, kept / kept.sum(1, keepdims=True), atol=1e-6)

    def test_a_row_out_of_step_is_found_out(self, published, tmp_path, options):
        """One row of Training has moved, so that all Usage is right, and 8,709 rows have the votes of their neighbours."""
        lines = (published / "fer2013new.csv").read_text().splitlines(keepends=True)
        moved = [*lines[:20001], lines[28709], *lines[20001:28709], *lines[28710:]]
        write_text(tmp_path / "fer2013new.csv", "".join(moved))
        with pytest.raises(DataError, match=r"out of step: on rows 20000 to 20499 .* on [12]\d% of"):
            prepare(FERPLUS, tmp_path / "fer2013new.csv", options=Options(**options))
        assert not (Path("data") / "ferplus" / MANIFEST).exists()
