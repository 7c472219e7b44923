from __future__ import annotations

import pytest

from edgefer.card import Measurement, Passport, Precision
from edgefer.engine.parts import MEASURING, Parts
from edgefer.engine.past import Compiled
from edgefer.engine.result import BuildResult
from edgefer.engine.text import build_text
from tests import tiny_net


def figures(accuracy, **recall):
    return Measurement(
        dataset="fer2013", split="PublicTest", faces=3589, backend="onnxruntime cpu", accuracy=accuracy,
        balanced_accuracy=0.5, macro_f1=0.5, recall=recall,
    )  # fmt: skip


@pytest.fixture
def told(tmp_path):
    def tell(before, after, precision=Precision.INT8, **changes):
        (tmp_path / "a.engine").write_bytes(b"x" * 1_500_000)
        passport = Passport(
            flavour="tensorrt_rtx", version="1.7.1", targets=("sm89",), batch=(1, 8, 32), plan_sha256="", onnx_sha256="",
            before=before, after=after, census={"engine conv int8": 4},
        )  # fmt: skip
        values = {"compiled": Compiled(seconds=0.4), "parts": {"compiling": 0.4}} | changes
        card = tiny_net.card(precision=precision, engine=passport)
        return build_text(BuildResult(tmp_path, tmp_path / "a.engine", tmp_path / "model.onnx", card, **values))

    return tell


def test_accuracy_before_and_after_with_the_emotion_that_lost_most(told):
    text = told(figures(0.6498, happy=0.9, fear=0.5), figures(0.6478, happy=0.91, fear=0.48))
    assert (
        "accuracy on fer2013 PublicTest (3,589 faces, onnxruntime cpu): 64.98% in float32, 64.78% as compiled"
        " (-0.20 points; worst emotion fear -2.00)" in text
    )


def test_one_figure_where_only_one_is_known(told):
    one = figures(0.65, happy=0.9)
    for text in (told(None, one), told(one, one, precision=Precision.FP32)):
        assert "onnxruntime cpu): 65.00%\n" in text
        assert "float32" not in text
    assert "65.00% in float32, 65.00% as compiled (+0.00 points; worst emotion happy +0.00)" in told(one, one)


def test_nothing_measured_is_one_line_with_the_reason(told):
    assert "  accuracy was not measured: no faces\n" in told(None, None, unmeasured="no faces")


def test_parts_are_told_with_measuring_apart(told):
    text = told(
        None, None, parts={"converting": 1.26, "proving": 0.04, "writing": 0.03, "compiling": 0.4, MEASURING: 8.7}
    )
    assert text.splitlines()[-1] == (
        "  1.7 s in all: converting 1.3, compiling 0.4, the rest 0.1; measuring accuracy took 8.7 s besides"
    )
    kept = told(None, None, compiled=None, parts={"converting": 1.26})
    assert "in all" not in kept
    assert "accuracy was not measured when it was built; --force builds and measures" in kept
    assert "1.50 MB, kept" in kept


def test_a_part_that_comes_twice_adds_up(monkeypatch):
    from edgefer.engine import parts as module

    now = iter([0, 2, 10, 11, 20, 25])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    parts = Parts()
    for name in ("a", "b", "a"):
        with parts.part(name):
            pass
    assert parts.seconds == {"a": 7, "b": 1}
