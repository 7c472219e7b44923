from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from edgefer.data.dataset import Options
from edgefer.data.prepare import prepare
from edgefer.data.readers.folders import FOLDER, store_name
from edgefer.data.readers.holdout import is_held_out
from edgefer.errors import DataError, UsageError
from tests import picture_trees
from tests.picture_trees import class_folders, paint, paint_gray, shades


def counts(store) -> dict[str, dict[str, int]]:
    return {split: {name: n for name, n in about.emotions.items() if n} for split, about in store.info.splits.items()}


def test_class_folders_are_split_by_name(capfd):
    root = class_folders(Path("My Faces"), {"Happiness": 60, "angry": 60, "3_sad": 1})
    store = prepare(FOLDER, root)
    assert (store.path, store.info.name) == (Path("data/folder-my-faces"), "folder-my-faces")
    assert store.info.emotions == ("anger", "happy", "sad")
    held = sum(is_held_out(f"{index:03}.png") for index in range(60))
    assert 0 < held < 20
    assert counts(store) == {
        "Training": {"anger": 60 - held, "happy": 60 - held, "sad": 1},
        "Test": {"anger": held, "happy": held},
    }
    assert (np.diff(store.codes.astype(int)) >= 0).all()  # so that a split's faces stay on disk
    training = store.split("Training")
    by_shade = {
        (training.emotions[label], shade) for label, shade in zip(training.labels, shades(training.pixels), strict=True)
    }
    assert by_shade == {("happy", 10), ("anger", 20), ("sad", 30)}
    assert "one picture in 10, by its name, is in the split Test" in capfd.readouterr().err


def test_split_folders():
    every = {f"{split}/{name}": 2 for split in ("train", "valid", "PublicTest", "PrivateTest", "Testing")
             for name in ("happy", "neutral face")}  # fmt: skip
    store = prepare(FOLDER, class_folders(Path("faces"), every))
    assert store.splits == ("Training", "Validation", "PublicTest", "PrivateTest", "Test")
    assert counts(store)["PublicTest"] == {"happy": 2, "neutral": 2}
    assert shades(store.split("Test").pixels) == [90, 90, 100, 100]


def test_gray_pictures_are_stored_gray(capfd):
    root = class_folders(Path("faces"), {"happy": 3, "sad": 3}, gray=True, size=(48, 48))
    store = prepare(FOLDER, root)
    assert (store.info.colour, store.pixels.shape) == ("gray", (6, 48, 48))
    assert np.unique(store.pixels).tolist() == [10, 20]
    assert "faces are stored gray, 48 px" in capfd.readouterr().err
    paint(root / "sad" / "tinted.png", 100, (48, 48))
    store = prepare(FOLDER, root)
    assert (store.info.colour, store.pixels.shape) == ("rgb", (7, 48, 48, 3))
    assert "faces are stored in colour, 48 px" in capfd.readouterr().err


@pytest.mark.parametrize(("size", "side"), [((224, 224), 224), ((225, 225), 112), ((20, 30), 112), ((40, 40), 40)])
def test_the_common_size_is_kept_unless_it_is_large_or_no_square(size, side):
    store = prepare(FOLDER, class_folders(Path("faces"), {"happy": 1, "sad": 1}, size=size))
    assert store.info.size == (side, side)


def test_pictures_of_several_sizes_get_one():
    root = class_folders(Path("faces"), {"happy": 1, "sad": 1})
    paint(root / "sad" / "other.png", 100, (33, 21))
    assert prepare(FOLDER, root).info.size == (112, 112)
    assert prepare(FOLDER, root, options=Options(size=48)).info.size == (48, 48)


def test_an_empty_class_is_said_and_kept(capfd):
    root = class_folders(
        Path("faces"), {"train/happy": 2, "train/sad": 2, "train/fear": 0, "test/happy": 1, "test/sad": 1}
    )
    store = prepare(FOLDER, root)
    said = capfd.readouterr().err
    assert store.info.emotions == ("fear", "happy", "sad")
    assert "faces/train/fear holds no pictures: no face of Training shows fear" in said
    assert "faces/test has no folder of fear" in said
    assert said.count("has no folder of") == 1


def test_what_is_no_picture_is_counted_and_hidden_files_are_not_seen():
    root = class_folders(Path("faces"), {"happy": 2, "sad": 2, ".git": 1, "__MACOSX": 1})
    for name in (".DS_Store", "happy/.DS_Store", "happy/._000.png", "happy/Thumbs.db", "happy/notes.txt", "README.md"):
        (root / name).write_text("x")
    store = prepare(FOLDER, root)
    assert store.info.left_out == {"no picture": 1}
    assert len(store.labels) == 4


def test_links_and_odd_names():
    class_folders(Path("elsewhere"), {"glücklich": 2})
    root = class_folders(Path("faces"), {"sad": 1})
    (root / "happy").symlink_to(Path("elsewhere/glücklich").resolve())
    paint(root / "sad" / "ein Bild ü 笑.JPG", 50)
    assert sum(about.faces for about in prepare(FOLDER, root).info.splits.values()) == 4


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (["0", "1", "2"], "faces calls a class '0', and a number means another emotion in every dataset"),
        (["happy", "Happiness"], "'Happiness' and 'happy', which both mean happy"),
        (["happy", "hapy"], "'hapy' is not an emotion name. did you mean 'happy'?"),
        (["happy"], "faces holds one folder alone, happy"),
        (["archive"], "did you mean --source faces/archive?"),
        ([], "has 0 class(es), and at least 2 are needed"),
        (["train/happy", "train/sad", "happy"], "faces holds the split train and beside it happy"),
        (["train/happy", "train/sad", "Training/sad"], "are both Training"),
        (["train/happy", "train/sad", "test/3"], "faces/test calls a class '3'"),
        (["train/happy", "train/sad", "test/happy/0", "test/sad"], "test/happy/0 is a folder within a class folder"),
    ],
)
def test_what_is_not_plain_is_refused(classes: list[str], words: str):
    Path("faces").mkdir()
    class_folders(Path("faces"), dict.fromkeys(classes, 1))
    with pytest.raises(DataError) as fault:
        prepare(FOLDER, Path("faces"))
    assert words in str(fault.value)
    assert not Path("data").exists()


def test_other_faults():
    with pytest.raises(DataError, match=r"FOLDER does not exist\. name a folder whose subfolders"):
        prepare(FOLDER, Path(FOLDER.source))
    root = class_folders(Path("faces"), {"happy": 3, "sad": 0})
    with pytest.raises(DataError, match=r"faces has pictures in 1 class\(es\)"):
        prepare(FOLDER, root)
    paint(root / "loose.png", 10)
    with pytest.raises(DataError, match=r"faces/loose\.png lies in no class folder"):
        prepare(FOLDER, root)
    with pytest.raises(UsageError, match="--images is not for folder"):
        prepare(FOLDER, root, options=Options(images=root))
    with pytest.raises(DataError, match=r"loose\.png is not a folder"):
        prepare(FOLDER, root / "loose.png")


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"text", "is not a picture")])
def test_a_faulty_picture_is_named(content: bytes, words: str):
    root = class_folders(Path("faces"), {"happy": 3, "sad": 3})
    (root / "sad" / "001.png").write_bytes(content)
    with pytest.raises(DataError, match=rf"faces/sad/001\.png {words}"):
        prepare(FOLDER, root)
    assert not Path("data").exists()


@pytest.mark.parametrize("name", ["classes.txt", "train/labels.txt"])
def test_a_list_of_classes_beside_the_folders_must_agree(name: str):
    root = class_folders(Path("faces"), {"train/happy": 1, "train/sad": 1, "test/happy": 0, "test/sad": 1})
    (root / name).write_text("sadness\njoy\n")
    assert len(prepare(FOLDER, root).labels) == 3
    (root / name).write_text("sadness\nangry\n")
    with pytest.raises(DataError, match=rf"faces/{name} lists anger, sad, but the folders beside it hold happy, sad"):
        prepare(FOLDER, root, force=True)


def test_an_unchanged_folder_is_not_read_again(capfd):
    root = class_folders(Path("faces"), {"happy": 3, "sad": 3})
    prepare(FOLDER, root)
    prepare(FOLDER, root)
    assert "data/folder-faces already holds faces" in capfd.readouterr().err
    os.utime(root / "sad" / "001.png", (1, 1))
    prepare(FOLDER, root)
    assert "already holds" not in capfd.readouterr().err
    # Another emotion for the same pictures changes no file, but the folder's name.
    (root / "sad").rename(root / "surprise")
    assert prepare(FOLDER, root).info.emotions == ("happy", "surprise")


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Faces_2024 (v1)", "folder-faces-2024-v1"), ("笑顔", "folder-笑顔"), ("--", "folder-faces")],
)
def test_the_store_is_called_after_the_folder(folder: str, name: str):
    assert store_name(Path("x") / folder, Options()) == name
    Path(folder).mkdir()
    assert store_name(Path(folder) / ".", Options()) == name


def test_gray_faces_of_a_colour_format_are_gray():
    root = Path("faces")
    for name in ("happy", "sad"):
        paint_gray(root / name / "a.bmp", 100)
        picture_trees.write(root / name / "b.png", np.full((20, 20, 3), 90, np.uint8))
    assert prepare(FOLDER, root).info.colour == "gray"
