"""What edgefer runs on reports nothing to anybody, and leaves nothing in the home folder."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edgefer.runtime.find import shipped_students
from tests.conftest import ROOT

LOAD = "import edgefer, sys; edgefer.load(sys.argv[1])"


@pytest.fixture
def homes(tmp_path, monkeypatch):
    """A new user's folders, in a place where ONNX Runtime does not take this for a test or a build server."""
    places = [tmp_path / "user", tmp_path / "temporary"]
    for place, name in zip(places, ("HOME", "TMPDIR"), strict=True):
        place.mkdir()
        monkeypatch.setenv(name, str(place))
    for name in {"ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"} | {
        name for name in os.environ if name in {"CI", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL"}
    }:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return places


def files(places):
    return [path for place in places for path in place.rglob("*") if path.is_file()]


def test_a_model_is_opened_without_a_word_to_anybody(homes):
    subprocess.run([sys.executable, "-c", LOAD, str(shipped_students()["fer2013-c-best"])], check=True)
    assert files(homes) == []


def test_a_command_leaves_no_trace(homes):
    run = ["run", "--source", "demo://?seconds=1&fps=5&pace=file", "--headless"]
    subprocess.run([sys.executable, "-m", "edgefer", *run], check=True, capture_output=True)
    assert files(homes) == []


def test_who_wants_it_may_have_it(homes, monkeypatch):
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    told = subprocess.run(
        [sys.executable, "-c", "import edgefer, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout == "0\n"
