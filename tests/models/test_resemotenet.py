import pytest
import torch

from edgefer.models.registry import ARCHITECTURES, build
from edgefer.models.resemotenet import ResEmoteNet, arguments_from, count_parameters

PUBLISHED = {
    "resemotenet": 80_238_599,
    "mini-resemotenet-a": 20_069_383,
    "mini-resemotenet-b": 5_022_215,
    "mini-resemotenet-c": 1_259_911,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_the_published_ones(name: str):
    with torch.device("meta"):
        assert count_parameters(build(name, channels=3, classes=7)) == PUBLISHED[name]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [48, 64])
def test_logits_have_one_value_a_class(channels: int, size: int):
    body = build("mini-resemotenet-c", channels=channels, classes=8).eval()
    assert body(torch.zeros(3, channels, size, size)).shape == (3, 8)


@pytest.mark.parametrize(("divisor", "reduction"), [(4, 16), (8, 1), (8, 4)])
def test_the_shapes_of_a_state_dict_tell_the_arguments(divisor: int, reduction: int):
    state = ResEmoteNet(divisor=divisor, channels=1, classes=7, se_reduction=reduction).state_dict()
    found = arguments_from(state)
    assert found == {"divisor": divisor, "channels": 1, "classes": 7, "se_reduction": reduction}


def test_state_dict_names_are_the_authors():
    names = set(build("mini-resemotenet-c", channels=3, classes=7).state_dict())
    assert len(names) == 94
    assert {"se.fc.0.weight", "se.fc.2.weight", "res_block3.shortcut.1.running_var", "fc4.bias"} <= names


def test_an_unknown_name_gets_a_suggestion():
    from edgefer.errors import UsageError

    with pytest.raises(UsageError, match="did you mean 'mini-resemotenet-c'"):
        build("mini-resemotnet-c", channels=1, classes=7)
    assert set(PUBLISHED) <= set(ARCHITECTURES)
