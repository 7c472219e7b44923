from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from edgefer.card import Precision, Provenance
from edgefer.errors import DataError
from edgefer.export import checkpoint
from edgefer.quantize import graph, search
from edgefer.quantize.titles import titles
from edgefer.quantize.trials import open_trials
from tests.conftest import one_line
from tests.quantize import ruined


@pytest.fixture
def onnx(tmp_path):
    ruined.store()
    return ruined.write(tmp_path / "my models" / "ruined.onnx")


@pytest.fixture
def calibration(cli, onnx):
    assert cli("calibrate", onnx, "--count", 70, "--out", "a set").code == 0
    return "a set"


def test_the_ranking_is_a_table_worst_first(cli, onnx, calibration):
    done = cli("sensitivity", onnx, "--calibration", calibration)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "ruined (onnxruntime cpu): each of 3 convolutions alone in INT8, on 70 faces of noise Training"
    assert lines[4].split()[0] == "mix"
    assert lines[7].startswith("all in INT8")
    assert "sensitivity: 350/350" in done.err


def test_json_has_every_convolution(cli, onnx, calibration):
    done = cli("sensitivity", onnx, "--calibration", calibration, "--count", 35, "--seed", 1, "--json")
    values = json.loads(done.out)
    assert sorted(effect["layer"] for effect in values["effects"]) == ["last", "mix", "stem"]
    assert values["effects"][0]["layer"] == "mix"
    assert (values["model"], values["split"], values["faces"]) == ("ruined", "Training", 35)
    other = json.loads(cli("sensitivity", onnx, "--calibration", calibration, "--count", 35, "--json").out)
    assert other["data_sha256"] != values["data_sha256"]


def test_the_ranges_are_those_of_the_method(cli, onnx, calibration, monkeypatch):
    taken = []

    def spy(src, faces, method, percentile):
        taken.append(method.value)
        return open_trials(src, faces, method, percentile)

    monkeypatch.setattr(search, "open_trials", spy)
    for arguments in ([], ["--calibration-method", "minmax"]):
        assert cli("sensitivity", onnx, "--calibration", calibration, *arguments).code == 0
    assert taken == ["entropy", "minmax"]


def test_the_page_is_written(cli, onnx, calibration, tmp_path):
    pytest.importorskip("matplotlib")
    page = tmp_path / "my pages" / "layers.html"
    done = cli("sensitivity", onnx, "--calibration", calibration, "--html", page)
    assert f"wrote {page}" in done.err
    assert "INT8 sensitivity of ruined" in page.read_text()


def test_a_checkpoint_is_asked_as_its_export(cli, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    from tests import nets

    def export(model, out):
        return SimpleNamespace(path=ruined.write(out))

    def spy(src, *_):
        raise DataError(f"asked as {titles(graph.load(src)[0])}")

    ruined.store()
    nets.write_checkpoint(tmp_path / "a.safetensors", nets.card(provenance=Provenance(dataset="noise")))
    assert cli("calibrate", tmp_path / "a.safetensors", "--count", 7, "--out", "few").code == 0
    monkeypatch.setattr(checkpoint, "export_checkpoint", export)
    monkeypatch.setattr(search, "find_sensitivity", spy)
    asked = cli("sensitivity", tmp_path / "a.safetensors", "--calibration", "few")
    assert "asked as {'node_1': 'stem', 'node_2': 'mix', 'node_3': 'last'}" in one_line(asked)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--count", "71"], 1, "noise Training has 70 faces that are not in a set, and 71 are to rank the layers"),
        (["--calibration", "none"], 1, "none"),
    ],
)
def test_bad_requests_are_one_line(cli, onnx, calibration, arguments, code, words):
    failed = cli("sensitivity", onnx, "--calibration", calibration, "--html", "page.html", *arguments)
    assert failed.code == code
    assert words in one_line(failed)
    assert not (onnx.parent / "page.html").exists()


def test_a_model_that_is_quantised_already_is_refused(cli, tmp_path):
    onnx = ruined.write(tmp_path / "a.onnx", precision=Precision.INT8)
    failed = cli("sensitivity", onnx)
    assert failed.code == 2
    assert "is int8 already. name the float32 file or the checkpoint" in one_line(failed)


def test_one_that_is_stopped_says_how_to_be_quicker(cli, onnx, calibration, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(search, "find_sensitivity", stop)
    stopped = cli("sensitivity", onnx, "--calibration", calibration)
    assert stopped.code == 130
    assert "stopped, nothing was kept. a smaller --count is quicker" in one_line(stopped)
