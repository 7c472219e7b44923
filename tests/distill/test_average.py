import torch
from torch import nn

from edgefer.distill.average import averaged, follow


def body() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))


def moved(value: float) -> nn.Module:
    changed = body()
    with torch.no_grad():
        for tensor in (*changed.parameters(), *changed.buffers()):
            tensor.fill_(value)
    return changed


def test_an_old_average_takes_a_small_step_towards_the_weights():
    average = averaged(moved(1.0))
    follow(average, moved(2.0), 0.9, steps=10_000)
    assert all(torch.allclose(value, torch.tensor(1.1)) for value in average.parameters())


def test_a_young_average_follows_closely():
    average = averaged(moved(1.0))
    follow(average, moved(2.0), 0.99, steps=8)
    assert all(torch.allclose(value, torch.tensor(1.5)) for value in average.parameters())


def test_statistics_are_copied_and_nothing_of_it_is_trained():
    average = averaged(moved(1.0))
    follow(average, moved(2.0), 0.9, steps=100)
    assert all((buffer == 2).all() for buffer in average.buffers())
    assert not any(value.requires_grad for value in average.parameters())
    assert average.state_dict().keys() == body().state_dict().keys()
