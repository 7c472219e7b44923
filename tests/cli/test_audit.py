from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgefer.data import demo
from edgefer.data.audit import audit as module
from edgefer.data.load import load_faces
from edgefer.data.store import write_store
from tests.conftest import one_line
from tests.datasets import dataset_of
from tests.pictures import COPIES, face_set, inner, wide


def prepare(name: str = "noise", folder: Path = Path("data")) -> None:
    """A store with a copy and a conflict in Training, and a copy and a near copy of Training in PublicTest."""
    sources = wide(28)
    training, public = (np.stack([inner(one) for one in some]) for some in (sources[:14], sources[14:]))
    training[7], training[9] = training[0], training[1]
    public[3] = training[4]
    public[5] = COPIES["jpeg"](sources[5])
    sets = [face_set(training), face_set(public, split="PublicTest")]
    write_store(folder / name, dataset_of(sets, name))


def test_an_audit_by_name_ends_in_a_table_a_list_and_a_page(cli):
    prepare()
    done = cli("data", "audit", "noise")
    assert done.code == 0, done.err
    rows = {line[:36].strip(): line[36:].split() for line in done.out.splitlines()[2:12]}
    assert rows["same picture in an earlier split"] == ["0", "1"]
    assert rows["near duplicate in an earlier split"] == ["0", "1"]
    assert rows["same picture, another label"] == ["3", "1"]
    assert "2 times: Training 1 disgust, Training 9 fear" in done.out
    assert "Training 5 surprise, PublicTest 5 surprise" in done.out
    assert "near duplicates of an earlier split are on the exclusion list (--near)" in done.err
    assert "wrote audit.json and audit.html, which holds pictures of the dataset: do not publish it" in done.err
    line = done.err.splitlines()[-1]
    assert line == (
        "next: edgefer distill fer2013-c --set data.source=noise --set data.choose=PublicTest --exclude audit.json"
    )
    assert Path("audit.html").read_text().count("<img") > 5
    list_ = Path("audit.json")
    assert len(load_faces("noise", "PublicTest", list_)) == 12
    assert len(load_faces("noise", "Training", list_)) == 11


def test_without_near_duplicates_as_json_elsewhere(cli, tmp_path):
    prepare()
    out, page = tmp_path / "deep" / "list.json", tmp_path / "page.html"
    done = cli("data", "audit", "noise", "--no-near", "--json", "--out", out, "--html", page)
    assert done.code == 0, done.err
    assert done.out == out.read_text()
    values = json.loads(done.out)
    assert values["near_excluded"] is False
    assert values["splits"]["PublicTest"]["found"]["near_leaked"] == 1
    assert values["exclude"]["PublicTest"]["rows"] == {
        "3": "same picture as Training 4, labelled sad there and happy here"
    }
    assert "near duplicates are not on the exclusion list (--no-near)" in done.err
    assert page.is_file()
    assert not Path("audit.json").exists()


def test_the_source_is_found_and_named(cli, monkeypatch):
    monkeypatch.setattr(demo, "SPLITS", {"Training": 14, "PublicTest": 7})
    drawn = cli("data", "audit")
    assert drawn.code == 0, drawn.err
    assert drawn.err.startswith("demo: no dataset is prepared here, so the drawn demo faces\n")
    assert drawn.err.splitlines()[-1] == "next: edgefer distill --exclude audit.json"
    prepare("fer2013")
    prepared = cli("data", "audit")
    assert prepared.err.startswith("fer2013: the store prepared last\n")
    assert prepared.err.splitlines()[-1] == "next: edgefer distill --exclude audit.json"
    assert "demo-c --exclude" in cli("data", "audit", "demo").err.splitlines()[-1]


def test_a_single_split_has_no_line_that_trains(cli):
    write_store(Path("data/alone"), dataset_of([face_set(np.stack([inner(one) for one in wide(7)]))], "alone"))
    done = cli("data", "audit", "alone")
    assert done.code == 0, done.err
    assert "7 faces 48x48 px in 1 split\n" in done.out
    assert "0 pictures stand there more than once" in done.out
    assert "next:" not in done.err


@pytest.mark.parametrize("option", ["--out", "--html"])
def test_a_file_of_somebody_else_is_not_written_over(cli, option, monkeypatch):
    prepare()
    monkeypatch.setattr(module, "look", lambda sets: pytest.fail("the faces were looked at first"))
    Path("mine.txt").write_text("mine")
    outcome = cli("data", "audit", "noise", option, "mine.txt")
    assert outcome.code == 1
    assert "mine.txt is no report of an audit, and would be written over" in one_line(outcome)
    blocked = cli("data", "audit", "noise", option, "mine.txt/report")
    assert blocked.code == 1
    assert "cannot write mine.txt/report" in one_line(blocked)
    assert Path("mine.txt").read_text() == "mine"
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["data", "mine.txt"]


def test_an_audit_may_be_done_again(cli):
    prepare()
    assert cli("data", "audit", "noise").code == 0
    first = Path("audit.json").read_text()
    assert cli("data", "audit", "noise").code == 0
    assert Path("audit.json").read_text() == first


def test_faults_are_one_line_and_leave_nothing(cli):
    prepare()
    unknown = cli("data", "audit", "nois")
    assert unknown.code == 2
    assert "did you mean 'noise'?" in one_line(unknown)
    same = cli("data", "audit", "noise", "--out", "x.json", "--html", "./x.json")
    assert same.code == 2
    assert "--out and --html are both x.json" in one_line(same)
    Path("data/noise/labels.npy").write_bytes(b"not an array")
    damaged = cli("data", "audit", "noise")
    assert damaged.code == 1
    assert "make it again: edgefer data prepare noise" in one_line(damaged)
    assert [path.name for path in Path.cwd().iterdir()] == ["data"]


def test_ctrl_c_leaves_nothing(cli, monkeypatch):
    prepare()

    def stop(sets):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "look", stop)
    outcome = cli("data", "audit", "noise")
    assert outcome.code == 130
    assert "the audit was stopped, nothing was written" in one_line(outcome)
    assert [path.name for path in Path.cwd().iterdir()] == ["data"]
