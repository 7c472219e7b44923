"""A library that crashes, hangs, prints or ends the process costs one row."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from pathlib import Path

import pytest

from edgefer.doctor import children
from edgefer.doctor.children import ask
from edgefer.doctor.finding import Mark
from edgefer.doctor.probe import PROBES
from tests.doctor.asking import findings

TORCH = next(probe for probe in PROBES if probe.target == "runtimes:torch")
# As much of PyTorch as the doctor asks.
WELL = """
__version__ = "99.0"
class version:
    cuda = None
class cuda:
    is_available = staticmethod(lambda: False)
"""


@pytest.fixture
def torch(tmp_path, monkeypatch):
    """Write a torch.py that comes before the real one."""
    (tmp_path / "fakes").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "fakes"))
    return (tmp_path / "fakes" / "torch.py").write_text


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "import os\nprint('what a mess', flush=True)\nos.abort()",
            "its process died (SIGABRT): what a mess",
        ),
        ("import ctypes\nctypes.string_at(0)", "its process died (SIGSEGV)"),
        ("import os\nos._exit(0)", "its process died (exit code 0)"),
        ("import sys\nsys.exit('no licence')", "its probe failed: SystemExit: no licence"),
        ("import libgone", "its probe failed: ModuleNotFoundError: No module named 'libgone'"),
        ("def broken(:", "its probe failed: SyntaxError: invalid syntax"),
    ],
)
def test_a_probe_that_dies_is_a_row_that_says_how(torch, code, told):
    torch(code)
    found = findings("runtimes:torch")["PyTorch"]
    assert found.mark is Mark.MISSING
    assert found.fact.startswith(told)
    assert found.fix == "pip install --force-reinstall torch"


def test_a_crash_leaves_no_core_file(torch):
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("this system writes no core files")
    torch("import resource\nassert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0" + WELL)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        assert findings("runtimes:torch")["PyTorch"].mark is Mark.OK
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def test_what_a_library_prints_is_no_answer(torch, capfd):
    noise = f"import os\nos.write(1, b'\\xff\\xfe{children.ANSWER}[]\\n')\nprint('{children.ANSWER}{{}}' * 20000, flush=True)\n"
    torch(noise + WELL + "import atexit, time\natexit.register(time.sleep, 600)")
    found = findings("runtimes:torch", limit=20.0)["PyTorch"]
    assert (found.mark, found.fact) == (Mark.OK, "99.0, on the processor")
    assert capfd.readouterr() == ("", "")


def test_a_probe_that_hangs_is_stopped_with_what_it_started(torch, tmp_path):
    torch(
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(tmp_path / 'pids')!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)"
    )
    found = findings("runtimes:torch", limit=4.0)["PyTorch"]
    assert (found.mark, found.fact) == (Mark.MISSING, "gave no answer within 4 s and was stopped")
    assert found.fix == ("edgefer doctor --timeout 12, and if that is not enough: pip install --force-reinstall torch")
    for pid in (tmp_path / "pids").read_text().split():
        assert _ends(int(pid))


def test_one_that_hangs_keeps_no_other_from_its_answer(torch, monkeypatch):
    torch("import time\ntime.sleep(600)")
    monkeypatch.setattr(children, "PATIENCE_S", 0.1)
    told = []
    probes = [TORCH, next(probe for probe in PROBES if probe.target == "gpu:state")]
    found = ask(probes, 5.0, told.append)
    assert list(found) == probes
    assert "gave no answer" in found[TORCH][0].fact
    assert not any("answer" in one.fact for one in found[probes[1]])
    assert len(told) == 1
    assert "PyTorch" in told[0]


def test_where_no_process_can_be_started_each_row_says_so(monkeypatch):
    monkeypatch.setattr(children.sys, "executable", "/nowhere/python")
    found = findings("gpu:driver")["driver"]
    assert found.mark is Mark.WARNING
    assert "cannot be started: No such file or directory" in found.fact


def test_a_file_in_this_folder_is_not_taken_for_a_library(tmp_path):
    (tmp_path / "cwd" / "numpy.py").write_text("raise SystemExit('taken from the folder')")
    assert findings("runtimes:numpy")["NumPy"].mark is Mark.OK


def _ends(pid: int) -> bool:
    """Whether a process is gone, or dead and not yet buried, within some seconds."""
    for _ in range(200):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.05)
                continue
        return True
    return False
