"""The commands that the documentation shows, and what each page says of them.

A page is README.md, CONTRIBUTING.md or a file of docs/. Its commands stand in blocks, indented by four spaces or fenced:
the lines after `$ `, and in a block without a `$ ` every line that begins with a program's name. What follows two spaces is
a description; a line that ends in a backslash goes on. An HTML comment on a line of its own, which readers do not see, says
what is to be done with the next block:

    <!-- run -->                    typed into a shell, block by block in one folder for the page; one that shows `error:` must fail so
    <!-- run: prints this -->       and each line shown below a command stands in what it printed; figures may differ, ... is anything
    <!-- needs: NVIDIA GPU -->      not run, for want of what is named: words of NEEDS
    <!-- tested: tests/x.py -->     run there
    <!-- file: mine.toml -->        the block is a file of that name, which later commands find

`<!-- page needs: fer2013 -->` and `<!-- page tested: tests/x.py -->` stand for all blocks of a page that have no word of
their own. Text that is no command (output, JSON) needs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT

PROGRAMS = re.findall(
    r"\S+",
    "edgefer pip python python3 pytest torchrun ruff mypy docker tar trtexec tensorrt_rtx tritonserver sudo apt apt-get "
    "scp ssh curl wget git sha256sum cd bash deepstream-app tegrastats nvpmodel jetson_clocks source . mkdir cp",
)
NEEDS = {
    "NVIDIA GPU",
    "several GPUs",
    "Jetson",
    "camera",
    "display",
    "network",
    "fer2013",  # the official csv, which edgefer may not bring along
    "dataset",  # another one
    "film",
    "idle machine",
    "time",
    "MQTT broker",
    "Triton",
    "DeepStream",
    "trtexec",
    "Docker",
    "QEMU",
    "root",
}
MARK = re.compile(r"<!-- (page )?(run: prints this|run|needs|tested|file)(?:: (.+?))? -->")
CUT = re.compile(r"""((?:'[^']*'|"[^"]*"|[^'"\s]|\s(?!\s))*)""")


@dataclass(frozen=True)
class Mark:
    kind: str  # run, prints, needs, tested, file, ci
    words: str = ""


@dataclass(frozen=True)
class Command:
    """One line to type, and the lines that the page shows below it."""

    line: int
    text: str
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    line: int
    text: str
    language: str
    mark: Mark | None
    commands: tuple[Command, ...] = field(default=())


@dataclass(frozen=True)
class Page:
    path: Path
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))


def pages() -> list[Page]:
    return [
        read(path) for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
    ]


def read(path: Path) -> Page:
    lines = path.read_text(encoding="utf-8").splitlines()
    whole: Mark | None = None
    blocks: list[Block] = []
    mark: Mark | None = None
    for number, (kind, language, text) in _parts(lines):
        if kind == "text":
            for found in MARK.finditer(text):
                said = Mark(found[2].replace("run: prints this", "prints"), found[3] or "")
                whole, mark = (said, mark) if found[1] else (whole, said)
            if text.strip() and not MARK.fullmatch(text.strip()):
                mark = None
            continue
        # The README's own fences for the shell are what .ci/run types.
        by_ci = Mark("ci") if path.name == "README.md" and language == "bash" else None
        told = mark or by_ci or whole
        commands = () if language in ("toml", "python", "json", "text") else tuple(_commands(number, text))
        blocks.append(Block(number, "\n".join(text), language, told, commands))
        mark = None
    return Page(path, tuple(blocks))


def _parts(lines: list[str]) -> Iterator[tuple[int, tuple[str, str, list[str] | str]]]:
    """Lines of prose, `(number, ("text", "", line))`, and blocks, `(number, ("block", language, lines))`."""
    index, listed = 0, False
    while index < len(lines):
        line = lines[index]
        if fence := re.match(r"( *)```(\w*)", line):
            start = index = index + 1
            while index < len(lines) and not lines[index].strip().startswith("```"):
                index += 1
            inside = [text.removeprefix(fence[1]) for text in lines[start:index]]
            yield start + 1, ("block", fence[2], inside)
            index += 1
        elif line.startswith("    ") and not listed and (index == 0 or not lines[index - 1].strip()):
            start = index
            while index < len(lines) and (lines[index].startswith("    ") or not lines[index].strip()):
                index += 1
            inside = [text[4:] for text in lines[start:index]]
            while not inside[-1].strip():
                inside.pop()
            yield start + 1, ("block", "", inside)
        else:
            # What is indented below an item of a list belongs to the item.
            listed = bool(re.match(r"\s*([-*]|\d+\.) ", line)) or (
                listed and (not line.strip() or line.startswith(" "))
            )
            yield index + 1, ("text", "", line)
            index += 1


def _commands(start: int, lines: list[str]) -> Iterator[Command]:
    prompted = any(line.startswith("$ ") for line in lines)
    index = 0
    while index < len(lines):
        first = index
        text = lines[index].removeprefix("$ ").strip()
        index += 1
        if prompted and not lines[first].startswith("$ "):
            continue
        if not prompted and not _begins_with_program(lines[first]):
            continue
        while text.endswith("\\") and index < len(lines):
            text = f"{text[:-1].strip()} {lines[index].strip()}"
            index += 1
        shown = index
        while prompted and index < len(lines) and not lines[index].startswith("$ "):
            index += 1
        found = CUT.match(text)
        assert found is not None
        yield Command(start + first, found[1].strip(), tuple(lines[shown:index]))


def _begins_with_program(line: str) -> bool:
    words = line.split()
    return bool(words) and not line.startswith(" ") and (words[0] in PROGRAMS or words[0].startswith("./"))
