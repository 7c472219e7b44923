"""Mutations for the fuzz: of bytes, of JSON as a tree, and of text as lines and cells. All from one random generator."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

LONGEST = 1 << 16
BYTES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\n", b"\r", b'"', b"{", b"[", b",", b"\xc3", b"\xed\xa0\x80")
NUMBERS = (
    "0",
    "-1",
    "1",
    "255",
    "256",
    "65536",
    "2147483648",
    "18446744073709551616",
    "1e999",
    "nan",
    "9" * 5000,
    "-0.0",
)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.5, 1e308, float("nan"), float("inf"), 2**63, 10**400, "", "x", "nan", "\0", "a\nb",
    "\x1b[31m", "\u202e", "é" * 300, "../..", "1e9999", [], {}, [[]], [None], {"": None}, {"a\nb": 1},
)  # fmt: skip

Mutation = Callable[[Random, bytes, Sequence[bytes], Sequence[bytes]], bytes]


def mutated(
    rng: Random, data: bytes, corpus: Sequence[bytes], words: Sequence[bytes], kinds: Sequence[Mutation]
) -> bytes:
    """Data after one to six mutations of some of the kinds; a corpus to splice with, and words that the format has."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        data = rng.choice(kinds)(rng, data, corpus, words)
    return data[:LONGEST]


def of_bytes(rng: Random, data: bytes, corpus: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One change that knows nothing of the format."""
    at, length = rng.randrange(len(data) + 1), rng.choice((1, 1, 2, 4, 8, 32, 200))
    before, piece, after = data[:at], data[at : at + length], data[at + length :]
    choice = rng.randrange(10)
    if choice == 0 and data:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    if choice == 1 and piece:
        return before + bytes([piece[0] ^ 1 << rng.randrange(8)]) + piece[1:] + after
    if choice == 2:
        return before + after
    if choice == 3:
        return before + piece * rng.choice((2, 2, 3, 16)) + after
    if choice == 4:
        return before
    if choice == 5:
        return before + rng.choice(BYTES) + piece + after
    if choice == 6 and words:
        return before + rng.choice(words) + rng.choice((piece, b"")) + after
    if choice == 7:
        other = rng.choice(corpus)
        start = rng.randrange(len(other) + 1)
        return before + other[start : start + rng.choice((4, 32, 1000))] + after
    if choice == 8:
        size = rng.choice((1, 2, 4, 8))
        value = rng.choice((0, 1, 0x7F, 0x80, 0xFF, len(data), (1 << 8 * size) - 1, 1 << 8 * size - 1))
        return before + (value & (1 << 8 * size) - 1).to_bytes(size, rng.choice(("little", "big"))) + data[at + size :]
    return _with_number(rng, data)


def of_lines(rng: Random, data: bytes, corpus: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One change of a line, or of a cell or word in it."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    choice = rng.randrange(7)
    if choice == 0:
        del lines[at]
    elif choice == 1:
        lines.insert(at, rng.choice(lines))
    elif choice == 2:
        lines.insert(at, rng.choice(rng.choice(corpus).split(b"\n")))
    elif choice == 3:
        lines[at] = rng.choice(words) if words else b""
    elif choice == 4:
        return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"")))
    else:
        mark = rng.choice((b",", b" ", b"=", b"."))
        cells = lines[at].split(mark)
        place = rng.randrange(len(cells))
        cells[place] = rng.choice([rng.choice(NUMBERS).encode(), b"", cells[place] * 2, *words[:1], rng.choice(cells)])
        lines[at] = mark.join(cells)
    return b"\n".join(lines)


def of_json(rng: Random, data: bytes, corpus: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One change of one node of a JSON document, or of one line of JSON lines; of bytes where it is neither."""
    lines = data.splitlines()
    line = rng.randrange(len(lines)) if lines else 0
    whole = data.rstrip().count(b"\n") and data[:2] not in (b"{\n", b"[\n", b"{\r")
    try:
        tree = json.loads(lines[line] if whole else data)
        text = json.dumps(_changed(rng, tree, [word.decode() for word in words if word.isalnum()]))
    except (ValueError, RecursionError, IndexError):
        return of_bytes(rng, data, corpus, words)
    made = text.encode("utf-8", "surrogatepass")
    return b"\n".join([*lines[:line], made, *lines[line + 1 :]]) + b"\n" if whole else made


def _changed(rng: Random, tree: Any, words: Sequence[str]) -> Any:
    places: list[tuple[Any, Any]] = []
    _collect(tree, places)
    if not places or rng.randrange(40) == 0:
        return rng.choice(VALUES)
    holder, key = rng.choice(places)
    choice = rng.randrange(8)
    if choice == 0:
        del holder[key]
    elif choice == 1 and isinstance(holder, dict):
        holder[rng.choice([*words, "x", "", "a\nb"]) if rng.randrange(2) else f"{key}x"] = holder.pop(key)
    elif choice == 2:
        other, place = rng.choice(places)
        if isinstance(other, dict) and place in other:
            holder[key] = json.loads(json.dumps(other[place]))
    elif choice == 3 and isinstance(holder, list):
        holder += [holder[key]] * rng.choice((1, 2, 50))
    elif choice == 4:
        for _ in range(rng.choice((1, 2, 200))):
            holder[key] = [holder[key]] if rng.randrange(2) else {"x": holder[key]}
    elif choice == 5 and words:
        holder[key] = rng.choice(words)
    else:
        holder[key] = rng.choice(VALUES)
    return tree


def _collect(node: Any, places: list[tuple[Any, Any]], depth: int = 0) -> None:
    if depth > 50 or len(places) > 2000:
        return
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        places.append((node, key))
        _collect(value, places, depth + 1)


def _with_number(rng: Random, data: bytes) -> bytes:
    """Another number in place of one that stands there in digits."""
    starts = [at for at in range(len(data)) if data[at : at + 1].isdigit() and not data[at - 1 : at].isdigit()]
    if not starts:
        return data
    at = rng.choice(starts)
    end = at
    while data[end : end + 1].isdigit():
        end += 1
    return data[:at] + rng.choice(NUMBERS).encode() + data[end:]
