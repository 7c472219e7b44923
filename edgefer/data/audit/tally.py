"""How many faces of each split an audit found something about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from edgefer.data.audit.findings import Audit, Place


@dataclass(frozen=True)
class Tally:
    """Faces of one split.

    blank: of a single gray level; almost_blank: with hardly any contrast. identical: the same picture stands in the
    split again. conflicting: the same picture has another label, in any split. leaked: the same picture stands in an
    earlier split. near_leaked: not that, but a near duplicate does. near: a near duplicate stands in the split.
    left_out: on the exclusion list.
    """

    faces: int
    blank: int
    almost_blank: int
    identical: int
    conflicting: int
    leaked: int
    near_leaked: int
    near: int
    left_out: int


def tally(audit: Audit) -> dict[str, Tally]:
    """The counts of each split, in the audit's order."""
    order = list(audit.splits)
    found: dict[str, set[Place]] = defaultdict(set)
    for blank in audit.blanks:
        found["almost_blank" if blank.spread else "blank"].add(blank.place)
    for group in audit.identical:
        if len(group.labels) > 1:
            found["conflicting"].update(group.places)
        for place in group.places:
            if sum(other.split == place.split for other in group.places) > 1:
                found["identical"].add(place)
            if place.split != group.places[0].split:
                found["leaked"].add(place)
    copies = {group.places[0]: group.places for group in audit.identical}
    for pair in audit.near:
        one, other = copies.get(pair.first, (pair.first,)), copies.get(pair.second, (pair.second,))
        for place, twins in ((place, twins) for mine, twins in ((one, other), (other, one)) for place in mine):
            if any(twin.split == place.split for twin in twins):
                found["near"].add(place)
            if any(order.index(twin.split) < order.index(place.split) for twin in twins):
                found["near_leaked"].add(place)
    found["near_leaked"] -= found["leaked"]

    def count(kind: str, split: str) -> int:
        return sum(place.split == split for place in found[kind])

    return {
        split: Tally(
            faces=about.light.faces,
            blank=count("blank", split),
            almost_blank=count("almost_blank", split),
            identical=count("identical", split),
            conflicting=count("conflicting", split),
            leaked=count("leaked", split),
            near_leaked=count("near_leaked", split),
            near=count("near", split),
            left_out=len(audit.exclude[split]),
        )
        for split, about in audit.splits.items()
    }
