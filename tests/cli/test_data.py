from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgefer.cli.data import NAMES
from edgefer.data.load import load_faces
from edgefer.data.prepare import DATASETS
from edgefer.emotions import FER2013
from tests import picture_trees
from tests.conftest import one_line
from tests.fer_csv import HEADER, faces, row, write


def test_prepare_then_info_by_name(cli):
    write(Path("fer2013.csv"), ["Training"] * 14 + ["PublicTest"] * 7)
    prepared = cli("data", "prepare", "fer2013")
    assert prepared.code == 0, prepared.err
    assert "reading fer2013.csv" in prepared.err
    assert "next: edgefer distill" in prepared.err
    shown = cli("data", "info", "fer2013")
    assert shown.code == 0
    assert shown.out == prepared.out
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["split", "anger", "disgust", "fear", "happy", "sad", "surprise", "neutral", "faces"] in lines
    assert ["Training", *["2"] * 7, "14"] in lines
    assert ["total", *["3"] * 7, "21"] in lines


def test_prepare_writes_where_it_is_told(cli, tmp_path):
    write(tmp_path / "in.csv", ["Training", "PublicTest"])
    done = cli("data", "prepare", "fer2013", "--source", tmp_path / "in.csv", "--out", tmp_path / "deep" / "store")
    assert done.code == 0, done.err
    assert len(load_faces(str(tmp_path / "deep" / "store"), "Training")) == 1
    assert f"data.source={tmp_path / 'deep' / 'store'} --set data.choose=PublicTest" in done.err


def test_prepare_twice_says_that_nothing_was_to_do(cli):
    write(Path("fer2013.csv"), ["Training"])
    assert "already holds" not in cli("data", "prepare", "fer2013").err
    again = cli("data", "prepare", "fer2013")
    assert again.code == 0
    assert "data/fer2013 already holds fer2013.csv" in again.err
    assert "already holds" not in cli("data", "prepare", "fer2013", "--force").err


def test_prepare_without_the_file_says_what_was_expected(cli):
    outcome = cli("data", "prepare", "fer2013")
    assert outcome.code == 1
    assert "fer2013.csv does not exist" in one_line(outcome)
    assert "Kaggle" in one_line(outcome)
    assert outcome.out == ""
    assert not Path("data").exists()


def test_a_bad_row_is_one_line_and_leaves_nothing(cli):
    Path("fer2013.csv").write_text("\n".join([HEADER, row(faces(1)[0]), row(faces(1)[0], 9)]))
    outcome = cli("data", "prepare", "fer2013")
    assert outcome.code == 1
    assert "fer2013.csv, row 1 (line 3): emotion '9' is not a label 0..6" in one_line(outcome)
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("prepare", "fer"), "no dataset is called 'fer'. did you mean 'fer2013' or 'ferplus'?"),
        (("prepare", "imagenet"), "no dataset is called 'imagenet'. known: fer2013, ferplus, rafdb"),
        (("prepare", "RAF-DB"), "did you mean 'rafdb'?"),
        (("prepare", "fer+"), "did you mean 'ferplus'?"),
        (("prepare", "affecnet"), "did you mean 'affectnet'?"),
        (("prepare", "fer2013", "--classes", "7"), "--classes is not for fer2013"),
        (("info", "dmeo"), "did you mean 'demo'?"),
        (("info", "fer2013"), "edgefer data prepare fer2013 --source fer2013.csv"),
    ],
)
def test_unknown_names_are_wrong_usage(cli, args, words):
    outcome = cli("data", *args)
    assert outcome.code == 2
    assert words in one_line(outcome)


def test_info_of_a_damaged_store_fails(cli):
    write(Path("fer2013.csv"), ["Training"])
    cli("data", "prepare", "fer2013")
    Path("data/fer2013/labels.npy").write_bytes(b"not an array")
    outcome = cli("data", "info", "fer2013")
    assert outcome.code == 1
    assert "edgefer data prepare fer2013 --source fer2013.csv --out data/fer2013" in one_line(outcome)


def test_info_as_json(cli):
    write(Path("fer2013.csv"), ["Training", "PrivateTest"])
    prepared = cli("data", "prepare", "fer2013", "--json")
    about = json.loads(cli("data", "info", "fer2013", "--json").out)
    assert json.loads(prepared.out) == about
    assert about["counts"]["PrivateTest"]["disgust"] == 1
    assert about["source"] == "fer2013.csv"
    assert len(about["sha256"]) == len(about["source_sha256"]) == 64
    assert json.loads(cli("data", "info", "demo", "--json").out)["counts"]["Training"]["fear"] == 430


def test_help_lists_the_datasets(cli):
    assert tuple(DATASETS) == NAMES
    shown = " ".join(cli("data", "prepare", "--help").out.split())
    assert ", ".join(DATASETS) in shown


def test_without_a_source_a_dataset_is_looked_for_by_its_own_name(cli):
    for name, reader in DATASETS.items():
        outcome = cli("data", "prepare", name)
        assert outcome.code == 1, name
        assert reader.source in one_line(outcome)


def test_a_dataset_in_colour_from_its_pictures_to_info(cli):
    picture_trees.affectnet_npy(Path("AffectNet"))
    done = cli("data", "prepare", "affectnet", "--classes", "7", "--size", "48")
    assert done.code == 0, done.err
    assert "next: edgefer distill fer2013-c --set data.source=affectnet-7 --set data.choose=Validation" in done.err
    shown = cli("data", "info", "affectnet-7").out
    assert shown == done.out
    assert "affectnet-7: data/affectnet-7, faces 48x48 px colour, 0.0 MB on disk" in shown
    assert "left out: contempt 1, Uncertain 1" in shown
    about = json.loads(cli("data", "info", "affectnet-7", "--json").out)
    assert (about["colour"], about["left_out"], about["targets"]) == ("rgb", {"contempt": 1, "Uncertain": 1}, False)


@pytest.mark.parametrize(
    ("emotions", "splits", "line"),
    [
        (
            FER2013,
            ("train", "val"),
            "edgefer distill fer2013-c --set data.source=folder-faces --set data.choose=Validation",
        ),
        (
            FER2013[:3],
            ("train", "test"),
            "edgefer train fer2013-s --set data.source=folder-faces --set data.choose=Test",
        ),
        (FER2013, ("train", "privatetest"), None),
        (FER2013, ("train",), None),
        (FER2013, ("test",), None),
    ],
)
def test_what_to_type_next_depends_on_emotions_and_splits(cli, emotions, splits, line):
    picture_trees.class_folders(Path("faces"), {f"{split}/{name}": 1 for split in splits for name in emotions})
    done = cli("data", "prepare", "folder", "--source", "faces")
    assert done.code == 0, done.err
    assert [said for said in done.err.splitlines() if said.startswith("next:")] == ([f"next: {line}"] if line else [])


def test_a_command_with_spaces_can_be_typed_again(cli):
    picture_trees.class_folders(Path("my faces"), {"happy": 1, "sad": 1})
    cli("data", "prepare", "folder", "--source", "my faces", "--out", "here")
    Path("here/labels.npy").write_bytes(b"")
    assert "edgefer data prepare folder --source 'my faces' --out here" in one_line(cli("data", "info", "here"))


def test_info_lists_what_there_is(cli):
    assert cli("data", "info").out.splitlines()[1].split() == [
        "demo", "3710", "built", "in", "Training", "3010,", "PublicTest", "700",
    ]  # fmt: skip
    write(Path("fer2013.csv"), ["Training"])
    cli("data", "prepare", "fer2013")
    listed = json.loads(cli("data", "info", "--json").out)["sources"]
    assert [one["name"] for one in listed] == ["demo", "fer2013"]
    assert listed[1]["faces"] == {"Training": 1}
