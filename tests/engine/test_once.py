from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from edgefer.card import ModelCard, Precision
from edgefer.engine import build, holding, measure, once
from edgefer.engine.once import build_once
from edgefer.engine.options import Options
from edgefer.engine.past import recall
from edgefer.engine.request import Request
from edgefer.errors import Interrupted
from edgefer.paths import sha256
from edgefer.quantize.exclusion import Limits
from tests import nets, tiny_net
from tests.engine import noise

pytest.importorskip("tensorrt_rtx")

KIND = "tiny fp16 tensorrt_rtx 1 target"


@pytest.fixture(autouse=True)
def few_faces(monkeypatch):
    noise.stand_in(monkeypatch)


@pytest.fixture
def request_(tmp_path):
    return Request(
        tiny_net.write(tmp_path / "a.onnx"), Precision.FP16, targets=("sm89",), flavour="tensorrt_rtx", measure=False
    )


def test_the_same_is_built_once(request_, capfd):
    first = build_once(request_)
    assert not first.kept
    stamp = first.engine.stat().st_mtime_ns
    capfd.readouterr()
    second = build_once(request_)
    err = capfd.readouterr().err
    assert second.kept
    assert (second.folder, second.engine, second.onnx, second.card) == (
        first.folder, first.engine, first.onnx, first.card,
    )  # fmt: skip
    assert first.engine.stat().st_mtime_ns == stamp
    assert "was built from the very same: kept; --force builds it again" in err
    assert "compiling" not in err

    forced = build_once(request_, force=True)
    assert not forced.kept
    assert forced.engine.stat().st_mtime_ns > stamp


def test_what_differs_is_said_and_built_again(request_, capfd):
    first = build_once(request_)
    again = build_once(replace(request_, batch=(1, 2, 4), out=first.folder))
    assert not again.kept
    assert again.card.engine.batch == (1, 2, 4)
    assert "is built again: batch was 1:8:32, now 1:2:4" in capfd.readouterr().err


def test_an_engine_that_was_altered_is_built_again(request_, capfd):
    first = build_once(request_)
    with first.engine.open("ab") as handle:
        handle.write(b"x")
    assert not build_once(request_).kept
    assert "tiny.engine is not as it was built" in capfd.readouterr().err
    assert build_once(request_).kept


def test_int8_is_kept_only_with_the_same_faces(request_, capfd):
    asked = replace(request_, precision=Precision.INT8)
    build_once(asked)
    assert build_once(asked).kept
    faces = Path("calibration/tiny-noise-140/faces.npy")
    assert faces.is_file()
    from edgefer.quantize.calibration import make_calibration_set
    from edgefer.quantize.pool import screen

    make_calibration_set(screen(tiny_net.faces(seed=5)), tiny_net.card(), 70, Path("other"))
    capfd.readouterr()
    assert not build_once(replace(asked, calibration=Path("other"), out=Path("engines/tiny-int8-rtx-sm89"))).kept
    assert "is built again: other calibration faces" in capfd.readouterr().err


def other_judges(monkeypatch, count=140, split=None):
    """The judging split holds other faces from now on."""
    real = measure.load_faces

    def load(name, asked):
        found = real(name, asked)
        return tiny_net.faces(count, 9, split or asked) if asked == "PublicTest" else found

    monkeypatch.setattr(measure, "load_faces", load)


def test_an_engine_whose_accuracy_is_of_other_faces_is_built_again(request_, monkeypatch, capfd):
    asked = replace(request_, measure=True)
    first = build_once(asked)
    assert build_once(asked).kept
    other_judges(monkeypatch)
    assert build_once(request_).kept, "nobody asks for its accuracy"
    again = build_once(asked)
    assert not again.kept
    assert "is built again: accuracy was measured on other faces of noise PublicTest" in capfd.readouterr().err
    assert again.card.engine.after.data_sha256 != first.card.engine.after.data_sha256
    assert build_once(asked).kept


def test_an_engine_of_before_the_hash_was_told_is_kept_while_names_and_number_fit(request_, monkeypatch, capfd):
    asked = replace(request_, measure=True)
    built = build_once(asked)
    card = built.folder / "card.json"
    after = built.card.engine.after.model_copy(update={"data_sha256": ""})
    card.write_text(built.card.but(engine=built.card.engine.model_copy(update={"after": after})).to_json())
    other_judges(monkeypatch)
    assert build_once(asked).kept
    other_judges(monkeypatch, 70)
    assert not build_once(asked).kept
    other_judges(monkeypatch, 70, "PrivateTest")
    assert not build_once(asked).kept
    assert "accuracy was measured on noise PublicTest, now noise PrivateTest" in capfd.readouterr().err


def test_int8_within_limits_is_held_on_the_same_faces_or_built_again(request_, monkeypatch, capfd):
    # How they are held is tested with the search.
    monkeypatch.setattr(build, "hold", lambda *_: None)
    asked = replace(request_, precision=Precision.INT8, options=Options(limits=Limits(100.0)))
    judges = build_once(asked).card.engine.inputs["judges"]
    assert judges == tiny_net.faces(split="PublicTest", seed=1).sha256
    assert build_once(asked).kept
    other_judges(monkeypatch)
    assert not build_once(asked).kept
    assert "is built again: other faces to hold the limits on" in capfd.readouterr().err
    monkeypatch.setattr(holding, "judging_faces", lambda _card: (None, "not here"))
    assert build_once(asked).kept, "where they are not, nothing says that they are others"


def test_a_checkpoint_is_recognised_before_it_is_exported(tmp_path, monkeypatch, request_):
    pytest.importorskip("torch")
    nets.write_checkpoint(tmp_path / "run" / "best.safetensors", nets.card("tiny", input=tiny_net.SPEC))
    exported = []

    @contextlib.contextmanager
    def export(path):
        exported.append(path)
        yield request_.model

    monkeypatch.setattr(once, "onnx_of", export)
    asked = replace(request_, model=tmp_path / "run")
    inputs = build_once(asked).card.engine.inputs
    assert inputs["model"] == sha256(tmp_path / "run" / "best.safetensors")
    assert "torch" in inputs["tools"]
    assert build_once(asked).kept
    assert exported == [tmp_path / "run" / "best.safetensors"]


def test_parts_are_timed_and_the_next_build_foretold(request_, capfd, monkeypatch):
    result = build_once(replace(request_, measure=True))
    assert list(result.parts) == [
        "calibration set", "finding faces", "looking for the same", "exporting", "converting", "comparing", "compiling",
        "proving", "measuring accuracy", "writing",
    ]  # fmt: skip
    assert result.unmeasured == ""
    assert result.card.engine.after.faces == 140
    past = recall(KIND)
    assert past.parts == result.parts
    assert past.compiled == result.compiled
    assert "as the last" not in capfd.readouterr().err
    told = []
    compile_plan = build.compile_plan
    monkeypatch.setattr(build, "compile_plan", lambda *given: told.append(given[-1]) or compile_plan(*given))
    build_once(request_, force=True)
    assert f"as the last {KIND} took" in capfd.readouterr().err
    assert told == [past.compiled]
    # A kept engine is no build to foretell by.
    past = recall(KIND)
    assert build_once(request_).kept
    assert recall(KIND) == past


def test_without_measuring_the_reason_stands_in_the_result(request_):
    result = build_once(request_)
    assert (result.card.engine.before, result.card.engine.after) == (None, None)
    assert result.unmeasured == "--no-measure was given"


@pytest.mark.parametrize("stage", ["calibration_for", "judging_faces", "onnx_of"])
def test_ctrl_c_anywhere_is_one_error_and_leaves_the_old_engine(request_, monkeypatch, stage):
    build_once(request_)
    before = ModelCard.beside(Path("engines/tiny-fp16-rtx-sm89/tiny.engine"))

    def press(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(once, stage, press)
    with pytest.raises(Interrupted, match="stopped before engines/tiny-fp16-rtx-sm89 was written"):
        build_once(replace(request_, measure=True), force=True)
    assert ModelCard.beside(Path("engines/tiny-fp16-rtx-sm89/tiny.engine")) == before
