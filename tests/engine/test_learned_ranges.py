"""Engines from a network that learned its INT8 ranges."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.card import Precision
from edgefer.engine.build import build_engine
from edgefer.engine.once import build_once
from edgefer.engine.options import Options
from edgefer.engine.outlook import outlook
from edgefer.engine.request import Request
from edgefer.engine.text import build_text, outlook_text
from edgefer.errors import ArtifactError, UsageError
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.exclusion import Limits
from edgefer.quantize.method import Method
from edgefer.quantize.pool import screen
from tests import tiny_net
from tests.conftest import one_line
from tests.engine import noise
from tests.quantize import tables

pytest.importorskip("tensorrt_rtx")


@pytest.fixture(autouse=True)
def few_faces(monkeypatch):
    noise.stand_in(monkeypatch)


@pytest.fixture
def asked(tmp_path) -> Request:
    onnx = tables.write(tmp_path / "a.onnx", tables.layers())
    return Request(onnx, Precision.INT8, targets=("sm89",), flavour="tensorrt_rtx", measure=False)


def test_an_engine_has_them_without_a_calibration_set_and_says_so(asked, capfd):
    told = outlook_text(outlook(asked))
    assert "ranges: learned in training, no calibration set is needed" in told
    assert "calibration set:" not in told
    result = build_once(asked)
    assert "tiny learned its INT8 ranges in training: no calibration set is needed" in capfd.readouterr().err
    assert not Path("calibration").exists()
    passport = result.card.engine
    assert passport.census["onnx conv int8"] == 4
    assert (passport.calibration, passport.calibration_sha256) == ("", "")
    assert result.card.tools["calibration"] == "training"
    assert result.card.provenance.qat == "int8"
    assert "ranges by training" in build_text(result)
    assert build_once(asked).kept


def test_a_set_that_is_named_is_measured_on_instead(asked, tmp_path, capfd):
    made = make_calibration_set(screen(tiny_net.faces()), tables.card(), 70, tmp_path / "set")
    built = build_engine(asked.model, Precision.INT8, calibration=made, targets=("sm89",), flavour="tensorrt_rtx")
    assert built.card.tools["calibration"] == "entropy"
    assert built.card.engine.calibration_sha256 == made.sha256
    assert built.card.engine.calibration == "set/faces.npy", "where it lay is nobody's business"
    assert str(tmp_path) not in built.card.to_json()


def test_other_precisions_do_not_look_at_them(asked):
    half = build_engine(asked.model, Precision.FP16, targets=("sm89",), flavour="tensorrt_rtx")
    assert "calibration" not in half.card.tools
    with pytest.raises(UsageError, match="FP8 needs a calibration set"):
        build_engine(asked.model, Precision.FP8, targets=("sm89",), flavour="tensorrt_rtx")


def test_a_file_that_lost_its_table_is_refused_and_nothing_is_left(asked, tmp_path):
    for scales in (None, tables.layers(fc1=tables.layers()["stem"])):
        tables.write(asked.model, scales)
        with pytest.raises(ArtifactError, match="--calibration DIR"):
            build_once(asked)
    assert not Path("engines").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options(method=Method.MINMAX), "--calibration-method is for measured ones"),
        (Options(limits=Limits(max_drop=1.0)), "--max-drop and --max-class-drop are for measured ones"),
    ],
)
def test_what_is_chosen_of_measured_ranges_is_refused(asked, options, words):
    build = {"targets": ("sm89",), "flavour": "tensorrt_rtx", "options": options}
    with pytest.raises(UsageError, match=rf"tiny learned its INT8 ranges, and {words}\. .*: --calibration DIR"):
        build_engine(asked.model, Precision.INT8, **build)
    with pytest.raises(UsageError, match=words):
        build_once(Request(asked.model, Precision.INT8, **build))


def test_from_the_command_line(asked, cli):
    words = ("build-engine", asked.model, "--precision", "int8", "--target", "sm89", "--no-measure")
    outcome = cli(*words)
    assert outcome.code == 0, outcome.err
    assert "ranges by training" in outcome.out
    refused = one_line(cli(*words, "--calibration-method", "minmax"))
    assert "tiny learned its INT8 ranges" in refused
