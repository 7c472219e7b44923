"""Emotion names: one spelling, the aliases other projects use, and the orders of the datasets.

Everywhere in edgefer a label is a name. An index exists only beside the card or the face set that orders it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from edgefer.errors import DataError

# The order of fer2013.csv (Goodfellow et al., arXiv 1307.0414) and edgefer's own order for seven classes.
FER2013 = ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")
# The order of the weights that ResEmoteNet's authors publish (their data_csv.py), not that of any dataset.
RESEMOTENET = ("happy", "surprise", "sad", "anger", "disgust", "fear", "neutral")
FERPLUS = ("neutral", "happy", "surprise", "sad", "anger", "disgust", "fear", "contempt")
# RAF-DB numbers its classes from 1, all others from 0.
RAFDB = ("surprise", "fear", "disgust", "happy", "sad", "anger", "neutral")
AFFECTNET = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")
EXPW = FER2013
# What a loader of class folders makes of them; the copies of FER2013 in folders have this order, not FER2013's.
ALPHABETICAL = ("anger", "disgust", "fear", "happy", "neutral", "sad", "surprise")
ALPHABETICAL_8 = ("anger", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise")
EMOTIEFFLIB = ALPHABETICAL_8

# Who uses an order -> the order; docs/datasets.md shows them.
ORDERS = {
    "FER2013, ExpW, deepface, Py-Feat": FER2013,
    "RAF-DB": RAFDB,
    "AffectNet": AFFECTNET,
    "AffectNet with 7 classes": AFFECTNET[:7],
    "FER+": FERPLUS,
    "FER+ with 7 classes": FERPLUS[:7],
    "the weights of ResEmoteNet's authors": RESEMOTENET,
    "class folders by alphabet": ALPHABETICAL,
    "class folders by alphabet, EmotiEffLib": ALPHABETICAL_8,
}

CANONICAL = (*FER2013, "contempt")
ALIASES = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "scared": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "neutrality": "neutral",
    "contemptuous": "contempt",
}

# A number before a name, as in '0_angry' and '03 happy', and a word after it, as in 'neutral face', say nothing more.
_NUMBERED = re.compile(r"^[\[(]?\d{1,2}[\])]?[\s._:-]*(?=[^\W\d_])")
_WORD_AFTER = re.compile(r"[\s_-]+(?:faces?|expressions?|emotion)$")


def canonical(name: str) -> str:
    """Return edgefer's spelling of an emotion name; raise DataError for a name that is not an emotion.

    Case, spaces around it, a number before it and a word such as `face` after it do not matter: `02_Happy face` is
    `happy`. A bare number is never a name.
    """
    key = _WORD_AFTER.sub("", _NUMBERED.sub("", name.strip().lower()))
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
