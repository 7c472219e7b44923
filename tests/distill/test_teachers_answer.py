from collections import OrderedDict, namedtuple
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from edgefer.distill.teachers_answer import checked, class_order, log_probabilities, values_of
from edgefer.emotions import AFFECTNET, ALPHABETICAL, FER2013, FERPLUS
from edgefer.errors import ArtifactError, DataError
from tests.distill.foreign import foreign

LOGITS = torch.rand(3, 7) * 9 - 4
FEATURES = torch.rand(3, 512)
CHOICE = torch.tensor([1, 2, 3])
Named = namedtuple("Named", ["features", "logits"])


def test_orders_are_by_name_and_what_students_lack_is_dropped():
    for own in (ALPHABETICAL, AFFECTNET, FERPLUS, ("Angry", "disgusted", "Fear", "joy", "sad", "surprised", "neutral")):
        order = class_order(own, FER2013, "t")
        assert len(order) == 7
        assert [own[place] for place in order][:1] in (["anger"], ["Angry"])
        assert list(order) == [class_order(own, (name,), "t")[0] for name in FER2013]
    more = (*FERPLUS, "unknown", "NF")
    assert class_order(more, FER2013, "t") == class_order(FERPLUS, FER2013, "t")


@pytest.mark.parametrize(
    ("own", "wanted", "expected"),
    [
        (FER2013, FERPLUS, "teacher t does not know contempt; its labels are anger.*teach students of fewer emotions"),
        (("neutral", "happy", "sad", "surprise", "anger"), FER2013, "does not know disgust and fear"),
        ((*FER2013[:3], "hapy", *FER2013[4:]), FER2013, "does not know happy.*mend its label 'hapy'"),
        ((*FER2013, "angry"), FER2013, "has anger twice"),
    ],
)
def test_labels_that_cannot_teach(own: tuple[str, ...], wanted: tuple[str, ...], expected: str):
    with pytest.raises(DataError, match=expected):
        class_order(own, wanted, "t")


@pytest.mark.parametrize(
    ("answer", "changes"),
    [
        (LOGITS, {}),
        ((LOGITS,), {}),
        ((CHOICE, LOGITS), {"select": 1}),
        ([FEATURES, LOGITS], {"select": 1}),
        ({"logits": LOGITS}, {}),
        ({"features": FEATURES, "logits": LOGITS}, {"output": "logits"}),
        ({"features": FEATURES, "logits": LOGITS}, {"select": 1}),
        (OrderedDict(logits=LOGITS, hidden=None), {"output": "logits"}),
        (Named(FEATURES, LOGITS), {"output": "logits"}),
        (Named(FEATURES, LOGITS), {"select": 1}),
        (SimpleNamespace(logits=LOGITS), {"output": "logits"}),
        (LOGITS[:, :, None, None], {}),
        (LOGITS.double(), {}),
        (torch.cat((torch.rand(3, 2), LOGITS, torch.rand(3, 1)), 1), {"columns": [2, 9]}),
    ],
)
def test_the_values_are_found_in_every_form(answer: Any, changes: dict[str, Any]):
    values = values_of(answer, foreign("m:f", **changes))
    assert values.dtype == torch.float32
    assert torch.equal(values, LOGITS)


@pytest.mark.parametrize(
    ("answer", "changes", "expected"),
    [
        (
            (CHOICE, LOGITS),
            {},
            "answers with 2 things. write select = 1: select = 0 is int64 .3.; select = 1 is float32 .3, 7.",
        ),
        ({"a": FEATURES, "b": LOGITS}, {}, 'answers with 2 things. write output = "b"'),
        ({"a": FEATURES, "b": LOGITS}, {"output": "logits"}, "no answer 'logits'. write output = \"b\""),
        ((CHOICE, LOGITS), {"select": 2}, "has 2 answers, so none at place 2"),
        ((CHOICE, LOGITS), {"select": 0}, "answers with int64 .3., not with a float for each"),
        (LOGITS, {"select": 0}, "nothing to choose. leave out output and select"),
        (LOGITS, {"output": "logits"}, "nothing to choose"),
        ((FEATURES, FEATURES), {"select": 1}, "512 values, but the recipe has 7 labels"),
        (LOGITS[:, :5], {}, "5 values, but the recipe has 7 labels.*columns = "),
        (LOGITS, {"columns": [1, 8]}, "has 7 columns, not 8"),
        (LOGITS[0], {}, "answers with float32 .7., not with a float for each"),
        (torch.rand(3, 7, 4, 4), {}, "not with a float for each"),
        (3, {}, "answers with a int, not with a tensor"),
        ((LOGITS, None), {"select": 1}, "answers with a NoneType, not with a tensor. write select = 0"),
    ],
)
def test_what_cannot_be_read_says_what_there_is(answer: Any, changes: dict[str, Any], expected: str):
    with pytest.raises(ArtifactError, match=expected) as caught:
        values_of(answer, foreign("m:f", **changes))
    assert "\n" not in str(caught.value)


def test_logits_and_probabilities_are_told_apart():
    assert checked(LOGITS, foreign("m:f")) is LOGITS
    probabilities = LOGITS.softmax(1)
    assert checked(probabilities, foreign("m:f", gives="probabilities")) is probabilities
    with pytest.raises(ArtifactError, match=r'gives probabilities: they sum to 1\. write gives = "probabilities"'):
        checked(probabilities, foreign("m:f"))
    with pytest.raises(ArtifactError, match=r'does not give probabilities: they sum to .*write gives = "logits"'):
        checked(LOGITS, foreign("m:f", gives="probabilities"))
    with pytest.raises(ArtifactError, match="they sum to 100"):
        checked(probabilities * 100, foreign("m:f", gives="probabilities"))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_nan_is_refused(bad: float):
    values = LOGITS.clone()
    values[1, 2] = bad
    with pytest.raises(DataError, match="answers NaN or infinity"):
        checked(values, foreign("m:f"))


def test_the_logarithm_of_probabilities_gives_them_back():
    probabilities = LOGITS.softmax(1)
    assert torch.allclose(log_probabilities(probabilities).softmax(1), probabilities, atol=1e-7)
    certain = log_probabilities(torch.tensor([[0.0, 1.0]]))
    assert certain.isfinite().all()
    assert torch.allclose(certain.softmax(1), torch.tensor([[0.0, 1.0]]), atol=1e-30)
