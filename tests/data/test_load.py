from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.data.load import find_store, load_faces, locate, stores
from edgefer.data.prepare import prepare
from edgefer.data.readers.fer2013 import FER2013
from edgefer.errors import ArtifactError, UsageError
from edgefer.paths import cache_dir
from tests.fer_csv import write


def _store(path: Path, faces: int = 2) -> None:
    write(Path("source.csv"), ["Training"] * faces, seed=faces)
    prepare(FER2013, Path("source.csv"), path)


def test_demo_is_always_there():
    assert len(load_faces("demo", "PublicTest")) == 700


def test_a_store_is_found_by_name_in_the_working_folder_then_in_the_cache():
    assert find_store("fer2013") is None
    _store(cache_dir() / "data" / "fer2013", 3)
    assert find_store("fer2013") == cache_dir() / "data" / "fer2013"
    assert len(load_faces("fer2013", "Training")) == 3
    _store(Path("data/fer2013"), 2)
    assert find_store("fer2013") == Path("data/fer2013")
    assert len(load_faces("fer2013", "Training")) == 2
    assert stores() == {"fer2013": Path("data/fer2013")}


def test_a_store_is_found_by_its_folder(tmp_path):
    _store(tmp_path / "anywhere" / "faces", 4)
    assert len(load_faces(str(tmp_path / "anywhere" / "faces"), "Training")) == 4
    assert locate(str(tmp_path / "anywhere" / "faces") + "/") == tmp_path / "anywhere" / "faces"


def test_folders_that_are_no_stores_are_not_listed():
    Path("data/pictures").mkdir(parents=True)
    Path("data/notes.txt").write_text("x")
    assert stores() == {}


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("fer2013", "edgefer data prepare fer2013 --source fer2013.csv"),
        ("rafdb", "edgefer data prepare rafdb --source basic"),
        ("data", "if it holds class folders, prepare it first: edgefer data prepare folder --source data"),
        ("demmo", "did you mean 'demo'?"),
        ("facse", "did you mean 'faces'?"),
        ("zzz", "there is: demo, faces; more with: edgefer data prepare"),
        ("source.csv", "source.csv is a file, not a prepared store. prepare it first: edgefer data prepare fer2013 --source source.csv"),
        ("", "there is: demo, faces"),
    ],
)  # fmt: skip
def test_an_unknown_name_gets_help(source, hint):
    _store(Path("data/faces"))
    with pytest.raises(UsageError) as fault:
        load_faces(source, "Training")
    assert hint in str(fault.value)


def test_an_absent_split_names_those_there_are():
    _store(Path("data/faces"))
    with pytest.raises(UsageError, match=r"no split 'PrivateTest'\. its splits are: Training"):
        load_faces("faces", "PrivateTest")


def test_a_damaged_store_is_not_passed_over():
    _store(Path("data/faces"))
    Path("data/faces/faces.npy").unlink()
    with pytest.raises(ArtifactError, match="edgefer data prepare fer2013"):
        load_faces("faces", "Training")
