from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgefer.data.load import load_faces
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
    write(tmp_path / "in.csv", ["Training"])
    done = cli("data", "prepare", "fer2013", "--source", tmp_path / "in.csv", "--out", tmp_path / "deep" / "store")
    assert done.code == 0, done.err
    assert len(load_faces(str(tmp_path / "deep" / "store"), "Training")) == 1
    assert f"data.source={tmp_path / 'deep' / 'store'}" in done.err


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
        (("prepare", "fer"), "no dataset is called 'fer'. did you mean 'fer2013'?"),
        (("prepare", "imagenet"), "no dataset is called 'imagenet'. known: fer2013"),
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


def test_info_lists_what_there_is(cli):
    assert cli("data", "info").out.splitlines()[1].split() == [
        "demo", "3710", "built", "in", "Training", "3010,", "PublicTest", "700",
    ]  # fmt: skip
    write(Path("fer2013.csv"), ["Training"])
    cli("data", "prepare", "fer2013")
    listed = json.loads(cli("data", "info", "--json").out)["sources"]
    assert [one["name"] for one in listed] == ["demo", "fer2013"]
    assert listed[1]["faces"] == {"Training": 1}
