from __future__ import annotations

import pytest

from edgefer.bundle.pbtxt import Word, as_read, parse, render

MESSAGE = {
    "name": 'a "quoted" \\ näme',
    "max": 32,
    "least": -1,
    "kind": Word("KIND_GPU"),
    "dims": [1, 48, 48],
    "input": [{"name": "pixels"}, {"name": "more", "dims": []}],
    "inner": {"deeper": {"on": Word("true")}},
}


def test_what_is_written_is_read_back():
    message = {**MESSAGE, "input": [{"name": "pixels"}, {"name": "more"}]}
    read = parse("# a comment\n" + render(message))
    assert read == as_read(message)
    assert isinstance(read["kind"][0], Word)
    assert not isinstance(read["name"][0], Word)


@pytest.mark.parametrize(
    "text", ["a", "a:", "a: ]", "a {", "}", "a: [ 1", "a: [ 1 2 ]", "a: [ ]", 'a: "open', "1: 2", "a: 1 b: ;", "a { b: 1 } }"]
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_a_word_is_not_the_string_of_the_same_letters():
    assert render({"a": Word("TYPE")}) == "a: TYPE\n"
    assert render({"a": "TYPE"}) == 'a: "TYPE"\n'
