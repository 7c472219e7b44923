"""Every command in the documentation is run here, or says what it needs; all are held against the command line of today.

How a page says so stands at the head of tests/doc_pages.py.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edgefer.trt import driver
from tests import doc_lines, doc_pages, doc_toys
from tests.conftest import ROOT, SHARED
from tests.doc_pages import NEEDS, Block, Command, Mark, Page

PAGES = {page.name: page for page in doc_pages.pages()}
RUN = [
    name
    for name, page in PAGES.items()
    if any(block.mark and block.mark.kind in ("run", "prints") for block in page.blocks)
]
# Pages that go on in the folder where another one ends.
AFTER = {"docs/int8.md": "docs/distil-your-own.md"}
CHAINS = [(name, *(after for after, before in AFTER.items() if before == name)) for name in RUN if name not in AFTER]
DETECTOR = SHARED / "models" / "face_detection_yunet_2026may.onnx"
# What these pages find in their folder, and what is made smaller so that it takes seconds.
TOYS: dict[str, Callable[[Path], None]] = {
    "docs/distil-your-own.md": doc_toys.pictures,
}
SMALLER = {"docs/distil-your-own.md": ("epochs = 30", "epochs = 1")}
# What the commands of a page import, besides the base install; and the pages on which YuNet finds faces.
IMPORTS = {
    "docs/distil-your-own.md": ("torch", "matplotlib", "onnxscript", "tensorrt_rtx"),
    "docs/engines.md": ("tensorrt_rtx",),
}
WATCHING = ("docs/tutorial.md", "docs/camera.md", "docs/distil-your-own.md")


def own_files(page: Page) -> set[str]:
    return {block.mark.words for block in page.blocks if block.mark and block.mark.kind == "file"}


@pytest.mark.parametrize("name", PAGES)
def test_every_command_says_whether_it_is_run(name: str):
    for block in PAGES[name].blocks:
        where = f"{name}, line {block.line}"
        if not block.commands:
            continue
        assert block.mark is not None, f"{where}: no word on {block.commands[0].text!r}; see tests/doc_pages.py"
        if block.mark.kind == "needs":
            assert set(block.mark.words.split(", ")) <= NEEDS, where
        if block.mark.kind == "tested":
            assert all((ROOT / path).is_file() for path in block.mark.words.split(", ")), where


@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_one_that_the_programs_know(name: str):
    page = PAGES[name]
    faults = {
        f"{name}:{command.line}: {command.text}": found
        for block in page.blocks
        for command in block.commands
        if (found := doc_lines.wrong(command.text, own_files(page)))
    }
    assert not faults


@pytest.mark.parametrize("name", PAGES)
def test_commands_within_sentences_have_these_options(name: str):
    for found in re.finditer(r"`(edgefer [^`]+)`", PAGES[name].path.read_text(encoding="utf-8")):
        words = found[1].replace("\\|", " ").split()[1:]
        commands = [word for word in words if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")]
        known = doc_lines.options_of(commands)
        if known is not None:
            asked = {word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)}
            assert asked <= known, f"{name}: `{found[1]}`"
        else:
            assert not words or not re.match(r"[a-z]", words[0]), f"{name}: `{found[1]}`"


@pytest.mark.parametrize("names", CHAINS, ids=lambda names: names[0])
def test_the_page_does_what_it_says(names: tuple[str, ...], tmp_path: Path):
    for module in IMPORTS.get(names[0], ()):
        pytest.importorskip(module)
    if not driver.probe().problem:
        pytest.skip("the pages show a machine without a GPU")
    if names[0] in WATCHING and not DETECTOR.is_file():
        pytest.skip("needs the folder 'shared' beside the checkout (the detector that the pages show)")
    shell = Shell(tmp_path)
    TOYS.get(names[0], lambda folder: None)(shell.folder)
    for name in names:
        for block in PAGES[name].blocks:
            kind = block.mark.kind if block.mark else ""
            if kind == "file":
                text = block.text.replace(*SMALLER.get(name, ("", "")))
                (shell.folder / block.mark.words).write_text(f"{text}\n", encoding="utf-8")
            elif kind in ("run", "prints"):
                run(shell, name, block, whole=kind == "prints")


def run(shell: Shell, name: str, block: Block, whole: bool) -> None:
    for command in block.commands:
        where = f"{name}:{command.line}: {command.text}"
        code, printed = shell(command.text)
        assert "Traceback" not in printed, f"{where}\n{printed}"
        refused = any(line.startswith("error: ") for line in command.shown)
        assert (code in (1, 2)) if refused else code == 0, f"{where} ended with {code}\n{printed}"
        missing = [line for line in shown(command, whole) if not stands(line, printed)]
        assert not missing, f"{where} printed no line such as {missing}, but\n{printed}"


def shown(command: Command, whole: bool) -> list[str]:
    """The lines that the command must have printed: all that are shown, or its error alone."""
    return [line for line in command.shown if line.strip(" .") and (whole or line.startswith("error: "))]


def stands(line: str, printed: str) -> bool:
    parts = [re.escape(plain(part)) for part in line.split("...")]
    return any(re.fullmatch(".*".join(parts), plain(other)) for other in printed.splitlines())


def plain(text: str) -> str:
    """A line without its figures and the width of its columns."""
    return re.sub(r"[-+]?\d[\d,.:]*", "0", " ".join(text.split()))


class Shell:
    """Types lines into bash in a folder of its own, where `edgefer` and `python` are those of this test run."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "page"
        self.folder.mkdir()
        programs = root / "bin"
        programs.mkdir()
        for name, start in (("python", ""), ("edgefer", "-m edgefer ")):
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {start}"$@"\n')
            program.chmod(0o755)
        # The shipped students, by their paths in the checkout.
        (self.folder / "edgefer").mkdir()
        (self.folder / "edgefer" / "students").symlink_to(ROOT / "edgefer" / "students")
        (self.folder / "benchmarks").symlink_to(ROOT / "benchmarks")
        path = os.pathsep.join((str(programs), os.environ["PATH"]))
        unset = ("DISPLAY", "WAYLAND_DISPLAY", "COLUMNS")
        self.environment = {name: value for name, value in os.environ.items() if name not in unset}
        self.environment |= {"PATH": path, "PYTHONPATH": str(ROOT), "EDGEFER_HOME": str(root / "home")}
        if DETECTOR.is_file():
            self.environment["EDGEFER_YUNET"] = str(DETECTOR)

    def __call__(self, line: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


SAMPLE = """# Page

<!-- needs: camera -->

    edgefer run --camera 0        in a window, two  spaces  part
    not a command

Text.

<!-- run: prints this -->

    $ edgefer evaluate a.onnx \\
        --against b.onnx
    accuracy 1 %
    edgefer          1,476 faces/s

- item

      edgefer run of a list

```
edgefer doctor   # all of it
```

<!-- file: a.toml -->

```toml
edgefer = 1
```
"""


def test_a_page_is_read_as_its_reader_sees_it(tmp_path: Path):
    path = tmp_path / "page.md"
    path.write_text(SAMPLE)
    first, second, third, fourth = doc_pages.read(path).blocks
    assert (first.mark, [command.text for command in first.commands]) == (
        Mark("needs", "camera"),
        ["edgefer run --camera 0"],
    )
    (command,) = second.commands
    assert command.text == "edgefer evaluate a.onnx --against b.onnx"
    assert command.shown == ("accuracy 1 %", "edgefer          1,476 faces/s")
    assert (second.mark, command.line) == (Mark("prints"), 12)
    # Nobody said a word about it.
    assert (third.mark, [one.text for one in third.commands]) == (None, ["edgefer doctor"])
    assert (fourth.mark, fourth.commands) == (Mark("file", "a.toml"), ())


def test_a_word_for_the_whole_page_stands_until_a_block_has_its_own(tmp_path: Path):
    path = tmp_path / "page.md"
    path.write_text("<!-- page needs: fer2013 -->\n\n    edgefer export\n\n<!-- run -->\n\n    edgefer doctor\n")
    assert [block.mark for block in doc_pages.read(path).blocks] == [Mark("needs", "fer2013"), Mark("run")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("edgefer run --camra 0", "--camra"),
        ("edgefer build-engine m.onnx --precision int7", "int7"),
        ("edgefer data prepare a b", "b"),
        ("edgefer trian", "trian"),
        ("VAR=1 edgefer models gett yunet | head", "gett"),
        ("true && edgefer run --camera x", "'--camera'"),
        ("torchrun --nproc-per-node 4 -m edgefer distil R", "distil"),
        ("pip install 'edgefer[gpu]'", "gpu"),
        ("pip install -c constrains.txt .", "constrains.txt"),
        ("python benchmarks/int8_cup.py", "int8_cup.py"),
        ("python benchmarks/training.py --epoch 2", "--epoch"),
        ("pytest tests/nowhere", "tests/nowhere"),
    ],
)
def test_a_line_that_nobody_takes_is_found(line: str, told: str):
    (fault,) = doc_lines.wrong(line, set())
    assert told in fault


@pytest.mark.parametrize(
    "line",
    [
        "edgefer --version",
        "edgefer data prepare folder --source x > out.txt 2>&1",
        "sudo nvpmodel -q",
        "python watch.py",
        "pip install -c constraints.txt -e '.[train,rtx]'",
        "python benchmarks/training.py --faces 2048 --epochs 2 --compile",
    ],
)
def test_a_sound_line_is_let_be(line: str):
    assert doc_lines.wrong(line, {"watch.py"}) == []


def test_figures_may_differ_and_words_may_not():
    assert stands("  0.00 s  face 1: surprise 53%", "read\n    1.27 s  face 1: surprise 61%\n")
    assert stands("wrote ... and b-512.json", "wrote a, c and b-128.json")
    assert not stands("0.00 s  face 1: surprise 53%", "0.00 s  face 1: happy 53%")
    assert not stands("wrote a", "it wrote a")
