"""Every layout through `prepare`: the files as they are named and where they are looked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgefer import emotions
from edgefer.data.dataset import Options
from edgefer.data.prepare import prepare
from edgefer.data.readers.fer2013 import FER2013, find_source
from edgefer.data.readers.fer2013_counts import OFFICIAL
from edgefer.data.store import Store
from edgefer.errors import DataError, UsageError
from tests.fer_csv import as_icml, as_train, faces, write

USAGES = ["Training"] * 7 + ["PublicTest"] * 2 + ["PrivateTest"]


@pytest.fixture
def text(tmp_path: Path) -> str:
    write(tmp_path / "made.csv", USAGES)
    return (tmp_path / "made.csv").read_text()


def _prepared(path: Path) -> Store:
    return prepare(FER2013, path)


def test_icml_face_data_is_the_same_dataset(tmp_path, text):
    (tmp_path / "fer2013.csv").write_text(text)
    official = _prepared(tmp_path / "fer2013.csv")
    (tmp_path / "icml_face_data.csv").write_text(as_icml(text))
    again = _prepared(tmp_path / "icml_face_data.csv")
    assert again.info.sha256 == official.info.sha256
    assert again.splits == ("Training", "PublicTest", "PrivateTest")
    assert again.info.source == "icml_face_data.csv"


def test_the_competitions_csv_is_training_and_says_that_there_is_no_other_split(tmp_path, text, capfd):
    (tmp_path / "train.csv").write_bytes(as_train(text).encode())
    store = _prepared(tmp_path / "train.csv")
    assert store.splits == ("Training",)
    np.testing.assert_array_equal(store.split("Training").pixels, faces(10))
    assert "all faces are of Training, so there are none to choose an epoch or to evaluate on" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["fer2013.csv", "icml_face_data.csv", "train.csv", "test.csv"], "fer2013.csv"),
        (["icml_face_data.csv", "train.csv", "test.csv"], "icml_face_data.csv"),
        (["train.csv", "test.csv"], "train.csv"),
    ],
)
def test_a_folder_stands_for_the_csv_in_it(tmp_path, names, chosen):
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("emotion,pixels\n")
    assert find_source(folder) == folder / chosen


def test_a_folder_with_only_the_test_csv_says_that_it_has_no_labels(tmp_path):
    (tmp_path / "test.csv").write_bytes(b'pixels\r\n"1 2 3"\r\n')
    with pytest.raises(DataError, match=r"test\.csv is the competition's test\.csv, which has no labels"):
        _prepared(tmp_path)


def test_a_folder_without_anything_known_is_named_and_what_was_looked_for(tmp_path):
    (tmp_path / "notes").mkdir()
    with pytest.raises(DataError) as fault:
        _prepared(tmp_path)
    assert str(fault.value).startswith(
        f"{tmp_path} holds none of fer2013.csv, icml_face_data.csv, train.csv and no folders train and test. get "
    )
    assert "Kaggle challenge" in str(fault.value)


def test_a_folder_one_level_up_is_told_where_to_look(tmp_path, text):
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "fer2013.csv").write_text(text)
    with pytest.raises(DataError, match=r"did you mean --source .*/archive\?"):
        _prepared(tmp_path)


def test_a_folder_with_an_archive_is_told_to_unpack_it(tmp_path):
    (tmp_path / "fer2013.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(DataError, match=r"unpack fer2013\.tar\.gz first"):
        _prepared(tmp_path)


def test_permuted_labels_are_refused_and_nothing_is_written(tmp_path, text, monkeypatch):
    monkeypatch.setitem(OFFICIAL, "Training", (1, 2, 3, 4, 5, 6, 7))
    one = text.splitlines()[1].split(",", 1)[1].replace("Private", "")
    lines = [f"{6 - label},{one}" for label in range(7) for _ in range(label + 1)]
    (tmp_path / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *lines]))
    with pytest.raises(DataError, match=r"label 0 \(anger\) seems to be neutral, .*6 \(neutral\) seems to be anger\. "):
        _prepared(tmp_path / "fer2013.csv")
    assert not Path("data").exists()


def test_options_of_other_datasets_are_wrong_usage(tmp_path, text):
    (tmp_path / "fer2013.csv").write_text(text)
    for options in (Options(images=tmp_path), Options(protocol="majority"), Options(classes=7), Options(size=64)):
        with pytest.raises(UsageError, match="is not for fer2013"):
            prepare(FER2013, tmp_path / "fer2013.csv", options=options)


def test_the_order_is_that_of_the_csv(tmp_path, text):
    (tmp_path / "fer2013.csv").write_text(text)
    assert _prepared(tmp_path).info.emotions == emotions.FER2013
