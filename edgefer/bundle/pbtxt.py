"""The part of protobuf's text format that `config.pbtxt` needs: written, and read back strictly.

A message is a dict; a value is a string, an integer, a `Word` (an enumeration's or a boolean's), a message, or a list of
those, which stands for a repeated field. https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union


class Word(str):
    """An identifier that stands without quotes, such as `TYPE_FP32` or `true`."""

    __slots__ = ()


Value: TypeAlias = Union[str, int, "Message", Sequence["Value"]]
Message: TypeAlias = Mapping[str, Value]
# As it is read: every field is a list, since the text does not tell which are repeated.
Read: TypeAlias = dict[str, list[Union[str, int, "Read"]]]

_TOKEN = re.compile(
    r'\s+|#[^\n]*|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>-?\d+)|(?P<word>[A-Za-z_]\w*)|(?P<sign>[{}\[\]:,])'
)


def render(message: Message, indent: str = "") -> str:
    """Text, one field a line; a repeated message is repeated, a list of scalars stands in brackets."""
    lines = []
    for name, value in message.items():
        if isinstance(value, list) and not any(isinstance(item, Mapping) for item in value):
            lines.append(f"{indent}{name}: [ {', '.join(_scalar(item) for item in value)} ]\n")
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping):
                lines.append(f"{indent}{name} {{\n{render(item, indent + '  ')}{indent}}}\n")
            else:
                lines.append(f"{indent}{name}: {_scalar(item)}\n")
    return "".join(lines)


def parse(text: str) -> Read:
    """The message in a text; raises ValueError, which says where, for anything that `render` does not write."""
    tokens = _tokens(text)
    try:
        message, end = _fields(tokens, 0)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if end != len(tokens):
        raise ValueError(f"'{tokens[end][1]}' without its beginning")
    return message


def as_read(message: Message) -> Read:
    """A message in the form in which `parse` gives it."""
    read: Read = {}
    for name, value in message.items():
        items = value if isinstance(value, list) else [value]
        read[name] = [as_read(item) if isinstance(item, Mapping) else _plain(item) for item in items]
    return read


def _plain(value: Value) -> str | int:
    assert isinstance(value, str | int)
    return value


def _scalar(value: Value) -> str:
    return json.dumps(value) if isinstance(value, str) and not isinstance(value, Word) else str(value)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise ValueError(f"line {text.count(chr(10), 0, place) + 1}: '{text[place : place + 20]}' is no field")
        if found.lastgroup:
            tokens.append((found.lastgroup, found[0]))
        place = found.end()
    return tokens


def _fields(tokens: list[tuple[str, str]], place: int) -> tuple[Read, int]:
    message: Read = {}
    while place < len(tokens) and tokens[place][1] != "}":
        kind, name = tokens[place]
        if kind != "word":
            raise ValueError(f"'{name}' where a field's name belongs")
        following = tokens[place + 1][1] if place + 1 < len(tokens) else ""
        if following == "{":
            inner, place = _fields(tokens, place + 2)
            if place >= len(tokens):
                raise ValueError(f"{name} does not end")
            message.setdefault(name, []).append(inner)
            place += 1
        elif following == ":":
            values, place = _values(tokens, place + 2)
            message.setdefault(name, []).extend(values)
        else:
            raise ValueError(f"{name} has no value")
    return message, place


def _values(tokens: list[tuple[str, str]], place: int) -> tuple[list[str | int], int]:
    if place < len(tokens) and tokens[place][1] == "[":
        values = []
        while True:
            values.append(_value(tokens, place + 1))
            sign = tokens[place + 2][1] if place + 2 < len(tokens) else ""
            if sign == "]":
                return values, place + 3
            if sign != ",":
                raise ValueError("a list does not end")
            place += 2
    return [_value(tokens, place)], place + 1


def _value(tokens: list[tuple[str, str]], place: int) -> str | int:
    kind, text = tokens[place] if place < len(tokens) else ("sign", "the end")
    if kind == "sign":
        raise ValueError(f"'{text}' where a value belongs")
    if kind == "string":
        return str(json.loads(text))
    return int(text) if kind == "number" else Word(text)
