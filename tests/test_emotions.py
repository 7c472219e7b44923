import pytest

from edgefer.emotions import (
    AFFECTNET,
    ALIASES,
    ALPHABETICAL,
    ALPHABETICAL_8,
    CANONICAL,
    EXPW,
    FER2013,
    FERPLUS,
    ORDERS,
    RAFDB,
    RESEMOTENET,
    canonical,
    permutation,
)
from edgefer.errors import DataError


def test_the_orders_are_those_of_the_sources():
    assert FER2013 == ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert RESEMOTENET == ("happy", "surprise", "sad", "anger", "disgust", "fear", "neutral")
    assert FERPLUS[:3] == ("neutral", "happy", "surprise")
    assert RAFDB == ("surprise", "fear", "disgust", "happy", "sad", "anger", "neutral")
    assert AFFECTNET == ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")
    assert set(FER2013) == set(RESEMOTENET) == set(FERPLUS) - {"contempt"} == set(RAFDB) == set(AFFECTNET[:7])
    assert EXPW == FER2013
    assert list(ALPHABETICAL) == sorted(FER2013) != list(FER2013)
    assert list(ALPHABETICAL_8) == sorted(CANONICAL)


def test_no_two_of_the_orders_are_the_same():
    assert len(set(ORDERS.values())) == len(ORDERS)


@pytest.mark.parametrize("alias", [*ALIASES, *CANONICAL])
@pytest.mark.parametrize(
    "form", ["{}", "0_{}", "03 {}", "7. {}", "(2) {}", "1{}", "{} face", "{}_faces", "4-{} Expression"]
)
def test_numbers_before_and_words_after_a_name_do_not_matter(alias: str, form: str):
    assert canonical(form.format(alias)) == ALIASES.get(alias, alias)


@pytest.mark.parametrize("name", ["3", "03", "0_", "", "123 happy", "happy 3", "happysad", "suprise", "not happy"])
def test_what_is_not_plainly_a_name_is_none(name: str):
    with pytest.raises(DataError):
        canonical(name)


@pytest.mark.parametrize(
    ("given", "meant"), [("Angry", "anger"), (" happiness ", "happy"), ("SAD", "sad"), ("contempt", "contempt")]
)
def test_aliases(given: str, meant: str):
    assert canonical(given) == meant
    assert all(canonical(name) == name for name in CANONICAL)


def test_aliases_lead_to_names_and_are_none_themselves():
    assert set(ALIASES.values()) <= set(CANONICAL)
    assert not set(ALIASES) & set(CANONICAL)


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
