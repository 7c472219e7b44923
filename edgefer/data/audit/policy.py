"""Which faces an exclusion list leaves out, and why.

A face goes when it is blank; when it stands in an evaluation split and its picture, or a near duplicate, stands in an
earlier split, Training being the first (the copy in Training stays, so that models that were trained on it can be
judged on what they have not seen); when its split gives the same picture different labels; and when its split has the
same picture earlier. The first of these reasons is the one given.

Near duplicates within a split stay: to training, another crop of a photograph is what augmentation makes too. Those of
an earlier split are no better to judge on than equal pictures: the student inside edgefer, trained on all of FER2013's
Training, is right on 67.8 % of PublicTest, on 65.8 % without the faces of a `--no-near` list, and on 63.6 % without
those of a `--near` list (`edgefer evaluate --exclude`).
"""

from __future__ import annotations

from collections.abc import Sequence

from edgefer.data.audit.findings import Blank, Group, Pair, Place

Reasons = dict[str, dict[int, str]]


def exclusions(
    splits: Sequence[str],
    blanks: Sequence[Blank],
    identical: Sequence[Group],
    near: Sequence[Pair],
) -> Reasons:
    """The list: split -> position -> reason, positions ascending; every split is there.

    splits: Training first. near: pairs whose `second` is not to be judged on when it stands in a later split.
    """
    reasons: Reasons = {split: {} for split in splits}
    for blank in blanks:
        words = "blank" if blank.spread == 0 else f"blank: gray levels spread by {blank.spread:.1f} only"
        _leave_out(reasons, blank.place, words)
    for group in identical:
        _earlier_split(reasons, group)
    _near_leaks(reasons, identical, near)
    for group in identical:
        for split in group.splits:
            _within(reasons, [place for place in group.places if place.split == split])
    return {split: dict(sorted(rows.items())) for split, rows in reasons.items()}


def _earlier_split(reasons: Reasons, group: Group) -> None:
    first = group.places[0]
    for place in group.places:
        if place.split != first.split:
            also = "" if place.label == first.label else f", labelled {first.label} there and {place.label} here"
            _leave_out(reasons, place, f"same picture as {first}{also}")


def _near_leaks(reasons: Reasons, identical: Sequence[Group], near: Sequence[Pair]) -> None:
    copies = {group.places[0]: group.places for group in identical}
    for pair in sorted(near, key=lambda pair: -pair.correlation):
        if pair.first.split == pair.second.split:
            continue
        how = ", mirrored" if pair.mirrored else ""
        for place in copies.get(pair.second, (pair.second,)):
            _leave_out(reasons, place, f"near duplicate of {pair.first}, correlation {pair.correlation:.3f}{how}")


def _within(reasons: Reasons, places: Sequence[Place]) -> None:
    """Faces of one split with the same picture."""
    labels = dict.fromkeys(place.label for place in places)
    if len(labels) > 1:
        for place in places:
            other = next(other for other in places if other.label != place.label)
            _leave_out(reasons, place, f"conflicting labels: {', '.join(labels)}; same picture as {other}")
        return
    for place in places[1:]:
        _leave_out(reasons, place, f"same picture as {places[0]}")


def _leave_out(reasons: Reasons, place: Place, why: str) -> None:
    reasons[place.split].setdefault(place.position, why)
