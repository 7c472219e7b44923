from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from edgefer.card import Precision
from edgefer.engine.once import build_once
from edgefer.engine.outlook import outlook
from edgefer.engine.request import Request
from edgefer.engine.text import outlook_text
from edgefer.errors import ArtifactError, BuildError
from edgefer.paths import sha256
from tests import tiny_net
from tests.engine import noise

pytest.importorskip("tensorrt_rtx")

FOLDER = Path("engines/tiny-int8-rtx-sm89")
SET = Path("calibration/tiny-noise-140")


@pytest.fixture(autouse=True)
def few_faces(monkeypatch):
    noise.stand_in(monkeypatch)


@pytest.fixture
def asked(tmp_path):
    onnx = tiny_net.write(tmp_path / "a.onnx")
    return Request(onnx, Precision.INT8, targets=("sm89",), flavour="tensorrt_rtx")


def test_a_first_build_makes_everything_and_the_look_at_it_nothing(asked):
    found = outlook(asked)
    assert list(Path().iterdir()) == []
    assert not Path(os.environ["EDGEFER_HOME"]).exists()
    assert found.would_build
    assert (found.calibration.folder, found.calibration.faces, found.calibration.state) == (SET, 140, "would be made")
    assert found.model_sha256 == sha256(asked.model)
    assert found.judged == "noise PublicTest"
    text = outlook_text(found).splitlines()
    assert text[0].startswith(f"model: {asked.model} (tiny, SHA-256 {found.model_sha256[:12]})")
    assert text[1].startswith("engine: int8, TensorRT-RTX 1.")
    assert text[1].endswith(", sm89, batch 1:8:32")
    assert text[2] == f"calibration set: {SET}, 140 faces: would be made"
    assert text[3] == f"folder: {FOLDER}: would be built"
    assert text[4] == "accuracy: measured on noise PublicTest"
    assert text[5] == "time: unknown, this would be the first tiny int8 tensorrt_rtx 1 target here"


def test_after_the_build_the_same_would_be_kept(asked):
    build_once(asked)
    found = outlook(asked)
    assert not found.would_build
    assert found.calibration.state == "fits"
    assert "would be kept (--force builds it again)" in outlook_text(found)
    values = found.to_dict()
    assert json.loads(json.dumps(values)) == values
    assert (values["would_build"], values["replaces"], values["why"]) == (False, False, [])
    assert values["expected_seconds"] > 0
    assert found.expected == found.last.seconds(True)
    assert outlook(replace(asked, measure=False)).expected == found.last.seconds(False)

    other = outlook(replace(asked, batch=(1, 2, 4), out=FOLDER))
    assert (other.would_build, other.to_dict()["replaces"]) == (True, True)
    assert "would be replaced: batch was 1:8:32, now 1:2:4" in outlook_text(other)
    assert "as the last tiny int8 tensorrt_rtx 1 target took" in outlook_text(other)


def test_a_stale_set_is_named_with_the_reason(asked, monkeypatch):
    build_once(asked)
    faces = SET / "faces.npy"
    data = bytearray(faces.read_bytes())
    data[-1] ^= 1
    faces.write_bytes(bytes(data))
    found = outlook(asked)
    assert found.calibration.state == "would be made again"
    assert "the SHA-256 differs" in found.calibration.why
    assert "would be replaced: its calibration set would be made again" in outlook_text(found)
    assert faces.read_bytes() == bytes(data)


def test_what_the_build_would_refuse_is_refused(asked, tmp_path):
    with pytest.raises(ArtifactError, match="--out nowhere"):
        outlook(replace(asked, calibration=Path("nowhere")))
    (tmp_path / "home2").mkdir()
    (tmp_path / "home2" / "thesis.tex").write_text("")
    with pytest.raises(ArtifactError, match="holds other things"):
        outlook(replace(asked, out=tmp_path / "home2"))
    half = build_once(replace(asked, precision=Precision.FP16)).onnx
    with pytest.raises(BuildError, match="is fp16 already"):
        outlook(replace(asked, model=half))


def test_a_build_that_needs_no_set_tells_of_none(asked):
    found = outlook(replace(asked, precision=Precision.FP16, measure=False))
    assert found.calibration is None
    assert "calibration" not in outlook_text(found)
    assert "accuracy: not measured: --no-measure was given" in outlook_text(found)
