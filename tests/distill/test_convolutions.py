from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from edgefer.distill.convolutions import Site, sites
from edgefer.models.registry import build


class Gated(nn.Module):
    """A gate of two 1x1 convolutions, a norm that is not alone behind its convolution, and a nothing between."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm, self.nothing = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Dropout(0.5)
        self.squeeze, self.excite = nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)
        self.left, self.right, self.right_norm = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4)
        self.last, self.fc = nn.Conv2d(4, 4, 1), nn.Linear(4, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = F.relu(self.norm(x) + x)
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(x, 1)))))
        x = x * gate
        x = self.left(self.nothing(x)) + self.right_norm(self.right(x))
        return self.fc(self.last(F.adaptive_avg_pool2d(x, 1)).flatten(1))


def test_gates_stay_in_float_and_a_convolution_on_one_pixel_does_not():
    found = sites(Gated(), (1, 16, 16))
    assert [site.name for site in found] == ["stem", "left", "right", "last"]


def test_a_norm_counts_where_it_alone_takes_what_the_convolution_gives():
    assert {site.name: site.norm for site in sites(Gated(), (1, 16, 16))} == {
        "stem": "", "left": "", "right": "right_norm", "last": "",
    }  # fmt: skip


def test_those_that_take_in_the_same_tensor_have_one_lead():
    found = {site.name: site.lead for site in sites(Gated(), (1, 16, 16))}
    assert found == {"stem": "stem", "left": "left", "right": "left", "last": "last"}


@pytest.mark.parametrize(("name", "count"), [("mini-resemotenet-c", 12), ("edgefer-s", 12), ("vgg-13", 10)])
def test_every_convolution_of_a_student_has_its_norm(name: str, count: int):
    body = build(name, 1, 7).train()
    found = sites(body, (1, 48, 48))
    assert len(found) == count
    assert all(site.norm for site in found)
    assert body.training
    blocks = [site for site in found if site.name.endswith("shortcut.0")]
    assert all(site.lead == site.name.replace("shortcut.0", "conv1") for site in blocks)
    assert Site("conv1", "conv1", "bn1") in found or name == "vgg-13"
