"""A build killed at the worst moments, and the same command again: the weights of a build that nobody killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from edgefer.card import ModelCard
from edgefer.distill.run import distill_once
from edgefer.paths import sha256
from edgefer.recipe import load
from tests.conftest import ROOT
from tests.pipeline.builds import FACES, write_files

pytest.importorskip("tensorrt_rtx")

COMMAND = ("build", "pupil.toml", "--precision", "int8", "--target", "sm89", "--calibration-faces", str(FACES))
RUN, ENGINE = Path("runs/pupil"), Path("engines/pupil-int8-rtx-sm89")

# Runs the command in which the n-th call of a method is the end of the process, as kill -9 is.
KILLED = """
import importlib, os, signal, sys
module, owner, method, number, *command = sys.argv[1:]
owner = getattr(importlib.import_module(module), owner)
real, calls = getattr(owner, method), []
def fatal(*given, **named):
    calls.append(given)
    if len(calls) == int(number):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)
setattr(owner, method, fatal)
from edgefer.cli.main import main
main(command)
"""


def kill(module: str, owner: str, method: str, number: int) -> None:
    """Let the command die at the n-th call of a method; fails when it does not get there."""
    words = [sys.executable, "-c", KILLED, module, owner, method, str(number), *COMMAND]
    done = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == -9, done.stderr


def test_killed_in_training_and_in_the_engine_it_ends_with_the_weights_of_a_run_that_was_not(cli):
    write_files()
    expected = load_file(distill_once(load("pupil.toml"), Path("whole"), baseline=False).student.checkpoint)

    # The teacher's three epochs are on disk and one of the student's; its second is lost.
    kill("edgefer.distill.trainer", "_Loop", "_write", 5)
    assert Path("runs/alone/finished.json").exists()
    assert (RUN / "last.safetensors").exists()
    assert not (RUN / "finished.json").exists()

    # The engine is compiled; some files of its folder are written and others are not.
    kill("edgefer.engine.details", "Details", "write", 1)
    assert (RUN / "finished.json").exists()
    assert list(Path("engines").glob(".pupil-*/*.engine"))
    assert not ENGINE.exists()
    before = {path: path.stat().st_mtime_ns for path in RUN.iterdir() if path.is_file()}

    done = cli(*COMMAND, "--json")
    assert done.code == 0, done.err
    stages = {stage["name"]: stage["kept"] for stage in json.loads(done.out)["stages"]}
    assert stages == {
        "distill": True,
        "export": True,
        "calibrate": True,
        "quantise int8": False,
        "build int8": False,
        "evaluate int8": False,
    }
    assert {path: path.stat().st_mtime_ns for path in before} == before
    found = load_file(RUN / "best.safetensors")
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    passport = ModelCard.beside(ENGINE / "pupil.engine").engine
    assert passport.plan_sha256 == sha256(ENGINE / "pupil.engine")
    assert list(Path("engines").iterdir()) == [ENGINE], "what the killed build left is gone"
    assert passport.after is not None
