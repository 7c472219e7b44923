from __future__ import annotations

import json

import pytest

from edgefer.card import Precision
from edgefer.engine.build import build_engine
from edgefer.engine.details import Details, read_details
from edgefer.engine.layers import Layer
from edgefer.errors import ArtifactError
from tests import fake_gpu, tiny_net

SOME = Details((Layer("a", "conv", "int8", "int8", "half", "correlation"), Layer("b", "other", "half", "")), 4096, None)


def test_what_is_written_is_read_again(tmp_path):
    SOME.write(tmp_path, "abc")
    assert read_details(tmp_path, "abc") == SOME
    assert read_details(tmp_path / "elsewhere", "abc") is None


def test_what_was_told_of_another_engine_is_refused(tmp_path):
    SOME.write(tmp_path, "abc")
    with pytest.raises(ArtifactError, match=r"layers\.json tells of another engine than the one beside it"):
        read_details(tmp_path, "abd")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 1}',
        '{"plan_sha256": "abc", "activation_bytes": null, "weights_bytes": null, "layers": [{"colour": "red"}]}',
        '{"plan_sha256": "abc", "activation_bytes": "much", "weights_bytes": null, "layers": []}',
        '{"plan_sha256": "abc", "activation_bytes": null, "weights_bytes": null, "layers": ["conv1"]}',
    ],
)
def test_a_damaged_file_is_one_line(tmp_path, text):
    (tmp_path / "layers.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"layers\.json is damaged") as caught:
        read_details(tmp_path, "abc")
    assert "\n" not in str(caught.value)


def test_a_real_rtx_build_tells_layers_and_memory(tmp_path):
    pytest.importorskip("tensorrt_rtx")
    onnx = tiny_net.write(tmp_path / "a.onnx")
    found = {}
    for largest in (1, 32):
        built = build_engine(onnx, Precision.FP16, tmp_path / "e", targets=["sm89"], batch=(1, 1, largest))
        found[largest] = read_details(built.folder, built.card.engine.plan_sha256)
        assert {layer.arithmetic for layer in found[largest].layers if layer.kind == "conv"} == {"half"}
        assert {layer.output for layer in found[largest].layers} >= {"half"}
        assert all(layer.form for layer in found[largest].layers)
    weights = 2 * (16 * 9 + 2 * 16 * 16 * 9 + 16 * 16 + 2 * 16 * 8 + 32 * 16 + 7 * 32)
    assert weights <= found[1].weights_bytes < 3 * weights
    assert found[1].activation_bytes > 0
    assert found[32].activation_bytes > found[1].activation_bytes


@pytest.mark.parametrize(("version", "weights"), [("10.3.0.26", None), ("11.4.0.106", 1234)])
def test_standard_tensorrt_tells_them_of_the_engine_that_the_gpu_loaded(tmp_path, monkeypatch, version, weights):
    tensorrt, _ = fake_gpu.install(monkeypatch, version=version)
    tensorrt.layer_table = json.dumps(
        {"Layers": [{"Name": "c", "LayerType": "CaskConvolution", "Inputs": [{"Format/Datatype": "Half"}]}]}
    )
    built = build_engine(tiny_net.write(tmp_path / "a.onnx"), Precision.FP16, tmp_path / "e")
    details = read_details(built.folder, built.card.engine.plan_sha256)
    assert details == Details((Layer("c", "conv", "half", "", "", "CaskConvolution"),), 4096, weights)
