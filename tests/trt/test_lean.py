"""The real lean runtime, where it is installed. In child processes: without a driver it crashes the process it is in."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from edgefer.card import Passport, Precision
from edgefer.trt import driver, flavour
from tests import fake_gpu, tiny_net

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lean():
    pytest.importorskip("tensorrt_lean")
    return flavour.load("tensorrt_lean")


def python(code: str, *args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_it_says_what_it_can(lean):
    assert lean.title.startswith("TensorRT lean 1")
    assert (lean.short, lean.plans) == ("lean", "tensorrt")
    assert not lean.supports_targets
    offers = {name: value for name, value in vars(lean).items() if name.startswith("supports_")}
    assert not any(offers.values()), offers


def test_it_is_refused_for_a_build_before_anything_of_it_is_made(lean, tmp_path):
    onnx = tiny_net.write(tmp_path / "tiny.onnx")
    words = ["build-engine", onnx, "--flavour", "tensorrt_lean", "--out", tmp_path / "e"]
    done = python("import sys; from edgefer.cli.main import main; main(sys.argv[1:])", *words)
    assert done.returncode == 2, done.stderr
    assert "TensorRT lean only runs engines, it builds none" in done.stderr
    assert not (tmp_path / "e").exists()


def test_without_a_driver_an_engine_for_it_is_refused_and_nothing_crashes(lean, tmp_path):
    if driver.probe().present:
        pytest.skip("this machine has a driver")
    plan = fake_gpu.plan_bytes("tensorrt", lean.version, version_compatible=True)
    passport = Passport(
        flavour="tensorrt",
        version=lean.version,
        targets=("sm89",),
        batch=(1, 8, 32),
        version_compatible=True,
        plan_sha256=hashlib.sha256(plan).hexdigest(),
        onnx_sha256="0" * 64,
    )
    (tmp_path / "tiny.engine").write_bytes(plan)
    (tmp_path / "card.json").write_text(tiny_net.card(precision=Precision.FP16, engine=passport).to_json())
    code = "import sys; from edgefer.cli.main import main; main(sys.argv[1:])"
    done = python(code, "evaluate", tmp_path / "tiny.engine", "--data", "demo")
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert "needs an NVIDIA GPU, and no NVIDIA driver is installed" in done.stderr
