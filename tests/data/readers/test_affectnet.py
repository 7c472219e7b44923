from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from edgefer.data.dataset import Options
from edgefer.data.prepare import prepare
from edgefer.data.readers.affectnet import AFFECTNET
from edgefer.data.store import Store
from edgefer.errors import DataError, UsageError
from tests import picture_trees
from tests.picture_trees import shades

LISTS = Path("A/Manually_Annotated_file_lists")


def names(store: Store, split: str) -> list[str]:
    faces = store.split(split)
    return [faces.emotions[label] for label in faces.labels]


def test_the_csv_layout_cuts_the_faces_out():
    store = prepare(AFFECTNET, picture_trees.affectnet_csv(Path("A")))
    assert store.path == Path("data/affectnet")
    assert store.info.emotions == ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")
    assert store.splits == ("Training", "Validation")
    assert (names(store, "Training"), names(store, "Validation")) == (["neutral", "contempt"], ["anger"])
    assert store.pixels.shape == (3, 112, 112, 3)
    assert shades(store.pixels) == [10, 20, 60]  # the first is white around its box
    assert store.info.left_out == {"None": 1, "No-Face": 1, "no face box": 1}


def test_without_contempt_it_is_a_dataset_of_its_own():
    store = prepare(AFFECTNET, picture_trees.affectnet_csv(Path("A")), options=Options(classes=7, size=64))
    assert (store.path, store.info.name) == (Path("data/affectnet-7"), "affectnet-7")
    assert "contempt" not in store.info.emotions
    assert store.info.left_out["contempt"] == 1
    assert (names(store, "Training"), store.pixels.shape) == (["neutral"], (2, 64, 64, 3))
    assert store.info.command == "edgefer data prepare affectnet --source A --classes 7 --size 64"
    with pytest.raises(UsageError, match=r"--classes 6 is not for affectnet\. use 8, or 7"):
        prepare(AFFECTNET, Path("A"), options=Options(classes=6))


def test_pictures_elsewhere_and_unlisted_ones():
    root = picture_trees.affectnet_csv(Path("A"))
    picture_trees.paint(root / "Manually_Annotated_Images/9/z.jpg", 90)
    (root / "Manually_Annotated_Images").rename("pictures")
    with pytest.raises(DataError, match=r"A holds no folder Manually_Annotated_Images\. name .* with --images"):
        prepare(AFFECTNET, root)
    store = prepare(AFFECTNET, root, options=Options(images=Path("pictures")))
    assert store.info.left_out["without a label"] == 1


def test_a_row_without_emotion_needs_no_picture():
    root = picture_trees.affectnet_csv(Path("A"))
    (root / "Manually_Annotated_Images/2/c.jpg").unlink()
    assert len(prepare(AFFECTNET, root).labels) == 3


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_columns_in_another_order_and_other_line_ends(ending: str):
    root = picture_trees.affectnet_csv(Path("A"))
    plain = prepare(AFFECTNET, root, Path("plain"))
    lines = [line.split(",")[::-1] for line in (LISTS / "training.csv").read_text().splitlines()]
    text = ending.join(",".join(cells) for cells in lines)
    (LISTS / "training.csv").write_bytes("\ufeff".encode() + text.encode())
    other = prepare(AFFECTNET, root, Path("other"))
    assert other.info.sha256 == plain.info.sha256
    assert other.info.source_sha256 != plain.info.source_sha256


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1/b.jpg,0,0,60,60,,11,0,0", "'11' is not a label 0..10"),
        ("1/b.jpg,0,0,60,60,,happy,0,0", "'happy' is not a label 0..10"),
        ("1/b.jpg,x,0,60,60,,7,0,0", "'x' is not a coordinate in pixels"),
        ("1/b.jpg,0,0", r"3 column(s) instead of 9; the file may be cut short"),
        ("1/none.jpg,0,0,60,60,,7,0,0", "1/none.jpg does not exist"),
        ("../../../etc/passwd,0,0,60,60,,7,0,0", "is not a file name within the folder of the pictures"),
        ("1/b.jpg,500,0,60,60,,7,0,0", "lies outside the picture of 120 x 100"),
    ],
)
def test_a_faulty_row_is_named(row: str, words: str):
    root = picture_trees.affectnet_csv(Path("A"))
    lines = (LISTS / "training.csv").read_text().splitlines()
    lines[2] = row
    (LISTS / "training.csv").write_text("\n".join(lines))
    with pytest.raises(DataError) as fault:
        prepare(AFFECTNET, root)
    assert "training.csv, line 3: " in str(fault.value)
    assert words in str(fault.value)
    assert not Path("data/affectnet").exists()


def test_an_unreadable_picture_is_named_with_its_row():
    root = picture_trees.affectnet_csv(Path("A"))
    file = root / "Manually_Annotated_Images/3/f.png"
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(DataError, match=r"validation\.csv, line 2: .*3/f\.png is cut short.* or take that row out"):
        prepare(AFFECTNET, root)
    assert not Path("data").exists()


def test_what_is_missing_is_named_with_where_to_ask_for_it():
    with pytest.raises(DataError, match=r"A does not exist\. ask its authors for AffectNet at mohammadmahoor\.com"):
        prepare(AFFECTNET, Path("A"))
    root = picture_trees.affectnet_csv(Path("A"))
    (LISTS / "validation.csv").unlink()
    with pytest.raises(DataError, match=r"A/validation\.csv does not exist\. ask"):
        prepare(AFFECTNET, root)
    Path("B").mkdir()
    with pytest.raises(DataError, match=r"B holds neither training\.csv nor train_set/annotations"):
        prepare(AFFECTNET, Path("B"))
    npy = picture_trees.affectnet_npy(Path("C"))
    (npy / "val_set" / "images").rename("gone")
    with pytest.raises(DataError, match=r"val_set/images does not exist\. ask"):
        prepare(AFFECTNET, npy)


def test_the_npy_layout_in_the_order_of_the_numbers():
    store = prepare(AFFECTNET, picture_trees.affectnet_npy(Path("A")))
    assert (names(store, "Training"), names(store, "Validation")) == (["happy", "contempt"], ["surprise"])
    assert shades(store.pixels) == [10, 20, 40]
    assert store.info.left_out == {"Uncertain": 1}
    with pytest.raises(UsageError, match="--images is not for affectnet"):
        prepare(AFFECTNET, Path("A"), options=Options(images=Path("A")))


def test_npy_pictures_without_annotation_are_counted():
    root = picture_trees.affectnet_npy(Path("A"))
    picture_trees.paint(root / "train_set/images/99.jpg", 90)
    assert prepare(AFFECTNET, root).info.left_out == {"Uncertain": 1, "without a label": 1}


class Bomb:
    def __reduce__(self):
        return Path.touch, (Path("exploded"),)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.array("11"), r"'11' is not a label 0\.\.10"),
        (np.array([1, 2]), "does not hold one number"),
        (np.array([Bomb()], object), "Object arrays cannot be loaded"),
        (pickle.dumps(Bomb()), "pickle"),
        (b"", "data"),
        (b"\x93NUMPY", ""),
    ],
)
def test_a_faulty_annotation_is_named_and_nothing_in_it_runs(value, words: str):
    root = picture_trees.affectnet_npy(Path("A"))
    file = root / "train_set/annotations/2_exp.npy"
    if isinstance(value, bytes):
        file.write_bytes(value)
    else:
        np.save(file, value, allow_pickle=True)
    with pytest.raises(DataError, match=rf"2_exp\.npy: .*{words}"):
        prepare(AFFECTNET, root)
    assert not Path("exploded").exists()


def test_an_annotation_without_its_picture_is_named():
    root = picture_trees.affectnet_npy(Path("A"))
    (root / "train_set/images/10.jpg").unlink()
    with pytest.raises(DataError, match=r"annotations/10_exp\.npy is about .*images/10\.jpg, which does not exist"):
        prepare(AFFECTNET, root)


@pytest.mark.parametrize("layout", ["affectnet_csv", "affectnet_npy"])
def test_an_unchanged_source_is_not_read_again(layout: str, capfd):
    root = getattr(picture_trees, layout)(Path("A"))
    prepare(AFFECTNET, root)
    prepare(AFFECTNET, root)
    assert "data/affectnet already holds A" in capfd.readouterr().err
    prepare(AFFECTNET, root, Path("data/affectnet"), Options(classes=7))
    assert "already holds" not in capfd.readouterr().err
