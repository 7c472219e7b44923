from __future__ import annotations

import pytest

from edgefer.card import InputSpec
from edgefer.errors import ArtifactError
from edgefer.quantize import graph
from tests import tiny_net


def test_a_graph_comes_with_its_card_and_is_written_with_one(tmp_path):
    model, card = graph.load(tiny_net.write(tmp_path / "a.onnx"))
    assert card == tiny_net.card()
    graph.save(model, card.but(name="other"), tmp_path / "b.onnx")
    again, written = graph.load(tmp_path / "b.onnx")
    assert written.name == "other"
    assert len(again.metadata_props) == 1


@pytest.mark.parametrize(
    ("made", "card", "words"),
    [
        (
            {},
            {"input": InputSpec(height=48, width=48)},
            r"the input of .* is float \[batch, 1, 32, 32\], but .* 48, 48\]",
        ),
        ({"classes": 8}, {}, r"the output of .* is float \[batch, 8\], but its card says float \[batch, 7\]"),
    ],
)
def test_a_graph_that_does_not_fit_its_card_is_refused(tmp_path, made, card, words):
    path = tiny_net.write(tmp_path / "a.onnx", tiny_net.model(**made), tiny_net.card(**card))
    with pytest.raises(ArtifactError, match=words):
        graph.load(path)


def test_a_second_output_is_refused(tmp_path):
    from onnx import TensorProto, helper

    model = tiny_net.model()
    model.graph.output.append(helper.make_tensor_value_info("fc1", TensorProto.FLOAT, ["batch", 32]))
    with pytest.raises(ArtifactError, match="has 2 outputs"):
        graph.load(tiny_net.write(tmp_path / "a.onnx", model))


def test_the_census_of_a_float_graph():
    assert graph.census(tiny_net.model()) == {"conv float": 4, "matmul float": 4}
