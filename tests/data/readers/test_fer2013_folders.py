from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgefer.data.dataset import Options
from edgefer.data.prepare import prepare
from edgefer.data.readers.fer2013 import FER2013
from edgefer.data.store import Store
from edgefer.errors import DataError

# As the folders of the Kaggle mirrors are called: in this order they would be 0..6.
CLASSES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


def _shade(split: str, name: str) -> int:
    """A gray level for each class of each split folder."""
    return 20 + 10 * CLASSES.index(name) + 100 * (split == "test")


def _write(root: Path, names: dict[str, list[str]], suffix: str = "jpg") -> Path:
    """A mirror whose split folders hold, in every class, pictures of these names in the class's own gray level."""
    for split, stems in names.items():
        for emotion in CLASSES:
            folder = root / split / emotion
            folder.mkdir(parents=True)
            for stem in stems:
                picture = np.full((48, 48), _shade(split, emotion), np.uint8)
                assert cv2.imwrite(str(folder / f"{stem}.{suffix}"), picture)
    return root


@pytest.fixture
def msambare(tmp_path):
    names = {"train": ["Training_1206", "Training_99"], "test": ["PrivateTest_10131363", "PublicTest_5"]}
    return _write(tmp_path / "fer", names)


def _by_name(store: Store, split: str) -> dict[str, set[int]]:
    """The gray levels under each emotion name."""
    found: dict[str, set[int]] = {}
    faces = store.split(split)
    for pixels, label in zip(faces.pixels, faces.labels.tolist(), strict=True):
        assert pixels.min() == pixels.max()
        found.setdefault(faces.emotions[label], set()).add(int(pixels[0, 0]))
    return found


EXPECTED = {
    "anger": {20}, "disgust": {30}, "fear": {40}, "happy": {50}, "neutral": {60}, "sad": {70}, "surprise": {80},
}  # fmt: skip


def test_classes_are_read_by_name_whatever_their_order(msambare):
    store = prepare(FER2013, msambare)
    assert _by_name(store, "Training") == EXPECTED
    assert store.info.emotions.index("neutral") == 6
    assert store.info.source == "fer/"
    assert set(store.split("Training").labels.tolist()) == set(range(7))


def test_file_names_tell_the_split(msambare):
    store = prepare(FER2013, msambare)
    assert {name: split.faces for name, split in store.info.splits.items()} == {
        "Training": 14,
        "PublicTest": 7,
        "PrivateTest": 7,
    }
    assert _by_name(store, "PublicTest") == {
        name: {level + 100 for level in levels} for name, levels in EXPECTED.items()
    }


def test_where_names_do_not_tell_the_test_folder_is_one_split(tmp_path):
    store = prepare(FER2013, _write(tmp_path / "fer", {"train": ["im0", "im1"], "test": ["im0"]}, "png"))
    assert {name: split.faces for name, split in store.info.splits.items()} == {"Training": 14, "Test": 7}


def test_folders_called_after_the_splits_are_read_as_such(tmp_path):
    store = prepare(FER2013, _write(tmp_path / "fer", {"Training": ["a"], "PublicTest": ["a"], "PrivateTest": ["a"]}))
    assert store.splits == ("Training", "PublicTest", "PrivateTest")


def test_other_spellings_of_a_class_are_its_names(tmp_path, msambare):
    (msambare / "train" / "angry").rename(msambare / "train" / "Anger")
    (msambare / "train" / "happy").rename(msambare / "train" / "HAPPINESS")
    assert _by_name(prepare(FER2013, msambare), "Training") == EXPECTED


def test_pictures_of_another_size_are_stored_as_48(msambare):
    cv2.imwrite(str(msambare / "train" / "sad" / "Training_1206.jpg"), np.full((96, 96, 3), 70, np.uint8))
    store = prepare(FER2013, msambare)
    assert store.pixels.shape[1:] == (48, 48)
    assert _by_name(store, "Training") == EXPECTED


def test_an_empty_class_folder_is_legal_and_said(msambare, capfd):
    for picture in (msambare / "train" / "disgust").iterdir():
        picture.unlink()
    store = prepare(FER2013, msambare)
    place = msambare / "train"
    assert f"{place}: the folder of disgust is empty, so no face of Training shows it" in capfd.readouterr().err
    assert store.split("Training").counts()["disgust"] == 0
    assert _by_name(store, "Training") == {name: level for name, level in EXPECTED.items() if name != "disgust"}


def test_a_missing_class_folder_is_legal_and_said(msambare, capfd):
    for picture in (msambare / "test" / "fear").iterdir():
        picture.unlink()
    (msambare / "test" / "fear").rmdir()
    prepare(FER2013, msambare)
    assert f"{msambare / 'test'} has no folder of fear, so no face of Test shows it" in capfd.readouterr().err


def test_files_that_are_no_pictures_are_counted_and_hidden_ones_are_not_seen(msambare):
    (msambare / "train" / "sad" / "notes.txt").write_text("x")
    (msambare / "train" / "sad" / "Thumbs.db").write_text("x")
    (msambare / "train" / "sad" / "._Training_99.jpg").write_text("x")
    (msambare / "train" / ".ipynb_checkpoints").mkdir()
    store = prepare(FER2013, msambare)
    assert store.info.left_out == {"not a picture": 1}
    assert len(store.split("Training")) == 14


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(_cut, "is cut short", id="cut short"),
        pytest.param(lambda path: path.write_bytes(b""), "is empty", id="empty"),
        pytest.param(lambda path: path.write_bytes(b"not a picture" * 9), "is not a picture", id="text"),
        pytest.param(
            lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n"), "Git-LFS pointer", id="LFS"
        ),
    ],
)
def test_an_unreadable_picture_is_named_and_nothing_is_written(msambare, damage, words):
    picture = msambare / "test" / "fear" / "PublicTest_5.jpg"
    damage(picture)
    with pytest.raises(DataError) as fault:
        prepare(FER2013, msambare)
    assert str(fault.value).startswith(f"fear of PublicTest: {picture} ")
    assert words in str(fault.value)
    assert not Path("data").exists()


def _folder_in_a_class(root: Path) -> None:
    (root / "train" / "sad" / "more").mkdir()


def _all_pictures_gone(root: Path) -> None:
    for picture in list(root.rglob("*.jpg")):
        picture.unlink()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            lambda root: (root / "train" / "contempt").mkdir(),
            "train/contempt is no class of FER2013, which has anger, ",
            id="contempt",
        ),
        pytest.param(
            lambda root: (root / "train" / "bored").mkdir(), "'bored' is not an emotion name", id="no emotion"
        ),
        pytest.param(
            lambda root: (root / "train" / "sad").rename(root / "train" / "5"),
            "train calls a class '5', and a number means another emotion in every dataset",
            id="number",
        ),
        pytest.param(lambda root: (root / "train" / "anger").mkdir(), "both mean anger", id="the same class twice"),
        pytest.param(
            lambda root: (root / "train" / "sad" / "Training_99.jpg").rename(root / "train" / "Training_99.jpg"),
            "train/Training_99.jpg lies in no class folder",
            id="outside the classes",
        ),
        pytest.param(_folder_in_a_class, "train/sad/more is a folder within a class", id="too deep"),
        pytest.param(_all_pictures_gone, "has class folders but no pictures in them", id="no pictures"),
    ],
)
def test_a_mirror_that_is_not_plain_is_refused(msambare, change, words):
    change(msambare)
    with pytest.raises(DataError) as fault:
        prepare(FER2013, msambare)
    assert words in str(fault.value)
    assert str(msambare) in str(fault.value)
    assert not Path("data").exists()


def test_the_fingerprint_follows_the_pictures(msambare, capfd):
    before = FER2013.fingerprint(msambare, Options())
    prepare(FER2013, msambare)
    prepare(FER2013, msambare)
    assert "already holds" in capfd.readouterr().err
    picture = msambare / "train" / "sad" / "Training_99.jpg"
    os.utime(picture, ns=(1, 1))
    assert FER2013.fingerprint(msambare, Options()) != before
    assert len(before) == 64
