"""Inputs that once went wrong, by target: what came out, and the input. `test_fuzz.py` runs each of them."""

from __future__ import annotations

from tests.robustness.fuzz_targets import MARKS, targets

_HEADER = targets()["session"].seeds[0].partition(b"\n")[0]
_CARD = targets()["card"].seeds[0]
_BUILT = targets()["card"].seeds[1]
_MARK = b'{"wall": %s, "text": "x", "kind": "note", "id": "1"}\n'
_DEEP = b"[" * 60_000
_TENSOR = b'{"__metadata__": %s, "w": %s}'
_METADATA = targets()["checkpoint"].seeds[0].partition(b', "w"')[0].partition(b": ")[2]

INPUTS: tuple[tuple[str, str, bytes], ...] = (
    ("checkpoint", "TypeError: argument of type 'float' is not iterable", b'{"__metadata__": 1.5}'),
    ("checkpoint", "TypeError: 'float' object is not subscriptable", _TENSOR % (_METADATA, b"1.5")),
    ("checkpoint", "KeyError: 'shape'", _TENSOR % (_METADATA, b"{}")),
    ("checkpoint", "IndexError", _TENSOR % (_METADATA, b'{"dtype": "F32", "shape": [2], "data_offsets": []}')),
    ("checkpoint", "RecursionError", _DEEP),
    ("card", "a card of NaN, which is read and then written as null", _CARD.replace(b"0.5077", b"NaN")),
    ("card", "a card of infinity, which is read and then written as null", _BUILT.replace(b"1.5", b'"1e999"')),
    ("card", "a message of two lines", _CARD.replace(b'"name"', b'"na\\nme\\u001b[2J"')),
    ("recipe", "RecursionError", b"a = " + _DEEP[:30_000]),
    ("recipe", "a minute and more in tomllib", b"a." * 32_000 + b"b = 1"),
    ("recipe", "ValueError: Exceeds the limit (4300 digits)", b"a = " + b"9" * 5000),
    ("sweep", "ValueError: Exceeds the limit (4300 digits)", b"a = " + b"9" * 5000 + b"\n[[cell]]\n"),
    ("session", "RecursionError in the first line", b'{"kind":"session","a":' + _DEEP + b"\n"),
    ("session", "KeyError: 'began', from edgefer mark", b'{"kind":"session","x":1}\n'),
    ("session", "ValueError: no ISO date, from edgefer mark", b'{"kind":"session","began":"x"}\n'),
    ("session", "RecursionError in a mark", _HEADER + b"\n" + MARKS + _DEEP + b"\n"),
    ("session", "ValidationError: a mark at no time", _HEADER + b"\n" + MARKS + _MARK % b"NaN"),
    ("session", "ValidationError: a mark at no time", _HEADER + b"\n" + MARKS + _MARK % b"Infinity"),
    ("session", "OverflowError", _HEADER + b"\n" + MARKS + _MARK % (b"9" * 400)),
    ("benchmark", "RecursionError", _DEEP),
    ("calibration", "RecursionError", _DEEP),
    ("layers", "RecursionError", _DEEP),
    ("layers", "OverflowError: infinity", targets()["layers"].seeds[0].replace(b"5,", b"Infinity,")),
    ("pbtxt", "RecursionError", b"x { " * 50_000),
    ("address", "minutes in a regular expression", b"a:b@" * 100_000),
    ("classes", "a message with a null byte", b"\0"),
    ("label list", "a message with an invisible mark", b"\xef\xbb\xbf\xef\xbb\xbf"),
    ("expw", "a message with a control character", b"\x7f 0 0 0 9 8 5 3"),
    ("rafdb", "IndexError: a picture named by a dot alone", b". 1"),
    ("expw", "IndexError: a picture named by a dot alone", b". 0 10 20 90 80 55.5 3"),
    ("rafdb", "a message of two lines", b"test_\rg 1"),
)
