"""The whole path through the command line, with networks that train for one epoch."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from edgefer.pipeline import quickstart
from tests.cli.test_training import SMALL
from tests.conftest import one_line


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("big.toml").write_text(SMALL)
    Path("small.toml").write_text(SMALL + '[teacher]\nrecipes = ["big.toml"]\n')
    monkeypatch.setattr(quickstart, "RECIPE", "small.toml")
    monkeypatch.setattr(quickstart, "ROUNDS", 2)
    monkeypatch.setattr(quickstart, "SECONDS", 0.02)


class Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.pictures = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.pictures += tag == "img"

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


@pytest.mark.usefixtures("_short")
def test_from_drawn_faces_to_engines_and_a_report(cli):
    pytest.importorskip("tensorrt_rtx")
    outcome = cli("quickstart", "--json")
    assert outcome.code == 0, outcome.err
    values = json.loads(outcome.out)
    folder = Path("runs/quickstart")
    assert set(values["accuracy"]) == {"teacher", "student alone", "student distilled", "ONNX FP32", "ONNX INT8"}
    assert values["accuracy"]["ONNX FP32"] == values["accuracy"]["student distilled"]
    for built, precision in zip(values["engines"], ("fp16", "int8"), strict=True):
        assert built["card"]["precision"] == precision
        assert Path(built["engine"]).read_bytes()[:4] == b"vtrt"
    page = Texts()
    page.feed((folder / "report.html").read_text())
    assert {"edgefer quickstart", "Training", "Engines", "engine-fp16", "engine-int8"} <= set(page.texts)
    assert page.pictures >= 4
    for row in ("PyTorch FP32", "ONNX Runtime FP32", "ONNX Runtime INT8"):
        assert row in page.texts
    for line in ("[1/6]", "[6/6]", "next:", "edgefer run --camera 0 --engine runs/quickstart/small/small.onnx"):
        assert line in outcome.err

    # A second run keeps the networks that are trained, and what it prints is what the first one measured.
    again = cli("quickstart", "--json")
    assert again.err.count("is this run already") == 2
    assert json.loads(again.out)["accuracy"] == values["accuracy"]


@pytest.mark.usefixtures("_short")
def test_without_tensorrt_everything_else_is_done_and_the_reason_is_said(cli, monkeypatch: pytest.MonkeyPatch):
    import sys

    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    outcome = cli("quickstart", "--out", "q")
    assert outcome.code == 0, outcome.err
    assert "edgefer[rtx]" in outcome.err
    assert "edgefer[rtx]" in Path("q/report.html").read_text()
    assert "ONNX INT8" in outcome.out


def test_a_place_that_cannot_be_written_is_one_line(cli):
    Path("taken").write_text("a file")
    outcome = cli("quickstart", "--out", "taken")
    assert outcome.code == 1
    assert "taken" in one_line(outcome)
