"""Two gloo processes under torchrun against one process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from edgefer.data.store import write_store
from edgefer.distill import parallel, run, trainer
from edgefer.distill.run import distill_once, distill_recipe
from edgefer.distill.state import load_state
from edgefer.distill.trainer import BEST, LAST, METRICS, train
from edgefer.errors import BackendError, Interrupted, UsageError
from edgefer.models.registry import ARCHITECTURES, build
from edgefer.recipe import load
from tests.conftest import ROOT, Outcome, one_line
from tests.datasets import dataset_of
from tests.distill import double_runs
from tests.distill.double_runs import CHOOSING, PLAIN, RECIPES, TRAINING
from tests.distill.faces import small_recipe, squares

# Seconds; two processes import PyTorch and train on a machine that does other things too.
PATIENCE = 300

RECIPE = """
summary = "small"
[data]
source = "squares"
[model]
architecture = "mini-resemotenet-c"
size = 24
[optimizer]
learning_rate = 0.005
[train]
epochs = 2
batch = 32
"""


def write_squares() -> None:
    write_store(Path("data/squares"), dataset_of([squares(96), squares(35, "PublicTest", 1)], "squares"))


def launch(*arguments: object) -> subprocess.Popen[str]:
    # Standalone, torchrun finds a port itself and keeps it; one that a test found might be taken before torchrun has it.
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    return subprocess.Popen(
        [str(part) for part in (*command, *arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def torchrun(*arguments: object) -> Outcome:
    """What two processes said; torchrun's own report of a failure is cut off."""
    return ended(launch(*arguments))


def ended(process: subprocess.Popen[str]) -> Outcome:
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        # torchrun ends its processes on Ctrl-C; what they said until then is what there is to know.
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        pytest.fail(f"not done within {PATIENCE} s:\n{out}\n{err}")
    own = [line for line in err.splitlines() if line.startswith(("error: ", "[rank"))]
    if process.returncode and not own:
        pytest.fail(f"exit {process.returncode}, and no process said why:\n{out}\n{err}")
    return Outcome(process.returncode, out, err if process.returncode == 0 else "\n".join(own))


def history(folder: Path) -> list[tuple[float, float, float]]:
    lines = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    return [(line["loss"], line["learning_rate"], line["accuracy"]) for line in lines]


def assert_same(one: Path, other: Path) -> None:
    """Two runs in float64 are equal to rounding: every epoch, the kept weights, and all to go on from."""
    assert len(history(one)) == len(history(other)) > 0
    for first, second in zip(history(one), history(other), strict=True):
        assert first == pytest.approx(second, abs=1e-9)
    for name in (BEST, LAST):
        weights, others = load_file(one / name), load_file(other / name)
        assert weights.keys() == others.keys()
        for key, values in weights.items():
            assert torch.allclose(values, others[key], rtol=0, atol=1e-8), key


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every run in one process; `stopped` has one epoch of `plain`."""
    folder = tmp_path_factory.mktemp("alone")
    recipe = small_recipe(train={"epochs": 6, "batch": 16, "ema": 0.9})
    shutil.copy(train(recipe, TRAINING, CHOOSING, folder / "teacher").checkpoint, folder / "teacher.safetensors")
    real = trainer.save_state

    def stopping(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    with double_runs.double(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEFER_HOME", str(folder / "home"))
        double_runs.plain(folder / "plain")
        for name, recipe in RECIPES.items():
            double_runs.taught(recipe, folder / name, folder / "teacher.safetensors")
        patch.setattr(trainer, "save_state", stopping)
        with pytest.raises(Interrupted):
            double_runs.plain(folder / "stopped")
    return folder


def test_two_processes_train_what_one_does_and_go_on_where_one_stopped(alone: Path):
    Path("two").mkdir()
    shutil.copy(alone / "teacher.safetensors", "two")
    shutil.copytree(alone / "stopped", "two/stopped")
    assert not Path("two/stopped", METRICS).exists()
    done = torchrun("tests.distill.double_runs", "two")
    assert done.code == 0, done.err
    for name in ("plain", *RECIPES):
        assert_same(alone / name, Path("two", name))
    assert_same(alone / "plain", Path("two/stopped"))
    assert done.err.count("small: ") == 4
    # Their kept answers, too, are those that one process keeps, and one file a view.
    kept = [sorted(Path(home).rglob("*.npy")) for home in (alone / "home", os.environ["EDGEFER_HOME"])]
    assert [path.name for path in kept[0]] == [path.name for path in kept[1]] == ["view-0000.npy"]
    assert kept[0][0].read_bytes() == kept[1][0].read_bytes()


def test_when_one_process_is_killed_the_other_ends_and_says_so_and_one_goes_on(alone: Path):
    done = torchrun("tests.distill.double_runs", "two", 0)
    assert done.code != 0
    message = one_line(done)
    assert message.endswith("goes on") or "1 of 3 epochs are in two/plain. go on with --resume" in message
    assert "another of the 2 processes has ended" in message or "stopped" in message
    body = build("mini-resemotenet-c", 1, 7)
    state = load_state(
        Path("two/plain") / LAST,
        trainer.identity(PLAIN, TRAINING, CHOOSING, None),
        body,
        trainer.Average(body),
        torch.optim.SGD(body.parameters(), momentum=0.9),
    )
    assert state.epoch == 1
    with double_runs.double():
        double_runs.plain(Path("two/plain"))
    assert_same(alone / "plain", Path("two/plain"))


def test_the_command_line_gives_the_same_curve_in_float32(cli: Callable[..., Outcome]):
    Path("teach.toml").write_text(RECIPE)
    Path("student.toml").write_text(RECIPE + '[teacher]\nrecipes = ["teach.toml"]\n')
    write_squares()
    assert cli("distill", "student.toml", "--out", "one/student").code == 0
    done = torchrun("edgefer", "distill", "student.toml", "--out", "two/student", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["student"]["folder"] == "two/student"
    for name in ("teach", "student-alone", "student"):
        for first, second in zip(history(Path("one", name)), history(Path("two", name)), strict=True):
            assert first == pytest.approx(second, abs=1e-4)
    assert sorted(path.name for path in Path("two").iterdir()) == ["student", "student-alone", "teach"]
    assert {path.name for path in Path("two/student").iterdir()} == {
        path.name for path in Path("one/student").iterdir()
    }
    assert done.err.count("next: ") == 1


def test_a_batch_that_cannot_be_shared_is_refused_before_anything_is_trained(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(run, "led", lambda work: work())
    write_squares()
    Path("teach.toml").write_text(RECIPE)
    Path("student.toml").write_text(RECIPE.replace("32", "33") + '[teacher]\nrecipes = ["teach.toml"]\n')
    says = r"student: a batch of 33 faces cannot be divided by 2 processes. --set train.batch=32"
    with pytest.raises(UsageError, match=says):
        distill_recipe(load("student.toml"), Path("runs/student"))
    with pytest.raises(UsageError, match=says):
        distill_once(load("student.toml"), Path("runs"))
    few = small_recipe(train={"batch": 33})
    with pytest.raises(UsageError, match="small: a batch of 33 faces"):
        train(few, TRAINING, CHOOSING, Path("runs/few"))
    with pytest.raises(UsageError, match=r"small: a batch of 21 faces .* --set train.batch=20"):
        train(few, TRAINING.take(np.arange(21)), CHOOSING, Path("runs/few"))
    assert not Path("runs").exists()


@pytest.fixture
def handlers() -> Iterator[None]:
    """What a test that plays one of several processes does to signals is undone."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_nothing_comes_between_the_end_of_another_process_and_the_message_about_it(monkeypatch: pytest.MonkeyPatch):
    def gone() -> None:
        raise RuntimeError("Connection closed by peer")

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(parallel, "_join", gone)
    with pytest.raises(BackendError, match="another of the 2 processes has ended"):
        parallel.led(lambda: None)
    # torchrun now ends this process too, at any moment before it has spoken.
    assert {signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)} == {signal.SIG_IGN}


@pytest.mark.usefixtures("handlers")
def test_an_environment_that_torchrun_did_not_make_is_refused(
    cli: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WORLD_SIZE", "2")
    Path("teach.toml").write_text(RECIPE)
    write_squares()
    failed = cli("train", "teach.toml")
    assert failed.code == 1
    assert one_line(failed).startswith("error: WORLD_SIZE says 2 processes, but not where they meet (")
    assert not Path("runs").exists()


def test_ctrl_c_stops_both_with_one_message():
    write_squares()
    Path("long.toml").write_text(RECIPE.replace("epochs = 2", "epochs = 10000"))
    process = launch("edgefer", "train", "long.toml")
    last = Path("runs/long") / LAST
    until = time.monotonic() + PATIENCE
    while not last.exists() and time.monotonic() < until and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    done = ended(process)
    assert done.code != 0
    assert "of 10000 epochs are in runs/long" in one_line(done)
    assert not [path for path in last.parent.iterdir() if path.name.startswith(".")]


def test_networks_hold_nothing_that_would_see_a_slice_alone():
    with torch.device("meta"):
        kinds = {type(module) for name in ARCHITECTURES for module in build(name, 1, 7).modules()}
    coupled = {kind.__name__ for kind in kinds if "Norm" in kind.__name__ or "Dropout" in kind.__name__}
    assert coupled == {"BatchNorm2d", "Dropout"}
