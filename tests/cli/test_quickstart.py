"""The whole path through the command line, with networks that train for one epoch."""

import json
import sys
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
def test_from_drawn_faces_to_engines_and_a_report(cli, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("tensorrt_rtx")
    folder = Path("runs/quickstart")

    # Without TensorRT everything else is done, and the reason is said.
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "tensorrt_rtx", None)
        bare = cli("quickstart")
    assert bare.code == 0, bare.err
    for place in (bare.err, (folder / "report.html").read_text()):
        assert "edgefer[rtx]" in place
    assert "ONNX INT8" in bare.out
    for line in ("[1/6]", "[6/6]", "next:", "edgefer run --camera 0 --engine runs/quickstart/small/small.onnx"):
        assert line in bare.err

    # A second run keeps the networks that are trained, and builds what the first could not.
    outcome = cli("quickstart", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.err.count("is this run already") == 3
    values = json.loads(outcome.out)
    assert set(values["accuracy"]) == {"teacher", "student alone", "student distilled", "ONNX FP32", "ONNX INT8"}
    assert values["accuracy"]["ONNX FP32"] == values["accuracy"]["student distilled"]
    assert f"student distilled  {values['accuracy']['student distilled']:.1%}" in bare.out
    for built, precision in zip(values["engines"], ("fp16", "int8"), strict=True):
        assert built["card"]["precision"] == precision
        assert Path(built["engine"]).read_bytes()[:4] == b"vtrt"
    page = Texts()
    page.feed((folder / "report.html").read_text())
    assert {"edgefer quickstart", "Training", "Engines", "engine-fp16", "engine-int8"} <= set(page.texts)
    assert page.pictures >= 4
    assert {"PyTorch FP32", "ONNX Runtime FP32", "ONNX Runtime INT8"} <= set(page.texts)


def test_a_place_that_cannot_be_written_is_one_line(cli):
    Path("taken").write_text("a file")
    outcome = cli("quickstart", "--out", "taken")
    assert outcome.code == 1
    assert "taken" in one_line(outcome)


@pytest.mark.parametrize("place", ["taken", "taken/below", "/proc/edgefer"])
def test_the_place_is_looked_at_before_torch_is_imported(cli, monkeypatch: pytest.MonkeyPatch, place: str):
    Path("taken").write_text("a file")
    monkeypatch.setitem(sys.modules, "torch", None)
    for command in ("quickstart", "train", "distill"):
        outcome = cli(command, "--out", place)
        assert outcome.code == 1
        assert place in one_line(outcome)
        assert outcome.err.count("\n") == 1
