from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.data.dataset import Options
from edgefer.data.prepare import prepare
from edgefer.data.readers.rafdb import RAFDB
from edgefer.data.store import Store
from edgefer.errors import DataError, UsageError
from tests import picture_trees
from tests.picture_trees import shades

LIST = "EmoLabel/list_patition_label.txt"


def names(store: Store, split: str) -> list[str]:
    faces = store.split(split)
    return [faces.emotions[label] for label in faces.labels]


@pytest.mark.parametrize("folder", ["", "basic"])
def test_the_authors_layout(folder: str):
    picture_trees.rafdb(Path("RAF"))
    store = prepare(RAFDB, Path("RAF") / folder)
    assert store.path == Path("data/rafdb")
    assert store.info.emotions == ("surprise", "fear", "disgust", "happy", "sad", "anger", "neutral")
    assert store.splits == ("Training", "Test")
    assert (names(store, "Training"), names(store, "Test")) == (["sad", "surprise"], ["happy", "neutral"])
    assert (store.pixels.shape, store.info.colour) == ((4, 100, 100, 3), "rgb")
    assert shades(store.pixels) == [10, 20, 30, 40]
    assert store.info.left_out == {}
    assert store.info.command == f"edgefer data prepare rafdb --source {Path('RAF') / folder}"


def test_another_size_and_another_place():
    basic = picture_trees.rafdb(Path())
    (basic / "Image" / "aligned").rename("faces")
    store = prepare(RAFDB, basic, options=Options(images=Path("faces"), size=48))
    assert store.pixels.shape == (4, 48, 48, 3)
    assert store.info.command == "edgefer data prepare rafdb --source basic --images faces --size 48"


@pytest.mark.parametrize("lists", [True, False])
def test_the_kaggle_layout(lists: bool, capfd):
    root = picture_trees.rafdb_kaggle(Path("archive"), lists)
    for source in (root, root / "DATASET"):
        store = prepare(RAFDB, source, force=True)
        faces = {split: sorted(zip(names(store, split), shades(store.split(split).pixels), strict=True))
                 for split in store.splits}  # fmt: skip
        assert faces == {"Training": [("sad", 10), ("surprise", 20)], "Test": [("happy", 30), ("neutral", 40)]}
    assert ("give the labels" in capfd.readouterr().err) == (not lists)


def test_lines_as_other_systems_write_them():
    basic = picture_trees.rafdb(Path())
    text = (basic / LIST).read_text()
    plain = prepare(RAFDB, basic, Path("plain"))
    (basic / LIST).write_bytes("\ufeff".encode() + text.replace("\n", "\r\n").encode() + b"\r\n")
    assert prepare(RAFDB, basic, Path("other")).info.sha256 == plain.info.sha256


def test_names_with_spaces_and_letters_of_any_alphabet():
    basic = picture_trees.rafdb(Path("meine Gesichter ü"))
    (basic / LIST).write_text((basic / LIST).read_text() + "train_ü 1.png 2\n", encoding="utf-8")
    picture_trees.paint(basic / "Image/aligned/train_ü 1_aligned.png", 50)
    assert names(prepare(RAFDB, basic), "Training") == ["sad", "surprise", "fear"]


def test_pictures_without_a_label_are_counted(capfd):
    basic = picture_trees.rafdb(Path())
    picture_trees.paint(basic / "Image/aligned/train_00009_aligned.jpg", 50)
    assert prepare(RAFDB, basic).info.left_out == {"without a label": 1}
    assert "1 pictures, such as train_00009_aligned.jpg, are not in" in capfd.readouterr().err


def test_an_unchanged_source_is_not_read_again(capfd):
    basic = picture_trees.rafdb(Path())
    first = prepare(RAFDB, basic)
    capfd.readouterr()
    prepare(RAFDB, basic)
    assert "data/rafdb already holds basic" in capfd.readouterr().err
    picture_trees.paint(basic / "Image/aligned/train_00001_aligned.jpg", 90, (100, 100))
    changed = prepare(RAFDB, basic)
    assert shades(changed.pixels)[0] == 90
    assert changed.info.source_sha256 != first.info.source_sha256
    assert prepare(RAFDB, basic, options=Options(size=48)).pixels.shape[1] == 48


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("train_00002.jpg 0", "'0' is not a label 1..7"),
        ("train_00002.jpg 8", "'8' is not a label 1..7"),
        ("train_00002.jpg abc", "'abc' is not a label 1..7"),
        ("train_000", "'train_000' has no label; the file may be cut short"),
        ("train_00001.jpg 5", "train_00001_aligned.jpg was there before"),
        ("train_00077.jpg 5", "train_00077_aligned.jpg does not exist"),
        ("../../etc/passwd 5", "'../../etc/passwd' is not a file name within the folder"),
        ("/etc/passwd 5", "is not a file name within the folder"),
        ("picture_1.jpg 5", "'picture_1' begins neither with train_ nor with test_"),
    ],
)
def test_a_faulty_line_is_named(line: str, words: str):
    basic = picture_trees.rafdb(Path())
    text = (basic / LIST).read_text().splitlines()
    text[1] = line
    (basic / LIST).write_text("\n".join(text))
    with pytest.raises(DataError) as fault:
        prepare(RAFDB, basic)
    assert "list_patition_label.txt, line 2: " in str(fault.value)
    assert words in str(fault.value)
    assert "whdeng.cn/RAF/model1.html" in str(fault.value)
    assert not Path("data").exists()


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"\xff\xd8 no picture", "is cut short")])
def test_a_faulty_picture_is_named_with_its_line(content: bytes, words: str):
    basic = picture_trees.rafdb(Path())
    (basic / "Image/aligned/test_0001_aligned.jpg").write_bytes(content)
    with pytest.raises(DataError, match=rf"list_patition_label\.txt, line 3: .*test_0001_aligned\.jpg {words}"):
        prepare(RAFDB, basic)
    assert not Path("data/rafdb").exists()
    assert not Path("data").exists()


def test_what_is_missing_is_named_with_where_to_ask_for_it():
    with pytest.raises(DataError, match=r"basic does not exist\. ask .* whdeng\.cn"):
        prepare(RAFDB, Path("basic"))
    Path("empty").mkdir()
    with pytest.raises(DataError, match=r"empty holds neither EmoLabel/list_patition_label\.txt nor DATASET/train"):
        prepare(RAFDB, Path("empty"))
    basic = picture_trees.rafdb(Path())
    (basic / "Image" / "aligned").rename("elsewhere")
    with pytest.raises(DataError, match=r"Image/aligned does not exist\. name .* with --images"):
        prepare(RAFDB, basic)
    (basic / LIST).write_text("")
    with pytest.raises(DataError, match=r"list_patition_label\.txt is empty"):
        prepare(RAFDB, basic, options=Options(images=Path("elsewhere")))


def test_the_csv_of_kaggle_must_agree_with_the_folders():
    root = picture_trees.rafdb_kaggle(Path("archive"))
    with (root / "test_labels.csv").open("a") as file:
        file.write("test_0001_aligned.jpg,4\n")
    with pytest.raises(DataError, match=r"test_labels\.csv, line 4: .*test_0001_aligned\.jpg does not exist, or was"):
        prepare(RAFDB, root)
    (root / "test_labels.csv").write_text("image,label\ntest_0001_aligned.jpg,5\n")
    with pytest.raises(DataError, match=r"line 2: test_0001_aligned\.jpg has label 5, but lies in .*test/4"):
        prepare(RAFDB, root)
    (root / "test_labels.csv").write_text("image,emotion\n")
    with pytest.raises(DataError, match=r"test_labels\.csv has no column 'label'"):
        prepare(RAFDB, root)
    picture_trees.paint(root / "DATASET/train/3/train_00001_aligned.jpg", 90)
    with pytest.raises(DataError, match=r"train_00001_aligned\.jpg lies in .*train/3 too"):
        prepare(RAFDB, root)
    picture_trees.paint(root / "DATASET/train/9/train_00008_aligned.jpg", 90)
    with pytest.raises(DataError, match="does not lie in a folder 1 to 7"):
        prepare(RAFDB, root)


def test_options_of_other_datasets_are_wrong_usage():
    with pytest.raises(UsageError, match="--classes is not for rafdb"):
        prepare(RAFDB, picture_trees.rafdb(Path()), options=Options(classes=7))
