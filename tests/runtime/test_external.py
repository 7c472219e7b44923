"""Weights in other files: where they may lie, whatever ONNX Runtime thinks of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgefer.errors import ArtifactError
from edgefer.runtime.external import MESSAGES, refuse_outside
from edgefer.runtime.onnx import open_graph

WEIGHTS = np.arange(4, dtype=np.float32)


def tensor(place: str) -> TensorProto:
    made = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", place), ("offset", "0"), ("length", "16")):
        made.external_data.add(key=key, value=value)
    return made


def graph(nodes, *initialisers):
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy")
    return helper.make_graph(nodes, "g", [x], [y], list(initialisers))


def write(path: Path, made) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def in_initialiser(place: str):
    return graph([helper.make_node("Add", ["x", "w"], ["y"])], tensor(place))


def in_constant(place: str):
    nodes = [helper.make_node("Constant", [], ["w"], value=tensor(place)), helper.make_node("Add", ["x", "w"], ["y"])]
    return graph(nodes)


def in_branch(place: str):
    out = helper.make_tensor_value_info("z", TensorProto.FLOAT, [4])
    branch = helper.make_graph([helper.make_node("Add", ["x", "w"], ["z"])], "b", [], [out], [tensor(place)])
    truth = helper.make_tensor("t", TensorProto.BOOL, [], [True])
    nodes = [
        helper.make_node("Constant", [], ["t"], value=truth),
        helper.make_node("If", ["t"], ["y"], then_branch=branch, else_branch=branch),
    ]
    return graph(nodes)


def test_weights_in_the_folder_are_read():
    path = write(Path("m/x.onnx"), in_initialiser("sub/w.bin"))
    Path("m/sub").mkdir()
    Path("m/sub/w.bin").write_bytes(WEIGHTS.tobytes())
    session = open_graph(path)
    assert np.array_equal(session.run(None, {"x": np.zeros(4, np.float32)})[0], WEIGHTS)


@pytest.mark.parametrize("made", [in_initialiser, in_constant, in_branch])
@pytest.mark.parametrize(
    "place", ["../w.bin", "sub/../../w.bin", "{here}/w.bin", "link.bin", "m/../../w.bin", "w\0.bin", "."]
)
def test_weights_elsewhere_are_not(made, place):
    Path("w.bin").write_bytes(WEIGHTS.tobytes())
    path = write(Path("m/x.onnx"), made(place.format(here=Path.cwd())))
    Path("m/link.bin").symlink_to("../w.bin")
    with pytest.raises(ArtifactError, match="outside its folder"):
        refuse_outside(path)
    with pytest.raises(ArtifactError, match="outside its folder"):
        open_graph(path)


def test_a_file_that_links_to_a_model_has_the_links_folder():
    """ONNX Runtime looks beside the name that it is given."""
    Path("real").mkdir()
    path = write(Path("real/x.onnx"), in_initialiser("w.bin"))
    Path("link").symlink_to("real", target_is_directory=True)
    Path("real/w.bin").write_bytes(WEIGHTS.tobytes())
    assert open_graph(Path("link") / path.name)


def test_the_numbers_of_the_fields_are_those_of_onnx():
    for message, inner in MESSAGES.items():
        described = getattr(onnx, message).DESCRIPTOR
        for number, kind in inner.items():
            assert described.fields_by_number[number].message_type.name == kind
    holds = {"TensorProto", "SparseTensorProto", "GraphProto", "AttributeProto", "NodeProto", "FunctionProto"}
    for message, inner in MESSAGES.items():
        described = getattr(onnx, message).DESCRIPTOR
        found = {field.number for field in described.fields if field.message_type and field.message_type.name in holds}
        assert found <= set(inner), f"{message} holds tensors elsewhere too"


def test_graphs_nested_without_end_are_refused(tmp_path):
    data = b""
    for _ in range(300):
        for number in (6, 5, 1):  # a graph, in an attribute, in a node
            size, length = len(data), b""
            while size > 0x7F:
                length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
            data = bytes([number << 3 | 2]) + length + bytes([size]) + data
    path = tmp_path / "x.onnx"
    size = len(data)
    path.write_bytes(b"\x3a" + bytes([size & 0x7F | 0x80, size >> 7]) + data)
    assert size >> 14 == 0
    with pytest.raises(ArtifactError, match="damaged"):
        refuse_outside(path)
