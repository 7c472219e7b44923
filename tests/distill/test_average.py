import torch
from torch import nn

from edgefer.distill.average import Average


def body(value: float) -> nn.Module:
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    fill(network, value)
    return network


@torch.no_grad()
def fill(network: nn.Module, value: float) -> None:
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.fill_(value)


def after_a_move(decay: float, steps: int) -> nn.Module:
    followed = body(1.0)
    average = Average(followed)
    fill(followed, 2.0)
    average.follow(decay, steps)
    return average.body


def test_an_old_average_takes_a_small_step_towards_the_weights():
    average = after_a_move(0.9, steps=10_000)
    assert all(torch.allclose(value, torch.tensor(1.1)) for value in average.parameters())


def test_a_young_average_follows_closely():
    average = after_a_move(0.99, steps=8)
    assert all(torch.allclose(value, torch.tensor(1.5)) for value in average.parameters())


def test_statistics_are_copied_and_nothing_of_it_is_trained():
    average = after_a_move(0.9, steps=100)
    assert all((buffer == 2).all() for buffer in average.buffers())
    assert not any(value.requires_grad for value in average.parameters())
    assert average.state_dict().keys() == body(1.0).state_dict().keys()
