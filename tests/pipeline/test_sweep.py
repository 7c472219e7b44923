from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from edgefer.data.store import write_store
from edgefer.evaluate.classify import classify
from edgefer.pipeline.sweep import run_sweep
from edgefer.report import sweep as report
from edgefer.runtime.open import open_session
from edgefer.sweep import load_sweep
from tests.datasets import dataset_of
from tests.distill.faces import squares

TEACHER = """
[data]
source = "squares"
[model]
architecture = "mini-resemotenet-c"
size = 24
[train]
epochs = 2
batch = 16
"""
STUDENT = TEACHER.replace("epochs = 2", "epochs = 4") + '[teacher]\nrecipes = ["teacher.toml"]\n'
SWEEP = """
summary = "three cells"
source = "nowhere, Table 1"
[[cell]]
name = "E1"
recipe = "student.toml"
set = { "loss.alpha" = 0.2 }
published = 0.9
[[cell]]
name = "E2"
recipe = "student.toml"
set = { "loss.alpha" = 0.1, "loss.temperature" = 1.0 }
"""
RUN = """
from pathlib import Path
from edgefer.pipeline.sweep import run_sweep
from edgefer.sweep import load_sweep
run_sweep(load_sweep("three.toml"), Path("swept"))
"""


@pytest.fixture(autouse=True)
def _files() -> None:
    write_store(Path("data/squares"), dataset_of([squares(160), squares(70, "PublicTest", 1)], "squares"))
    Path("teacher.toml").write_text(TEACHER)
    Path("student.toml").write_text(STUDENT)
    Path("three.toml").write_text(SWEEP)


def weights(folder: Path) -> dict[str, np.ndarray]:
    return {
        path.parent.name + key: value
        for path in folder.glob("*/best.safetensors")
        for key, value in load_file(path).items()
    }


def test_a_sweep_killed_three_times_ends_with_the_weights_of_one_that_was_not():
    sweep = load_sweep("three.toml")
    results = run_sweep(sweep, Path("whole"))
    killed = 0
    for enough in (1, 4, 8):  # epochs on disk when it is killed: in the teacher, in a baseline, in a student
        process = subprocess.Popen([sys.executable, "-c", RUN], stderr=subprocess.DEVNULL)
        while process.poll() is None and _epochs(Path("swept")) < enough:
            time.sleep(0.02)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed == 3
    run_sweep(sweep, Path("swept"))
    whole, resumed = weights(Path("whole")), weights(Path("swept"))
    assert whole.keys() == resumed.keys()
    for key, value in whole.items():
        np.testing.assert_array_equal(resumed[key], value, err_msg=key)
    assert {path.name for path in Path("swept").iterdir()} == {"teacher", "mini-resemotenet-c-alone", "E1", "E2"}
    assert results[0].alone == results[1].alone


def _epochs(folder: Path) -> int:
    return sum(path.read_text().count("\n") for path in folder.glob("*/metrics.jsonl"))


def test_the_table_has_theirs_beside_ours_and_the_page_a_matrix_a_cell():
    sweep = load_sweep("three.toml", ("train.epochs=1",))
    results = run_sweep(sweep, Path("swept"))
    first, second = report.rows(results)
    assert first[:4] == ["E1", "mini-resemotenet-c", "0.2", "3"]
    assert first[4] == f"{100 * results[0].alone:.2f}"
    assert first[5] == f"{100 * results[0].accuracy:.2f}"
    assert first[6] == f"{100 * (results[0].accuracy - results[0].alone):+.2f}"
    assert first[8:] == ["90.00", f"{100 * results[0].accuracy - 90:+.2f}"]
    assert second[3] == "1"
    assert second[8:] == ["-", "-"]
    text = report.text(sweep, results)
    assert "70 faces of squares PublicTest" in text
    assert "published: nowhere, Table 1" in text
    assert report.markdown(sweep, results).count("\n| ") == 4
    report.write_page(Path("sweep.html"), sweep, results)
    page = Path("sweep.html").read_text()
    assert page.count("Confusion matrix of ") == 2
    assert results[0].to_dict()["evaluation"]["accuracy"] == results[0].accuracy


def test_members_without_a_teacher_are_judged_together():
    Path("members.toml").write_text(
        """
summary = "two members"
[set]
"train.epochs" = 2
[[cell]]
name = "one"
recipe = "teacher.toml"
[[cell]]
name = "two"
recipe = "teacher.toml"
set = { "train.seed" = 5 }
[ensemble]
combine = "softmax"
published = 0.5
"""
    )
    one, two, both = run_sweep(load_sweep("members.toml"), Path("swept"))
    assert (one.alone, one.gain, one.alpha) == (None, None, None)
    assert both.name == "ensemble"
    faces = squares(70, "PublicTest", 1)
    chances = []
    for name in ("one", "two"):
        with open_session(Path("swept") / name / "best.safetensors") as session:
            logits = classify(session, faces).astype(np.float64)
        chances.append(np.exp(logits) / np.exp(logits).sum(1, keepdims=True))
    expected = (np.mean(chances, axis=0).argmax(1) == faces.labels).mean()
    assert both.accuracy == pytest.approx(expected)
    assert {path.name for path in Path("swept").iterdir()} == {"one", "two"}
    assert report.rows([one, two, both])[2][:7] == [
        "ensemble",
        "2 networks",
        "-",
        "-",
        "-",
        f"{100 * expected:.2f}",
        "-",
    ]
    assert two.accuracy != one.accuracy or two.evaluation.confusion.tolist() != one.evaluation.confusion.tolist()
