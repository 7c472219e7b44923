from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from edgefer.distill.lsq import Int8Conv2d, quantised

VALUES = torch.tensor([-300.0, -1.26, -0.25, 0.24, 0.25, 0.75, 1.2, 300.0])


def conv(lead: Int8Conv2d | None = None, outputs: int = 4) -> Int8Conv2d:
    torch.manual_seed(0)
    return Int8Conv2d(nn.Conv2d(3, outputs, 3, stride=2, padding=1), 0.02, torch.full((outputs,), 0.01), lead)


def test_values_are_rounded_as_onnx_says():
    rounded = quantised(VALUES, torch.tensor(0.5), -128, 1)
    assert rounded.tolist() == [-64.0, -1.5, 0.0, 0.0, 0.0, 1.0, 1.0, 63.5]
    steps = np.rint(VALUES.numpy() / np.float32(0.5)).clip(-128, 127)
    assert np.array_equal(rounded.numpy(), steps * np.float32(0.5))
    assert quantised(VALUES, torch.tensor(0.5), -127, 1)[0] == -63.5


def test_gradients_are_those_of_the_paper():
    values, scale = VALUES.clone().requires_grad_(), torch.tensor(0.5, requires_grad=True)
    given = torch.arange(1.0, 9.0)
    (quantised(values, scale, -128, 127) * given).sum().backward()
    assert values.grad.tolist() == [0, 2, 3, 4, 5, 6, 7, 0]
    # Outside the steps' reach the last step, inside what rounding adds; by the root of 127 values times 127 steps.
    slopes = torch.tensor([-128.0, -0.48, 0.5, -0.48, -0.5, 0.5, -0.4, 127.0])
    assert scale.grad.item() == pytest.approx(float((given * slopes).sum()) / 127, rel=1e-5)


def test_a_convolution_has_a_scale_for_each_channel_of_weights_and_one_for_its_input():
    made, faces = conv(), torch.randn(2, 3, 8, 8)
    made(faces).square().sum().backward()
    assert made.weight_scale.grad.shape == (4, 1, 1, 1)
    assert (made.weight_scale.grad != 0).all()
    assert made.input_scale.grad != 0
    steps = (faces / 0.02).round().clamp(-128, 127) * 0.02
    weights = (made.weight / 0.01).round().clamp(-127, 127) * 0.01
    expected = nn.functional.conv2d(steps, weights, made.bias, stride=2, padding=1)
    assert torch.allclose(made(faces), expected, atol=1e-6)


def test_a_scale_that_training_pushed_below_zero_counts_by_its_magnitude():
    made, faces = conv(), torch.randn(2, 3, 8, 8)
    before = made(faces)
    with torch.no_grad():
        made.input_scale.neg_()
    assert torch.equal(made(faces), before)


def test_convolutions_of_one_input_share_its_scale_and_copies_do_too():
    first = conv()
    pair = nn.ModuleDict({"first": first, "second": conv(first)})
    assert [name for name, _ in pair.named_parameters() if "input_scale" in name] == ["first.input_scale"]
    twin = copy.deepcopy(pair)
    with torch.no_grad():
        twin["first"].input_scale.fill_(7)
    assert twin["second"].scales()[0].item() == 7
    assert pair["second"].scales()[0].item() == pytest.approx(0.02)
