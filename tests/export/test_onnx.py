from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from edgefer.card import InputSpec
from edgefer.errors import CheckFailed
from edgefer.export import onnx as export
from edgefer.export.checkpoint import checking_pixels, export_checkpoint
from edgefer.export.onnx import export_onnx
from edgefer.models.checkpoint import load
from edgefer.runtime.onnx import OnnxSession, read_card
from tests.nets import card, write_checkpoint, write_onnx


def test_one_file_with_dynamic_batch_card_and_trimmed_weights():
    write_onnx(Path("c.onnx"))
    model = onnx.load("c.onnx", load_external_data=False)
    assert [entry.version for entry in model.opset_import if not entry.domain] == [20]
    (given,), (result,) = model.graph.input, model.graph.output
    assert (given.name, result.name) == ("pixels", "logits")
    assert [dim.dim_param or dim.dim_value for dim in given.type.tensor_type.shape.dim] == ["batch", 1, 48, 48]
    assert [dim.dim_param or dim.dim_value for dim in result.type.tensor_type.shape.dim] == ["batch", 7]
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    own = read_card(Path("c.onnx"))
    assert own.trimmed
    assert own.parameters == 571_639
    assert Path("c.onnx").stat().st_size < 1.02 * 4 * 571_639 + 30_000


@pytest.mark.parametrize("count", [1, 2, 33])
def test_any_batch_runs_and_equals_one_by_one(count: int):
    write_onnx(Path("c.onnx"))
    pixels = np.random.default_rng(2).integers(0, 256, (count, 1, 48, 48)).astype(np.float32)
    with OnnxSession(Path("c.onnx")) as session:
        alone = np.concatenate([session.infer(pixels[i : i + 1]) for i in range(count)])
        assert np.allclose(session.infer(pixels), alone, atol=1e-5)


def test_normalisation_is_in_the_graph():
    spec = InputSpec(height=48, width=48, mean=(0.2,), std=(0.5,))
    write_checkpoint(Path("c.safetensors"), card(input=spec))
    network, own = load(Path("c.safetensors"))
    pixels = np.random.default_rng(3).integers(0, 256, (4, 1, 48, 48)).astype(np.float32)
    export_onnx(network, own, Path("c.onnx"), pixels)
    with torch.no_grad():
        expected = network.body(torch.from_numpy((pixels / 255 - 0.2) / 0.5)).numpy()
    with OnnxSession(Path("c.onnx")) as session:
        assert np.allclose(session.infer(pixels), expected, atol=1e-5)


def test_no_path_of_this_machine_is_in_the_file():
    write_onnx(Path("c.onnx"))
    data = Path("c.onnx").read_bytes()
    for word in (b"site-packages", b"edgefer/models", str(Path.cwd()).encode()):
        assert word not in data


def test_a_file_that_does_not_match_is_not_kept(monkeypatch: pytest.MonkeyPatch):
    write_checkpoint(Path("c.safetensors"))
    network, own = load(Path("c.safetensors"))
    real = export._write

    def spoiled(broken, *arguments):
        with torch.no_grad():
            broken.body.fc4.bias.add_(torch.linspace(-50, 50, 7))
        real(broken, *arguments)

    monkeypatch.setattr(export, "_write", spoiled)
    with pytest.raises(CheckFailed, match="does not match its network"):
        export_onnx(network, own, Path("c.onnx"), np.zeros((4, 1, 48, 48), np.float32))
    assert not list(Path().glob("*.onnx"))
    assert not list(Path().glob(".c.onnx*"))


def test_a_checkpoint_is_exported_beside_itself_and_checked_on_its_own_faces():
    write_checkpoint(Path("c.safetensors"))
    result = export_checkpoint(Path("c.safetensors"))
    assert result.path == Path("tiny.onnx")
    assert result.parity.faces == 256
    assert result.parity.same_label == 1.0
    assert result.parity.max_difference < 1e-4
    faces = checking_pixels(card())
    assert faces.shape == (256, 1, 48, 48)
    assert faces.std() > 20
