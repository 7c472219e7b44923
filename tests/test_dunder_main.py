"""What holds before the command line is imported, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import brightness_model
from tests.films import film

PRESS = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(0.1)\n"


def edgefer(tmp_path, *words, **packages):
    """`edgefer WORDS`, where these packages have another content."""
    for name, text in packages.items():
        (tmp_path / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "edgefer", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_ctrl_c_while_the_command_line_is_imported(tmp_path):
    done = edgefer(tmp_path, "--version", typer=PRESS)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("then", ["", "\n".join(("try:", f" {PRESS.replace(chr(10), chr(10) + ' ')}"))])
def test_ctrl_c_while_a_command_imports_what_it_needs(tmp_path, then):
    # As ONNX Runtime, which makes an ImportError of it.
    package = f"{then}\nexcept KeyboardInterrupt:\n raise ImportError('initialization failed')\n" if then else PRESS
    done = edgefer(tmp_path, "run", "--camera", 0, "--headless", cv2=package)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_other_faults_are_not_hidden(tmp_path):
    done = edgefer(tmp_path, "run", "--source", "demo://", "--headless", cv2="raise ImportError('no libGL')")
    assert done.returncode == 1
    assert "no libGL" in done.stderr
    assert "interrupted" not in done.stderr


def test_what_runs_in_the_background_goes_on_ignoring_ctrl_c(tmp_path):
    script = (
        f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{PRESS}from edgefer.__main__ import main; main()"
    )
    (tmp_path / "typer.py").write_text(f"{PRESS}raise SystemExit(7)")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, timeout=60, check=False)
    assert done.returncode == 7


@pytest.mark.parametrize(("fault", "says"), [("", ["False", "True", "True", "True"]), ("x", ["False", "True"])])
def test_a_run_looks_for_garbage_from_its_first_frame_on(tmp_path, fault, says):
    clip, model = film(tmp_path / "a.avi", [1] * 3), brightness_model.write(tmp_path / "b.onnx")
    script = f"""
import atexit, gc, sys
from edgefer.__main__ import main
import edgefer.camera.loop as loop, edgefer.camera.source as source
opens, runs = source.open_source, loop.run
source.open_source = lambda *words: print(gc.isenabled()) or opens(*words)
loop.run = lambda *words: print(gc.isenabled(), gc.get_freeze_count() > 1000, sep="\\n") or runs(*words)
atexit.register(lambda: print(gc.isenabled()))
sys.argv = ["edgefer", "run", "--source", {f"{clip}{fault}"!r}, "--engine", {str(model)!r}, "--detector", "none"]
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == says, done.stderr
    assert done.returncode == bool(fault)


def test_other_commands_look_for_garbage_all_the_time(tmp_path):
    script = """
import gc, sys
from edgefer.__main__ import main
import edgefer.cli.main as command_line
command_line.main = lambda: print(gc.isenabled())
sys.argv = ["edgefer", "doctor"]
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True\n"


@pytest.mark.parametrize(
    ("then", "says"),
    [
        (
            "raise Interrupted('stopped in epoch 3', 'go on with --resume')",
            "error: stopped in epoch 3. go on with --resume\n",
        ),
        ("sys.exit(130)", "interrupted\n"),  # as typer ends a command
        ("raise", "interrupted\n"),
    ],
)
def test_ctrl_c_is_told_once(then, says):
    script = f"""
import os, signal, sys, time
from edgefer.__main__ import main
from edgefer.errors import Interrupted
import edgefer.cli.main as command_line

def app(_words):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    except KeyboardInterrupt:
        {then}

command_line.app = app
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (130, says)
