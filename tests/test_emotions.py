import pytest

from edgefer.emotions import CANONICAL, FER2013, FERPLUS, RESEMOTENET, canonical, permutation
from edgefer.errors import DataError


def test_the_orders_are_those_of_the_sources():
    assert FER2013 == ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert RESEMOTENET == ("happy", "surprise", "sad", "anger", "disgust", "fear", "neutral")
    assert FERPLUS[:3] == ("neutral", "happy", "surprise")
    assert set(FER2013) == set(RESEMOTENET) == set(FERPLUS) - {"contempt"}


@pytest.mark.parametrize(
    ("given", "meant"), [("Angry", "anger"), (" happiness ", "happy"), ("SAD", "sad"), ("contempt", "contempt")]
)
def test_aliases(given: str, meant: str):
    assert canonical(given) == meant
    assert all(canonical(name) == name for name in CANONICAL)


def test_a_word_that_is_no_emotion_gets_a_suggestion():
    with pytest.raises(DataError, match="did you mean 'happy'"):
        canonical("hapy")
    with pytest.raises(DataError, match="known names"):
        canonical("zzz")


def test_a_permutation_reorders_by_name():
    order = permutation(RESEMOTENET, FER2013)
    assert [RESEMOTENET[index] for index in order] == list(FER2013)
    with pytest.raises(DataError, match="cannot be put in the order"):
        permutation(FERPLUS, FER2013)
    with pytest.raises(DataError):
        permutation(("angry", "anger"), ("anger", "anger"))
