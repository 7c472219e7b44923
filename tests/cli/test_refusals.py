"""What is refused, met from the command line, with the real TensorRT-RTX: one line, exit code 1, and a fix that works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from edgefer.card import ModelCard
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.pool import screen
from tests import fake_gpu, tiny_net
from tests.conftest import one_line

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from edgefer.cli.main import main
main(sys.argv[2:])
"""


@pytest.fixture
def onnx():
    pytest.importorskip("tensorrt_rtx")
    return tiny_net.write(Path("tiny.onnx"))


FOLDER = "engines/tiny-fp16-rtx-sm89-b1-2-4"
RTX = ("--flavour", "rtx", "--target", "sm89", "--no-measure")


@pytest.fixture(autouse=True)
def _no_driver(monkeypatch):
    monkeypatch.setattr("edgefer.trt.driver.probe", lambda: fake_gpu.NONE)


@pytest.fixture
def engine(cli, onnx):
    """A real engine, on a machine without a driver."""
    built = cli("build-engine", onnx, *RTX, "--batch", "1:2:4")
    assert built.code == 0, built.err
    return Path(FOLDER) / "tiny.engine"


def refused(cli, path, *options):
    outcome = cli("evaluate", path, "--data", "demo", *options)
    assert outcome.code == 1
    assert outcome.out == ""
    return one_line(outcome).removeprefix("error: ")


def type_the_fix(cli, line):
    """Run the command in an error line as it stands."""
    (command,) = re.findall(r"build it again: (edgefer build-engine .*?)(?:, or add |$)", line)
    outcome = cli(*shlex.split(command)[1:], "--no-measure")
    assert outcome.code == 0, outcome.err


def test_no_driver(cli, engine):
    line = refused(cli, engine)
    assert line == (
        f"{engine} needs an NVIDIA GPU, and no NVIDIA driver is installed. run the ONNX file beside it: {FOLDER}/model.onnx"
    )


def test_one_altered_byte(cli, engine):
    was = ModelCard.beside(engine).engine
    plan = bytearray(engine.read_bytes())
    plan[len(plan) // 2] ^= 1
    engine.write_bytes(plan)
    line = refused(cli, engine)
    assert f"{engine} is not the file that its card.json describes (the SHA-256 differs)" in line
    assert "needs an NVIDIA GPU" in refused(cli, engine, "--trust")
    type_the_fix(cli, line)
    now = ModelCard.beside(engine).engine
    assert (now.flavour, now.targets, now.batch) == (was.flavour, was.targets, was.batch)
    assert "needs an NVIDIA GPU" in refused(cli, engine)


def test_a_missing_card_and_a_strangers_plan(cli, engine):
    Path(FOLDER, "card.json").rename("card.json")
    line = refused(cli, engine)
    assert f"{engine} has no card.json beside it: nobody vouches for it, and an engine can execute code" in line
    assert "labels and preprocessing are unknown" in refused(cli, engine, "--trust")
    type_the_fix(cli, line)
    assert "needs an NVIDIA GPU" in refused(cli, "engines/tiny-fp16-rtx-sm80+sm86+sm89+sm120")

    stranger = Path("downloads/great.plan")
    stranger.parent.mkdir()
    stranger.write_bytes(engine.read_bytes())
    assert "build it again: edgefer build-engine MODEL --flavour tensorrt_rtx" in refused(cli, stranger)


def test_a_changed_calibration_set(cli, onnx):
    def draw(seed):
        make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 14, Path("my set"), seed)

    build = ("build-engine", onnx, *RTX, "--precision", "int8", "--calibration", "my set")
    draw(seed=0)
    assert cli(*build).code == 0
    engine = "engines/tiny-int8-rtx-sm89/tiny.engine"
    assert "needs an NVIDIA GPU" in refused(cli, engine)

    draw(seed=1)
    line = refused(cli, engine)
    assert f"{engine} was calibrated on my set/faces.npy, which has changed since (the SHA-256 differs)" in line
    assert "needs an NVIDIA GPU" in refused(cli, engine, "--trust")
    type_the_fix(cli, line)
    assert "needs an NVIDIA GPU" in refused(cli, engine)

    faces = Path("my set/faces.npy")
    data = bytearray(faces.read_bytes())
    data[-1] ^= 1
    faces.write_bytes(data)
    outcome = cli(*build)
    assert outcome.code == 1
    assert "is not the file that my set/manifest.json describes (the SHA-256 differs)" in one_line(outcome)


def test_tensorrt_8(cli, onnx, monkeypatch):
    old = ModuleType("tensorrt")
    old.__version__ = "8.6.1"
    monkeypatch.setitem(sys.modules, "tensorrt", old)
    outcome = cli("build-engine", onnx, "--flavour", "tensorrt")
    assert outcome.code == 1
    assert "TensorRT 8.6.1 is too old: edgefer keeps precision in strongly typed networks" in one_line(outcome)
    assert not Path("engines").exists()


def test_a_workspace_that_is_too_small(cli, onnx):
    outcome = cli("build-engine", onnx, "--flavour", "rtx", "--target", "sm89", "--workspace", 1)
    assert outcome.code == 1
    line = one_line(outcome)
    assert "workspace limit" in line
    assert "raise --workspace" in line
    assert not Path("engines").exists()


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize(
    ("room", "place"), [(60_000, "cannot write engines/tiny-fp16-rtx-sm89:"), (100, "cannot write ")]
)
def test_a_disk_that_fills_up_in_the_middle_of_a_write(engine, room, place):
    """The limit is on the size of each file: the plan does not fit, or not even the ONNX file."""
    before = {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}
    command = [sys.executable, "-c", LIMITED, str(room), "build-engine", "tiny.onnx", *RTX, "--force"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert place in line
    assert "File too large. free some space" in line
    assert {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()} == before
