import pytest

from edgefer.json_text import read_json, read_object


def test_values_come_as_they_are():
    assert read_json(b'{"a": [1, null]}') == {"a": [1, None]}
    assert read_json("[]") == []
    assert read_object('{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("text", [b"", "{", b"\xff", "[" * 100_000, '{"a":' * 100_000, b"9" * 5000])
def test_whatever_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011  as json itself raises it
        read_json(text)


@pytest.mark.parametrize("text", ["[]", "null", "1", '"x"'])
def test_an_object_is_asked_for(text):
    with pytest.raises(ValueError, match="no JSON object"):
        read_object(text)
