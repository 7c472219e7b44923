"""Fixtures that several test files share."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in an empty folder, with an empty cache, no detector set and no display."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("EDGEFER_HOME", str(tmp_path / "home"))
    for name in ("EDGEFER_YUNET", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that the test starts do not load coverage, which would write, import or be interrupted in their place."""
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run one edgefer command in this process: `cli("inspect", path).err`."""
    from edgefer.cli.main import main

    def run(*args: object) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(arg) for arg in args])
        streams = capfd.readouterr()
        code = stop.value.code
        return Outcome(code if isinstance(code, int) else 0 if code is None else 1, streams.out, streams.err)

    return run


def one_line(outcome: Outcome) -> str:
    """The error line of a failed command; fails the test if there is more than one line or a traceback."""
    lines = [line for line in outcome.err.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in outcome.err
    assert len(lines) == 1, outcome.err
    return lines[0]


@pytest.fixture
def shared() -> Path:
    """The team's folder of data and clips; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder 'shared' beside the checkout (FER2013 sheets, clips, detector)")
    return SHARED


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An ONNX file whose answer follows from how bright a face is."""
    from tests import brightness_model

    return brightness_model.write(tmp_path / "brightness.onnx")


# Tests run side by side; two thread pools on one core wait for each other most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# FFmpeg reads its level of messages once a process, and a test's own film may be the first that it sees.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
# A shell starts its background jobs with Ctrl-C ignored, and so would be every program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
