from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from edgefer.distill.teachers_onnx import OnnxGraph, external_files
from edgefer.errors import ArtifactError
from tests.distill.foreign import SIZE, Tiny, write_graph

FACES = torch.rand(5, 1, SIZE, SIZE)


@pytest.mark.parametrize("batch", ["n", 1, 2, 8])
def test_the_same_answers_as_torch_whatever_the_files_batch(batch: int | str):
    write_graph(Path("t.onnx"), Tiny(), batch, extra=True)
    answers = OnnxGraph(Path("t.onnx"))(FACES)
    assert list(answers) == ["features", "logits"]
    assert answers["features"].shape == (5, 9)
    assert torch.allclose(answers["logits"], Tiny()(FACES), atol=1e-5)


def test_weights_in_another_file_are_found_or_named():
    write_graph(Path("t.onnx"), Tiny(), external="t.onnx.data")
    assert external_files(Path("t.onnx")) == [Path("t.onnx.data")]
    assert torch.allclose(OnnxGraph(Path("t.onnx"))(FACES)["logits"], Tiny()(FACES), atol=1e-5)
    Path("t.onnx.data").unlink()
    with pytest.raises(ArtifactError, match=r"t\.onnx keeps its weights in t\.onnx\.data, which is not there"):
        external_files(Path("t.onnx"))
    write_graph(Path("whole.onnx"), Tiny())
    assert external_files(Path("whole.onnx")) == []


def graph(path: str, *inputs: tuple[str, int, list[int]]) -> Path:
    """A file that hands its first input back."""
    infos = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs]
    name, kind, shape = inputs[0]
    output = helper.make_tensor_value_info("y", kind, shape)
    made = helper.make_graph([helper.make_node("Identity", [name], ["y"])], "g", infos, [output])
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return Path(path)


def test_half_precision_is_fed_as_such():
    half = graph("half.onnx", ("x", TensorProto.FLOAT16, [2, 1, 4, 4]))
    answer = OnnxGraph(half)(torch.full((3, 1, 4, 4), 0.5))["y"]
    assert (answer.dtype, tuple(answer.shape)) == (torch.float16, (3, 1, 4, 4))


@pytest.mark.parametrize(
    "inputs",
    [
        [("x", TensorProto.FLOAT, [1, 1, 4, 4]), ("mask", TensorProto.FLOAT, [1])],
        [("ids", TensorProto.INT64, [1, 1, 4, 4])],
        [("x", TensorProto.FLOAT, [1, 16])],
    ],
)
def test_what_does_not_take_one_picture_is_refused(inputs: list[tuple[str, int, list[int]]]):
    with pytest.raises(ArtifactError, match="where edgefer gives one picture of floats"):
        OnnxGraph(graph("odd.onnx", *inputs))


def test_what_is_no_onnx_file():
    Path("t.onnx").write_text("hello")
    for ask in (OnnxGraph, external_files):
        with pytest.raises(ArtifactError, match=r"t\.onnx"):
            ask(Path("t.onnx"))
        with pytest.raises(ArtifactError, match="does not exist"):
            ask(Path("none.onnx"))
