from __future__ import annotations

import pytest

from edgefer.camera.address import hidden, options
from edgefer.errors import UsageError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://me:pa:ss@w0rd@host:554/x?y=1", "rtsp://me:***@host:554/x?y=1"),
        ("rtsp://me:pa/ss@host/x?mail=a@b", "rtsp://me:***@host/x?mail=a@b"),
        ("rtsp://me:p@host:80/a@b", "rtsp://me:***@host:80/a@b"),
        ("rtsp://:pass@host", "rtsp://:***@host"),
        ("rtsp://host/user=admin&password=pass&channel=1", "rtsp://host/user=admin&password=***&channel=1"),
        ("http://host/v?Token=pass&api_key=pass&a=1#x", "http://host/v?Token=***&api_key=***&a=1#x"),
        ("cannot open 'http://a:pass@b/c' twice", "cannot open 'http://a:***@b/c' twice"),
        ("rtsp://me@host/x", "rtsp://me@host/x"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("rtsp:/me:pass@host/x", "rtsp:/me:***@host/x"),
        ("me:pass@host", "me:***@host"),
        ("clip 12:30.mp4", "clip 12:30.mp4"),
    ],
)
def test_passwords_are_hidden_and_nothing_else(text, shown):
    assert hidden(text) == shown


def test_options_of_an_address():
    assert options("x://a/b?one=1&two=a%20b", ("one", "two")) == {"one": "1", "two": "a b"}
    assert options("x://", ("one",)) == {}


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("x://?onne=1", r"x:// has no option 'onne'\. did you mean one=\?"),
        ("x://?zzz=1", "known: one, two"),
        ("x://?one=1&one=2", "option 'one' of x:// stands twice"),
        ("x://?one=", "has no value"),
        ("x://?one", "has no value"),
    ],
)
def test_wrong_options(uri, message):
    with pytest.raises(UsageError, match=message):
        options(uri, ("one", "two"))


def test_a_text_too_long_for_an_address_is_not_shown():
    assert hidden("rtsp://me:secret@host/" + "a" * 4000) == "rtsp://me:***@host/" + "a" * 4000
    assert hidden("rtsp://me:secret@host/" + "a:b@" * 100_000) == "(a text of 400022 characters)"
