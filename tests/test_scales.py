from __future__ import annotations

import numpy as np
import pytest

from edgefer.errors import ArtifactError
from edgefer.scales import LayerScales, ScaleTable, weights_sha256

WEIGHTS = {"b": b"12", "a": b"3"}
SCALE = float(np.float32(0.1))


def table(**changes: object) -> str:
    layers = {"conv1": LayerScales(input=SCALE, weights=(SCALE, 3.0))}
    return ScaleTable(weights_sha256=weights_sha256(WEIGHTS), layers=layers).model_copy(update=changes).to_json()


def test_scales_come_back_to_the_bit():
    read = ScaleTable.from_json(table(), "a.onnx", WEIGHTS)
    assert np.float32(read.layers["conv1"].weights[0]) == np.float32(0.1)
    assert read.to_json() == table()


def test_the_hash_is_of_names_and_bytes_in_any_order():
    assert weights_sha256({"a": b"3", "b": b"12"}) == weights_sha256(WEIGHTS)
    others = [{"a": b"3", "b": b"13"}, {"a": b"3", "c": b"12"}, {"a": b"3"}, {"a": b"31", "b": b"2"}]
    assert len({weights_sha256(WEIGHTS), *map(weights_sha256, others)}) == 5


def test_a_table_of_other_weights_is_refused_with_the_fix():
    with pytest.raises(ArtifactError, match=r"in a\.onnx was learned with other weights\. export the checkpoint again"):
        ScaleTable.from_json(table(), "a.onnx", {**WEIGHTS, "a": b"4"})


@pytest.mark.parametrize("text", ["", "{}", table().replace("3.0", "0.0"), table().replace("3.0", "NaN")])
def test_a_damaged_table_is_refused(text: str):
    with pytest.raises(ArtifactError, match=r"the scale table in a\.onnx is damaged"):
        ScaleTable.from_json(text, "a.onnx", WEIGHTS)
