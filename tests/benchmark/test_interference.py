from __future__ import annotations

import subprocess
import sys
import time

import pytest

from edgefer.benchmark import interference
from edgefer.benchmark.interference import Meter


def work(seconds):
    """So much CPU time of this process."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A /proc/stat that the test writes: seconds of user time since boot."""

    def write(busy):
        (tmp_path / "stat").write_text(f"cpu  {int(busy * interference._ticks())} 0 0 999999 5 0 0 0 0 0\ncpu0 0\n")

    monkeypatch.setattr(interference, "_STAT", tmp_path / "stat")
    return write


def test_other_work_is_what_the_machine_did_and_we_did_not(machine):
    machine(100)
    meter = Meter()
    work(0.3)
    machine(100.9)
    begin = meter._begin
    others = meter.cores([])
    assert others * (time.monotonic() - begin) == pytest.approx(0.6, abs=0.1)


def test_our_workers_are_not_others(machine):
    machine(100)
    meter = Meter()
    code = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        worker.stdout.readline()
        machine(100.3)
        alone, ours = meter.cores([]), meter.cores([worker.pid])
        worker.stdin.write(b"\n")
        worker.stdin.flush()
    assert ours < 0.5 * alone


def test_a_system_that_does_not_tell_gives_none(monkeypatch, tmp_path):
    monkeypatch.setattr(interference, "_STAT", tmp_path / "none")
    assert Meter().cores([]) is None


def test_the_real_machine_is_read():
    assert Meter().cores([]) is not None
