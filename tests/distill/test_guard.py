import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from edgefer.distill import guard
from edgefer.distill.guard import check_labels
from edgefer.emotions import FER2013
from edgefer.errors import DataError
from tests.distill.faces import squares

CPU = torch.device("cpu")


@dataclass
class Oracle:
    """A teacher that says what `answer` makes of where the bright square is."""

    answer: Callable[[Tensor], Tensor]
    asked: int = 0
    name: str = "oracle"

    def logits(self, pixels: Tensor) -> Tensor:
        self.asked += len(pixels)
        places = [
            pixels[:, 0, row : row + 7, column : column + 7].mean((1, 2)) for row in (0, 8, 16) for column in (0, 8, 16)
        ]
        place = torch.stack(places[:7], 1).argmax(1)
        return torch.nn.functional.one_hot(self.answer(place), 7).float()


def test_labels_that_the_teacher_agrees_with_pass_in_silence(capfd: pytest.CaptureFixture[str]):
    check_labels(Oracle(lambda place: place), squares(140), CPU)  # type: ignore[arg-type]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("exchanged", [(4, 5), (4, 5, 6), (0, 1)])
def test_labels_in_another_order_are_refused_by_name(exchanged: tuple[int, ...]):
    faces = squares(140)
    # Where a class stands in the wrong order: the label that a ring of neighbours hands on.
    moved = {one: exchanged[(index + 1) % len(exchanged)] for index, one in enumerate(exchanged)}
    wrong = replace(faces, labels=np.array([moved.get(label, label) for label in faces.labels]))
    with pytest.raises(DataError) as caught:
        check_labels(Oracle(lambda place: place), wrong, CPU)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "the labels of squares Training seem to be in another order than those of teacher oracle" in message
    for seen, labelled in moved.items():
        assert f"{FER2013[labelled]} look like {FER2013[seen]}" in message
    untouched = set(FER2013) - {FER2013[one] for one in exchanged}
    assert not [name for name in untouched if f"{name} look like" in message]


def dice(place: Tensor) -> Tensor:
    return torch.randint(0, 7, place.shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("answer", [lambda place: place * 0 + 3, dice])
def test_a_teacher_that_guesses_is_named_and_not_refused(
    answer: Callable[[Tensor], Tensor], capfd: pytest.CaptureFixture[str]
):
    check_labels(Oracle(answer), squares(140), CPU)  # type: ignore[arg-type]
    said = capfd.readouterr().err
    assert re.search(
        r"teacher oracle is right on 1\d\.\d% of 140 training faces, no better than chance \(14\.3%\)", said
    )


def test_a_weak_teacher_on_uneven_faces_is_none_that_guesses(capfd: pytest.CaptureFixture[str]):
    faces = squares(400)
    many = faces.take(np.flatnonzero((faces.labels == 3) | (np.arange(400) % 5 == 0)))
    # Always right on one face in four and "happy" else: better than chance, if not than calling everything happy.
    weak = Oracle(lambda place: torch.where(torch.arange(len(place)) % 4 == 0, place, 3))
    check_labels(weak, many, CPU)  # type: ignore[arg-type]
    assert capfd.readouterr().err == ""


def test_of_many_faces_some_are_asked_from_the_first_to_the_last(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "FACES", 210)
    oracle = Oracle(lambda place: place)
    # The later faces alone are labelled wrongly, and the labels come in turn: neither the first faces nor every so
    # many-th would show it.
    faces = squares(1470)
    late = np.arange(1470) >= 490
    wrong = replace(faces, labels=np.where(late & (faces.labels > 4), 11 - faces.labels, faces.labels))
    with pytest.raises(DataError, match="surprise look like neutral, neutral look like surprise"):
        check_labels(oracle, wrong, CPU)  # type: ignore[arg-type]
    assert oracle.asked == 210
