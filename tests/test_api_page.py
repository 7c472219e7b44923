"""docs/api.md: every example runs as it stands, and the page names what edgefer exports."""

import contextlib
import importlib.util
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import edgefer
from edgefer.data.demo import demo_faces
from tests.conftest import ROOT
from tests.films import film

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
RTX = importlib.util.find_spec("tensorrt_rtx") is not None


def examples() -> list[tuple[str, str]]:
    """Title of the section and code, of each example on the page."""
    return [
        (part.splitlines()[0], code)
        for part in PAGE.split("\n## ")[1:]
        for code in re.findall(r"```python\n(.*?)```", part, re.DOTALL)
    ]


def run(title: str, number: int = 0) -> dict[str, Any]:
    """What an example leaves behind."""
    code = [code for name, code in examples() if name == title][number]
    names: dict[str, Any] = {}
    exec(compile(code, f"docs/api.md, {title}", "exec"), names)
    return names


def test_predict_reads_pictures_of_any_size_in_colour_and_gray(capfd):
    faces = demo_faces("PublicTest")
    happy = int(np.flatnonzero(faces.labels == faces.emotions.index("happy"))[0])
    cv2.imwrite("face.png", cv2.resize(np.repeat(faces.pixels[happy][..., None], 3, 2), (120, 90)))
    found = run("Load and predict")
    (other,) = found["others"]
    assert other.emotion == found["prediction"].emotion
    assert other.score == pytest.approx(found["prediction"].score, abs=1e-6)
    assert sum(found["prediction"].probabilities.values()) == pytest.approx(1, abs=1e-5)
    streams = capfd.readouterr()
    assert streams.out.startswith(found["prediction"].emotion)
    assert streams.err == ""


def test_infer_takes_prepared_input():
    assert run("Load and predict", 1)["logits"].dtype == np.float32


def test_watch_reads_every_frame(tmp_path, capfd):
    film(Path("clip.avi"), [20] * 3)
    run("Watch")
    streams = capfd.readouterr()
    assert len(streams.out.splitlines()) == 3
    assert streams.err == ""


def test_evaluate_by_name(capfd):
    result = run("Evaluate")["result"]
    assert result.evaluation.model == "fer2013-c-best"
    assert result.to_dict()["against"]["gate"]["passed"]
    assert capfd.readouterr().err == ""


def test_evaluate_on_faces_of_the_program():
    found = run("Evaluate", 1)
    assert np.sum(edgefer.evaluate("fer2013-c-best", found["faces"]).evaluation.confusion, 1).tolist() == [2] * 7


def test_benchmark(capfd):
    result = run("Benchmark")["result"]
    assert {row.candidate.model for row in result.rows} == {"fer2013-c-best", "fer2013-s-best (teacher)"}
    assert any(row.cells and row.cells[0].latency for row in result.rows)
    assert capfd.readouterr().err == ""


def test_distill(capfd):
    found = run("Distill")
    with contextlib.closing(found["session"]) as session:
        assert session.card.provenance.teacher == "fer2013-c-best"
    assert found["result"].student.folder == Path("runs/toy")
    assert found["result"].to_dict()["student"]["measured"]["accuracy"] == found["result"].student.accuracy
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(not RTX, reason="needs tensorrt_rtx, which is for x86-64 alone")
def test_build_engine(capfd):
    result = run("Build an engine")["result"]
    assert (result.kept, result.engine.parent.parent) == (False, Path("engines"))
    assert result.card.engine.targets == ("sm89",)
    assert capfd.readouterr().err == ""
    assert run("Build an engine")["result"].kept


def test_errors(capfd):
    run("Errors")
    assert capfd.readouterr().out.strip().endswith("-> did you mean 'fer2013-s-best'?")


def test_every_example_is_run_above():
    tested = re.findall(r'run\("(.*?)"(?:, (\d))?\)\[?', Path(__file__).read_text(encoding="utf-8"))
    wanted = {(title, number) for title, _ in examples() for number in range([t for t, _ in examples()].count(title))}
    assert {(title, int(number or 0)) for title, number in tested} - {("(.*?)", 0)} == wanted


def test_the_page_names_what_is_exported():
    for name in set(edgefer.__all__) - {"__version__", "Evaluation", "FaceReading", "ModelCard"}:
        assert re.search(rf"`?\b{name}\b", PAGE), name
    table = dict(re.findall(r"^\| \[`(\w+)`\].*?\|.*?\| `(\w+)`", PAGE, re.MULTILINE))
    assert set(table) == {"load", "watch", "evaluate", "benchmark", "distill", "build_engine"}
    assert set(table.values()) <= set(edgefer.__all__)
