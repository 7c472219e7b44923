from __future__ import annotations

from edgefer.quantize.titles import titles
from tests import tiny_net
from tests.quantize import ruined


def test_a_convolution_is_called_as_its_weights():
    assert titles(ruined.model()) == {"node_1": "stem", "node_2": "mix", "node_3": "last"}
    assert list(titles(tiny_net.model()).values()) == ["stem", "conv1", "conv2", "shortcut"]


def test_shared_weights_leave_each_node_its_own_name():
    made = ruined.model()
    made.graph.node[3].input[1] = "body.mix.weight"
    assert titles(made) == {"node_1": "stem", "node_2": "node_2", "node_3": "node_3"}


def test_weights_without_a_name_leave_the_nodes():
    made = ruined.model()
    made.graph.node[1].input[1] = ".weight"
    assert titles(made)["node_1"] == "node_1"
