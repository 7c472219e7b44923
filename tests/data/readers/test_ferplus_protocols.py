"""The rules of microsoft/FERPlus, src/ferplus.py, case by case; the counts they give on the published votes are pinned
in test_ferplus.py."""

from __future__ import annotations

import numpy as np
import pytest

from edgefer.data.readers.ferplus_protocols import COLUMNS, NO_FACE, PROTOCOLS, UNKNOWN, Verdicts


def _votes(**counts: int) -> np.ndarray:
    return np.array([[counts.get(column, 0) for column in COLUMNS]])


def _judge(protocol: str, **counts: int) -> Verdicts:
    return PROTOCOLS[protocol].judge(_votes(**counts))


def _targets(verdicts: Verdicts) -> dict[str, float]:
    return {COLUMNS[place]: round(float(share), 4) for place, share in enumerate(verdicts.targets[0]) if share}


@pytest.mark.parametrize(
    ("counts", "label"),
    [
        pytest.param({"sadness": 6, "anger": 4}, "sadness", id="more than half"),
        pytest.param({"sadness": 5, "anger": 5}, None, id="half is not enough"),
        pytest.param({"sadness": 5, "anger": 1, "fear": 4}, "sadness", id="half, but for a slip"),
        pytest.param({"sadness": 4, "anger": 4, "fear": 2}, None, id="no lead"),
        pytest.param({"neutral": 3, **dict.fromkeys(COLUMNS[1:8], 1)}, "neutral", id="all others are slips"),
        pytest.param(dict.fromkeys(COLUMNS, 1), None, id="slips alone"),
        pytest.param({}, None, id="no votes"),
        pytest.param({"unknown": 6, "anger": 4}, "unknown", id="unknown leads"),
        pytest.param({"NF": 10}, "NF", id="not a face"),
    ],
)
def test_majority(counts, label):
    verdicts = _judge("majority", **counts)
    assert verdicts.scattered.tolist() == [label is None]
    if label is not None:
        assert COLUMNS[verdicts.labels[0]] == label
        assert _targets(verdicts) == ({label: 1.0} if label in COLUMNS[:8] else {})


@pytest.mark.parametrize(
    ("counts", "targets"),
    [
        pytest.param(
            {"neutral": 4, "sadness": 1, "anger": 3, "disgust": 2}, {"neutral": 4, "anger": 3}, id="till 75 %"
        ),
        pytest.param({"fear": 8, "anger": 2}, {"fear": 1}, id="one holds 75 %"),
        pytest.param({"fear": 7, "anger": 3}, {"fear": 7, "anger": 3}, id="one holds less"),
        pytest.param({"neutral": 4, "fear": 3, "anger": 3}, {"neutral": 4, "fear": 3, "anger": 3}, id="ties together"),
        pytest.param({"neutral": 4, "sadness": 2, "fear": 2, "anger": 2}, None, id="ties make four"),
        pytest.param(dict.fromkeys(("neutral", "fear", "anger", "disgust"), 2), None, id="four alike"),
        pytest.param({"neutral": 6, "unknown": 4}, {"neutral": 1}, id="unknown second"),
        pytest.param({"neutral": 5, "unknown": 3, "anger": 2}, None, id="unknown second ends it at half"),
        pytest.param(
            {"neutral": 4, "fear": 3, "unknown": 3}, {"neutral": 4, "fear": 3}, id="unknown level with the second"
        ),
        pytest.param({"neutral": 5, "unknown": 5}, None, id="unknown level with the first"),
        pytest.param({"neutral": 4, "anger": 4, "NF": 2}, {"neutral": 1, "anger": 1}, id="75 % before NF"),
        pytest.param({"neutral": 4, "unknown": 4, "anger": 2}, None, id="level with unknown, less than half"),
        pytest.param({}, None, id="no votes"),
    ],
)
@pytest.mark.parametrize("protocol", ["probability", "crossentropy"])
def test_peaks(protocol, counts, targets):
    verdicts = _judge(protocol, **counts)
    assert verdicts.scattered.tolist() == [targets is None]
    if targets is not None:
        total = sum(targets.values())
        assert _targets(verdicts) == {emotion: round(count / total, 4) for emotion, count in targets.items()}
        assert COLUMNS[verdicts.labels[0]] == max(targets, key=lambda emotion: targets[emotion])


@pytest.mark.parametrize(
    ("counts", "targets"),
    [
        pytest.param({"neutral": 4, "anger": 3, "fear": 3}, ("neutral", "anger", "fear"), id="three of 30 %"),
        pytest.param({"neutral": 5, "anger": 3, "fear": 2}, ("neutral", "anger"), id="20 % is too little"),
        pytest.param({"neutral": 7, "anger": 2}, ("neutral",), id="one"),
        pytest.param({"neutral": 4, "anger": 2, "fear": 2, "sadness": 2}, None, id="less than half"),
        pytest.param({"neutral": 4, "anger": 3, "unknown": 3}, ("neutral", "anger"), id="unknown among them"),
        pytest.param({"neutral": 5, "unknown": 5}, ("neutral",), id="unknown level with the first"),
        pytest.param({}, None, id="no votes"),
    ],
)
def test_multi_target(counts, targets):
    verdicts = _judge("multi_target", **counts)
    assert verdicts.scattered.tolist() == [targets is None]
    if targets is not None:
        assert _targets(verdicts) == dict.fromkeys(targets, round(1 / len(targets), 4))


def test_the_label_of_several_targets_is_what_most_people_said():
    assert COLUMNS[_judge("multi_target", neutral=3, fear=5, anger=2).labels[0]] == "fear"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_unknown_and_no_face_lead_to_their_own_columns(protocol):
    assert _judge(protocol, unknown=6, anger=4).labels.tolist() == [UNKNOWN]
    assert _judge(protocol, NF=9).labels.tolist() == [NO_FACE]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_faces_are_judged_one_by_one(protocol):
    votes = np.random.default_rng(0).multinomial(10, np.full(10, 0.1), 500)
    votes[::7] = 0
    votes[1::3] = votes[1::3].cumsum(1) % 6
    together = PROTOCOLS[protocol].judge(votes)
    alone = [PROTOCOLS[protocol].judge(votes[row : row + 1]) for row in range(len(votes))]
    np.testing.assert_array_equal(together.targets, np.concatenate([one.targets for one in alone]))
    np.testing.assert_array_equal(together.scattered, np.concatenate([one.scattered for one in alone]))
    assert together.targets.dtype == np.float32
    kept = ~together.scattered & (together.labels < UNKNOWN)
    assert 20 < kept.sum() < 480
    np.testing.assert_allclose(together.targets[kept].sum(1), 1, rtol=1e-6)
