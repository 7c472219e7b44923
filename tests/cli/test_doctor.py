from __future__ import annotations

import json
import shutil

import pytest

from edgefer.camera import yunet
from edgefer.doctor import examine
from edgefer.doctor.children import ask
from edgefer.doctor.finding import Group
from edgefer.doctor.probe import PROBES
from tests.conftest import one_line


@pytest.fixture
def only(monkeypatch):
    """Ask some of the probes."""

    def choose(*targets):
        chosen = [probe for probe in PROBES if probe.target in targets]
        monkeypatch.setattr(examine, "ask", lambda _, *rest: ask(chosen, *rest))

    return choose


def test_all_of_this_machine(cli):
    outcome = cli("doctor", "--json", "--timeout", 120)
    values = json.loads(outcome.out)
    assert outcome.code == 0
    assert {one["group"] for one in values["findings"]} == {group.value for group in Group}
    told = [one["fact"] for one in values["findings"]]
    assert not [fact for fact in told if "process died" in fact or "probe failed" in fact or "no answer" in fact]
    names = [one["name"] for one in values["findings"]]
    assert len(names) == len(set(names)) >= 20
    missing = {purpose for one in values["findings"] if one["mark"] == "missing" for purpose in one["needed_for"]}
    assert values["ready"] == {purpose: purpose not in missing for purpose in ("train", "build", "run")}


def test_for_a_purpose_it_ends_with_1_until_its_advice_is_followed(cli, only, shared, tmp_path, monkeypatch):
    only("opencv:detector", "runtimes:numpy")
    monkeypatch.setenv(yunet.VARIABLE, str(tmp_path / "gone.onnx"))
    outcome = cli("doctor", "--for", "run")
    assert outcome.code == 1
    assert one_line(outcome) == (
        "error: not ready to run: face detector. unset EDGEFER_YUNET && edgefer models get yunet"
    )
    assert "  run      no: face detector" in outcome.out
    assert cli("doctor", "--for", "train", "--for", "build").code == 0
    assert cli("doctor").code == 0
    monkeypatch.delenv(yunet.VARIABLE)
    yunet.cached().parent.mkdir(parents=True)
    shutil.copy(shared / "models" / yunet.FILE, yunet.cached())
    outcome = cli("doctor", "--for", "run")
    assert (outcome.code, outcome.err) == (0, "")


def test_an_unknown_purpose_is_wrong_usage(cli):
    outcome = cli("doctor", "--for", "buid")
    assert outcome.code == 2
    assert "build" in outcome.err


def test_what_is_waited_for_is_said_on_stderr(cli, only, monkeypatch):
    only("runtimes:numpy")
    monkeypatch.setattr("edgefer.doctor.children.PATIENCE_S", 0.0)
    outcome = cli("doctor", "--json")
    assert outcome.err == "waiting for NumPy\n"
    assert json.loads(outcome.out)["findings"][0]["name"] == "NumPy"
