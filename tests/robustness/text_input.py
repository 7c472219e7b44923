"""Bad recipes, csv files, lists, records and sessions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.robustness.any_input import ANY_FILE, INSIDE, LONG, LOOP, MISSING, NAMES, TRUNCATED, within
from tests.robustness.kind import Kind, Make, Slot, holding, with_file
from tests.robustness.onnx_input import DEEP

NUMBER = "9" * 5000


def _text(change: Callable[[str], str]) -> Make:
    def make(good: Path, bad: Path) -> None:
        bad.write_text(change(good.read_text()))

    return make


def _json(change: Callable[[dict], object]) -> Make:
    return _text(lambda text: json.dumps(change(json.loads(text))))


def _row(change: Callable[[list[str]], list[str]]) -> Make:
    """The first face of a csv changed, column by column."""

    def changed(text: str) -> str:
        lines = text.splitlines()
        lines[1] = ",".join(change(lines[1].split(",")))
        return "\n".join(lines) + "\n"

    return _text(changed)


def _long_line(good: Path, bad: Path) -> None:
    """A header, and one line of 100 MB, sparse."""
    with bad.open("wb") as handle:
        handle.write(good.read_bytes().splitlines(keepends=True)[0])
        handle.truncate(100_000_000)


JSON = (
    Kind("deep", "100,000 nested lists", holding(DEEP.encode())),
    Kind("list", "a list in place of an object", holding(b"[1, 2, 3]")),
    Kind("number", "a number in place of an object", holding(b"7")),
    Kind("long-number", "a number of 5,000 digits", holding(f'{{"schema": {NUMBER}}}'.encode())),
    Kind("not-utf-8", "bytes that are no UTF-8", holding(b'{"dataset": "\xff\xfe"}')),
    Kind("nul", "one zero byte", holding(b"\0")),
)
RECORD_SLOT = Slot("record.json", (
    *ANY_FILE, *JSON,
    Kind("other-schema", "a record of schema 999", _json(lambda r: {**r, "schema": 999})),
    Kind("no-rows", "a record without rows", _json(lambda r: {**r, "rows": []})),
    Kind("nan", "a record whose times are NaN", _text(lambda t: t.replace('"median_ms":', '"median_ms":NaN,"x":'))),
    *NAMES,
))  # fmt: skip
LIST_SLOT = Slot("list.json", (
    *ANY_FILE, *JSON,
    Kind("other-faces", "a list of other faces", _text(lambda t: t.replace('"sha256": "', '"sha256": "0'))),
    Kind("outside", "a list of a face that is not there", _text(lambda t: t.replace('"0":', '"99999999":'))),
    Kind("negative", "a list of face -1", _text(lambda t: t.replace('"0":', '"-1":'))),
    Kind("gigantic", "a list of face 10^30", _text(lambda t: t.replace('"0":', f'"1{"0" * 30}":'))),
    *NAMES,
))  # fmt: skip


def _line(line: str) -> Make:
    """The recipe with one more section line."""
    return _text(lambda text: text + "\n" + line + "\n")


RECIPE_SLOT = Slot("recipe.toml", (
    *ANY_FILE,
    Kind("deep", "100,000 nested lists", holding(b"x = " + DEEP.encode())),
    Kind("dotted", "a key of 50,000 parts", holding(b"a" + b".a" * 50_000 + b" = 1\n")),
    Kind("long-number", "a number of 5,000 digits", holding(f"seed = {NUMBER}\n".encode())),
    Kind("not-utf-8", "bytes that are no UTF-8", holding(b'summary = "\xff\xfe"\n')),
    Kind("unknown-key", "a key that does not exist", _line("[model2]\nx = 1")),
    Kind("wrong-types", "lists where numbers belong", holding(b"seed = [1]\nmodel = 3\n[train]\nepochs = [[]]\n")),
    Kind("nan", "a learning rate that is NaN", holding(b"[optimizer]\nlearning_rate = nan\n[model]\narchitecture='mini-resemotenet-c'\n[train]\nepochs=1\n")),
    Kind("outside", "a checkpoint in ../../../../etc/passwd", holding(
        b"[model]\narchitecture = 'mini-resemotenet-c'\n[train]\nepochs = 1\nx=1\n[start]\ncheckpoint = '../../../../etc/passwd'\n")),
    *NAMES,
))  # fmt: skip
SWEEP_SLOT = Slot("sweep.toml", (
    *ANY_FILE,
    Kind("deep", "100,000 nested lists", holding(b"[[cell]]\nx = " + DEEP.encode())),
    Kind("no-cell", "a sweep without cells", holding(b"summary = 'x'\n")),
    Kind("explosion", "axes of 10^12 combinations", holding(
        b"[axes]\n" + b"".join(b'"loss.a%d" = [1,2,3,4,5,6,7,8,9,10]\n' % n for n in range(12))
        + b"[[cell]]\nname = 'a'\nrecipe = 'demo-c'\n")),
    Kind("traversal", "a cell named ../../escaped", holding(b"[[cell]]\nname = '../../escaped'\nrecipe = 'demo-c'\n")),
    Kind("itself", "a sweep of itself", holding(b"\n[[cell]]\nname = 'a'\nrecipe = 'bad.toml'\n")),
    Kind("no-recipe", "a cell of a recipe that is not there", holding(b"\n[[cell]]\nname = 'a'\nrecipe = 'nothing'\n")),
))  # fmt: skip
CSV_SLOT = Slot("faces.csv", (
    *[kind for kind in ANY_FILE if kind.id not in {"zeros", "endless"}],
    Kind("header-only", "a header and no faces", _text(lambda t: t.splitlines()[0] + "\n")),
    Kind("no-header", "faces without a header", _text(lambda t: t.split("\n", 1)[1])),
    Kind("nan-pixels", "a pixel that is nan", _row(lambda r: [r[0], "nan" + r[1][1:], r[2]])),
    Kind("bright-pixels", "a pixel of 300", _row(lambda r: [r[0], "300" + r[1][1:], r[2]])),
    Kind("few-pixels", "a face of 3 pixels", _row(lambda r: [r[0], "1 2 3", r[2]])),
    Kind("label-99", "a label that does not exist", _row(lambda r: ["99", r[1], r[2]])),
    Kind("long-number", "a label of 5,000 digits", _row(lambda r: [NUMBER, r[1], r[2]])),
    Kind("unknown-split", "a split that does not exist", _row(lambda r: [r[0], r[1], "../../escaped"])),
    Kind("nul", "zero bytes between the pixels", _row(lambda r: [r[0], r[1].replace(" ", "\0"), r[2]])),
    Kind("open-quote", "a quotation mark without its end", _row(lambda r: ['"' + r[0], r[1], r[2]])),
    Kind("long-line", "a line of 100 MB", _long_line),
    *NAMES,
))  # fmt: skip


def _lines(change: Callable[[list[str]], list[str]]) -> Make:
    def make(path: Path) -> None:
        path.write_text("".join(change(path.read_text().splitlines(keepends=True))))

    return with_file("session.jsonl", make)


SESSION_SLOT = Slot("session", (
    MISSING, LOOP, LONG, *within("session.jsonl", *[kind for kind in INSIDE if kind is not TRUNCATED]),
    Kind("deep-header", "a first line of 100,000 nested lists", _lines(lambda lines: [DEEP + "\n", *lines])),
    Kind("deep-line", "a later line of 100,000 nested lists", _lines(lambda lines: [lines[0], DEEP + "\n", *lines[1:]])),
    Kind("no-header", "a session without its first line", _lines(lambda lines: lines[1:])),
    Kind("nan", "probabilities that are NaN", _lines(lambda lines: [lines[0], *(x.replace("0.7", "NaN") for x in lines[1:])])),
    Kind("infinite-time", "a time of 1e999", _lines(lambda lines: [*lines[:-1], lines[-1].replace("9.0", "1e999")])),
    Kind("gigantic-time", "a time of 1e300 seconds", _lines(lambda lines: [*lines[:-1], lines[-1].replace("9.0", "1e300")])),
    Kind("backwards", "lines in the wrong order", _lines(lambda lines: [lines[0], *reversed(lines[1:])])),
    Kind("odd-labels", "samples of other labels", _lines(lambda lines: [lines[0].replace('"sad"', '"bad","mad"'), *lines[1:]])),
    Kind("markup", "a name with HTML and line breaks in it", _lines(
        lambda lines: [lines[0].replace('"anna"', '"<script>alert(1)</script>\\n../../x"'), *lines[1:]]), works=True),
    Kind("deep-marks", "marks of 100,000 nested lists", with_file("marks.jsonl", lambda p: p.write_text(DEEP + "\n")), works=True),
    *NAMES,
))  # fmt: skip
