"""Emotion names: one spelling, the aliases other projects use, and the orders of the datasets.

Everywhere in edgefer a label is a name. An index exists only beside the card or the face set that orders it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from edgefer.errors import DataError

# The order of fer2013.csv (Goodfellow et al., arXiv 1307.0414) and edgefer's own order for seven classes.
FER2013 = ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")
# The order of the weights that ResEmoteNet's authors publish (their data_csv.py), not that of any dataset.
RESEMOTENET = ("happy", "surprise", "sad", "anger", "disgust", "fear", "neutral")
FERPLUS = ("neutral", "happy", "surprise", "sad", "anger", "disgust", "fear", "contempt")

CANONICAL = (*FER2013, "contempt")
ALIASES = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "neutrality": "neutral",
}


def canonical(name: str) -> str:
    """Return edgefer's spelling of an emotion name; raise DataError for a name that is not an emotion."""
    key = name.strip().lower()
    key = ALIASES.get(key, key)
    if key in CANONICAL:
        return key
    near = difflib.get_close_matches(key, (*CANONICAL, *ALIASES), n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known names: {', '.join(CANONICAL)}"
    raise DataError(f"'{name}' is not an emotion name", hint)


def permutation(source: Iterable[str], target: Iterable[str]) -> list[int]:
    """Return `p` so that `values_in_source_order[p]` stands in target order; both must hold the same names."""
    have, want = [canonical(name) for name in source], [canonical(name) for name in target]
    if sorted(have) != sorted(want) or len(set(have)) != len(have):
        raise DataError(
            f"labels {have} cannot be put in the order {want}",
            "use a model and data that carry the same emotions, each once",
        )
    return [have.index(name) for name in want]
