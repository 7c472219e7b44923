from __future__ import annotations

import json

import pytest

from edgefer.quantize import source
from tests import tiny_net
from tests.conftest import one_line


@pytest.fixture(autouse=True)
def few_demo_faces(monkeypatch):
    """The demo set is three thousand drawn faces; 140 of noise will do."""
    load = source.load_faces
    monkeypatch.setattr(
        source, "load_faces", lambda name, split: tiny_net.faces(split=split) if name == "demo" else load(name, split)
    )


def test_a_set_is_made_where_build_engine_looks_for_it(cli, tmp_path):
    onnx = tiny_net.write(tmp_path / "tiny.onnx")
    done = cli("calibrate", onnx, "--count", 35)
    assert done.code == 0
    assert done.out.startswith("calibration/tiny-noise-35: 35 faces of noise Training (anger 5, disgust 5,")
    assert f"edgefer build-engine {onnx} --precision int8 --calibration calibration/tiny-noise-35" in done.err
    shown = cli("inspect", "calibration/tiny-noise-35")
    assert shown.code == 0
    assert "calibration set" in shown.out


def test_json_is_the_manifest(cli, tmp_path):
    done = cli("calibrate", tiny_net.write(tmp_path / "tiny.onnx"), "--count", 7, "--out", tmp_path / "set", "--json")
    values = json.loads(done.out)
    assert values["path"] == str(tmp_path / "set")
    assert len(values["manifest"]["rows"]) == 7


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--count", "999"], 1, "--count with 1 to 140"),
        (["--data", "fer2014"], 2, "no faces are known as 'fer2014'"),
    ],
)
def test_bad_requests_are_one_line(cli, tmp_path, arguments, code, words):
    failed = cli("calibrate", tiny_net.write(tmp_path / "tiny.onnx"), "--out", tmp_path / "set", *arguments)
    assert failed.code == code
    assert words in one_line(failed)
    assert not (tmp_path / "set").exists()


def test_a_file_that_is_no_model_is_one_line(cli, tmp_path):
    (tmp_path / "a.onnx").write_text("hello")
    failed = cli("calibrate", tmp_path / "a.onnx")
    assert failed.code == 1
    assert "is not an ONNX file" in one_line(failed)
