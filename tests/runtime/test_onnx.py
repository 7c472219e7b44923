from pathlib import Path

import numpy as np
import onnx
import pytest

from edgefer.card import KEY
from edgefer.errors import ArtifactError
from edgefer.runtime.onnx import OnnxSession, read_card
from edgefer.runtime.torch import open_checkpoint
from tests.nets import card, write_checkpoint, write_onnx


def with_card(path: Path, text: str | None) -> None:
    model = onnx.load(str(path))
    del model.metadata_props[:]
    if text is not None:
        onnx.helper.set_model_props(model, {KEY: text})
    onnx.save(model, str(path))


def test_the_same_logits_as_torch():
    write_checkpoint(Path("c.safetensors"))
    write_onnx(Path("c.onnx"))
    pixels = np.random.default_rng(1).integers(0, 256, (5, 1, 48, 48)).astype(np.float32)
    with OnnxSession(Path("c.onnx"), threads=1) as fast, open_checkpoint(Path("c.safetensors")) as slow:
        assert np.allclose(fast.infer(pixels), slow.infer(pixels), atol=1e-5)
        assert fast.card.labels == slow.card.labels
        assert fast.backend == "onnxruntime cpu"


def test_a_file_without_a_card_is_refused():
    write_onnx(Path("c.onnx"))
    with_card(Path("c.onnx"), None)
    with pytest.raises(ArtifactError, match="no edgefer model card"):
        OnnxSession(Path("c.onnx"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"input": {"height": 64, "width": 64}}, r"its card says float \[batch, 1, 64, 64\]"),
        ({"labels": ("happy", "sad")}, "its card has 2 labels"),
    ],
)
def test_a_card_that_does_not_fit_the_graph_is_refused(change: dict[str, object], expected: str):
    write_onnx(Path("c.onnx"))
    with_card(Path("c.onnx"), card(**change).to_json())
    with pytest.raises(ArtifactError, match=expected):
        OnnxSession(Path("c.onnx"))


def test_a_damaged_card_is_named():
    write_onnx(Path("c.onnx"))
    with_card(Path("c.onnx"), '{"format": 1}')
    with pytest.raises(ArtifactError, match=r"model card in c\.onnx is damaged"):
        read_card(Path("c.onnx"))


@pytest.mark.parametrize(
    "content", [b"", b"this is text", b"\x00" * 50, b"version https://git-lfs.github.com/spec/v1\n"]
)
def test_a_file_that_is_no_onnx(content: bytes):
    Path("c.onnx").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"c\.onnx"):
        OnnxSession(Path("c.onnx"))
