import sys
from types import ModuleType

import pytest
import torch

from edgefer.errors import BackendError, UsageError
from edgefer.models.adapters_timm import build_timm
from tests.timm_here import need_timm

# Counted with the public code for 7 classes and 3 channels.
COUNTS = {"mobilenetv2_050": 696_647, "mobilenetv3_small_050": 575_399, "efficientnet_b0": 4_016_515}


@pytest.fixture
def timm() -> ModuleType:
    return need_timm()


@pytest.mark.parametrize("name", COUNTS)
def test_real_mobilenets_and_efficientnets(timm: ModuleType, name: str):
    network = build_timm(name, 7, 3, {})
    assert sum(parameter.numel() for parameter in network.parameters()) == COUNTS[name]
    assert not network.training
    with torch.no_grad():
        assert network(torch.rand(2, 3, 64, 64)).shape == (2, 7)


def test_options_channels_and_tags_reach_timm(timm: ModuleType):
    network = build_timm("vit_tiny_patch16_224.augreg_in21k", 8, 1, {"img_size": 32, "depth": 1, "global_pool": "avg"})
    assert network.state_dict()["patch_embed.proj.weight"].shape[1] == 1
    assert {"fc_norm.weight", "head.bias"} <= network.state_dict().keys()
    assert "norm.weight" not in network.state_dict()


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("efficientnt_b0", {}, "no architecture 'efficientnt_b0'. did you mean 'efficientnet_b0'"),
        ("hf-hub:timm/resnet18.a1_in1k", {}, "no architecture"),
        ("local-dir:somewhere", {}, "no architecture"),
        ("mobilenetv2_050", {"nothing": 1}, "does not build mobilenetv2_050 with .*nothing"),
    ],
)
def test_what_timm_does_not_have(timm: ModuleType, name: str, options: dict[str, object], expected: str):
    with pytest.raises(UsageError, match=expected) as caught:
        build_timm(name, 7, 3, options)
    assert "\n" not in str(caught.value)


def test_without_timm_the_line_that_installs_it_keeps_this_pytorch(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    version = torch.__version__.partition("+")[0]
    with pytest.raises(BackendError) as caught:
        build_timm("resnet18", 7, 3, {})
    assert f"needs timm, which is not installed. pip install 'edgefer[timm]' torch=={version}" in str(caught.value)
