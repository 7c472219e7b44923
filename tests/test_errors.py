import pytest

from edgefer.errors import DataError, EdgeferError, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a plain one: é 表 '\\'", "a plain one: é 表 '\\'"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x1b]0;title\x07 \x1b[2J", "\\x1b]0;title\\x07 \\x1b[2J"),
        ("right\u202eleft \x9b1m", "right\\u202eleft \\x9b1m"),
        ("\udcff.onnx", "\\udcff.onnx"),
        ("", ""),
    ],
)
def test_what_a_file_is_called_cannot_rewrite_the_terminal(text: str, shown: str):
    assert plain(text) == shown
    assert str(DataError(f"{text} is no csv", f"rename {text}")) == f"{shown} is no csv. rename {shown}"


def test_a_very_long_name_leaves_its_ends():
    error = EdgeferError(f"begins {'x' * 1_000_000} ends", "mend it")
    assert len(str(error)) < 6100
    assert str(error).startswith("begins xxx")
    assert str(error).endswith("xxx ends. mend it")
