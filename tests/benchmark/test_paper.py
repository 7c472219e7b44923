"""What is said about the paper follows from its figures and from the networks."""

from __future__ import annotations

import pytest

from edgefer.benchmark.paper import CONTRADICTIONS, ROWS


def network(architecture):
    """The network as the paper has it, three channels, without memory for its weights."""
    torch = pytest.importorskip("torch")
    from edgefer.models.registry import find

    with torch.device("meta"):
        return find(architecture).make(channels=3, classes=7).eval()


def multiplications(architecture):
    """Multiply-accumulates of convolutions and linear layers for one 64x64 face."""
    torch = pytest.importorskip("torch")
    body, total = network(architecture), 0

    def count(layer, _inputs, output):
        nonlocal total
        total += output[0].numel() * layer.weight[0].numel()

    for layer in body.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            layer.register_forward_hook(count)
    body(torch.empty(1, 3, 64, 64, device="meta"))
    return total


def said(start):
    return next(one for one in CONTRADICTIONS if start in one)


@pytest.mark.parametrize("published", ROWS, ids=lambda row: row.name)
def test_parameters_are_those_of_the_networks(published):
    assert sum(one.numel() for one in network(published.architecture).parameters()) == published.parameters


def test_size_is_that_of_the_parameters_in_mib_and_in_mb():
    teacher = ROWS[0]
    assert 4 * teacher.parameters / 2**20 == pytest.approx(teacher.size_mb, abs=0.01)
    assert 4 * teacher.parameters / 1e6 == pytest.approx(320.95, abs=0.01)


def test_a_needs_more_multiplications_than_b_and_could_not_be_that_fast():
    a, b = multiplications("mini-resemotenet-a"), multiplications("mini-resemotenet-b")
    assert f"{a / b:.1f} times" in said("A needs")
    assert ROWS[1].milliseconds < ROWS[2].milliseconds
    # Two operations each.
    assert f"{2 * a / (ROWS[1].milliseconds[0] / 1e3) / 1e12:.1f} TFLOP/s" in said("TFLOP/s")


def test_parameters_fall_by_more_than_channels():
    cuts = [1 - row.parameters / ROWS[0].parameters for row in ROWS[1:]]
    assert "75 %, 93.7 % and 98.4 %" in said("are channels")
    assert [round(100 * cut, 1) for cut in cuts] == [75.0, 93.7, 98.4]


def test_the_times_that_the_paper_claims():
    assert [row.times and round(row.times, 2) for row in ROWS] == [1.0, 10.0, 9.33, None]
