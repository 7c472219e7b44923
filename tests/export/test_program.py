from __future__ import annotations

import numpy as np
import pytest
import torch

from edgefer.card import Precision
from edgefer.export.program import census, typed_program
from edgefer.models.network import Network
from tests import nets


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    body = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, 4), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(576, 7)
    )
    return Network(body, nets.card().input).eval()


@pytest.mark.parametrize(
    ("precision", "name", "tolerance"),
    [(Precision.FP32, "float", 1e-5), (Precision.FP16, "half", 0.02), (Precision.BF16, "bfloat16", 0.1)],
)
def test_every_product_computes_in_the_precision_between_float_ends(network, precision, name, tolerance):
    program = typed_program(network, (1, 48, 48), precision, (1, 2, 4), "cpu")
    found = census(program)
    assert found == {f"conv {name}": 1, f"matmul {name}": 1}
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 1, 48, 48)).astype(np.float32))
    with torch.inference_mode():
        logits, wanted = program.module()(pixels), network(pixels)
    assert logits.dtype is torch.float32
    assert (logits - wanted).abs().max() <= tolerance * wanted.abs().max()
    assert next(network.parameters()).dtype is torch.float32  # the caller's network is left alone


def test_one_size_is_exported_as_fixed(network):
    program = typed_program(network, (1, 48, 48), Precision.FP32, (4, 4, 4), "cpu")
    (pixels,) = [node for node in program.graph.nodes if node.op == "placeholder" and node.name == "pixels"]
    assert tuple(pixels.meta["val"].shape) == (4, 1, 48, 48)
