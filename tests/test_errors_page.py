"""docs/errors.md: its ten errors are what the commands print, and its catalogue is what the source says."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import sys
from pathlib import Path

import pytest

from edgefer import errors
from tests.bundle import made
from tests.conftest import ROOT

PATH = ROOT / "docs" / "errors.md"
PAGE = PATH.read_text(encoding="utf-8")
HEAD = PAGE.partition("## All of them")[0]
SHOWN = [
    (title, *found.groups())
    for title, part in re.findall(r"^### ([^\n]+)\n(.*?)(?=^### |\Z)", HEAD, re.MULTILINE | re.DOTALL)
    if (found := re.search(r"^    \$ edgefer ([^\n]+)\n    (error: [^\n]+)$", part, re.MULTILINE))
]
KINDS = {
    kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)
}


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("error_catalogue")


# What has to be so before a command.


def faulty_recipe(monkeypatch):
    Path("mine.toml").write_text('[model]\narchitecture = "mini-resemotenet-c"\n[train]\nepoch = 3\n')


def no_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)


def engine(monkeypatch):
    made.engine(Path("engines/mine"))


def no_gpu(monkeypatch):
    from edgefer.trt import driver

    monkeypatch.setattr(driver, "probe", lambda *_: driver.Driver(problem="no NVIDIA driver is installed"))
    engine(monkeypatch)


def changed_engine(monkeypatch):
    engine(monkeypatch)
    plan = Path("engines/mine/tiny.engine")
    data = bytearray(plan.read_bytes())
    data[-1] ^= 1
    plan.write_bytes(data)


BEFORE = {
    "A recipe has faults": faulty_recipe,
    "PyTorch is not installed": no_torch,
    "An engine needs a GPU": no_gpu,
    "An engine is not the one that its card describes": changed_engine,
}


def test_there_are_ten():
    assert len(SHOWN) == HEAD.count("\n### ") == 10
    assert {title for title, _, _ in SHOWN} >= set(BEFORE)


@pytest.mark.parametrize(("title", "command", "told"), SHOWN, ids=[title for title, _, _ in SHOWN])
def test_each_of_the_ten_is_what_the_command_prints(title, command, told, cli, monkeypatch):
    BEFORE.get(title, lambda _: None)(monkeypatch)
    done = cli(*shlex.split(command))
    printed = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert len(printed) == 1, done.err
    pattern = ".*".join(re.escape(part) for part in told.split("..."))
    assert re.fullmatch(pattern, printed[0]), printed[0]
    assert done.code == (
        2 if title in ("A name is misspelt", "A recipe has faults", "A dataset is not prepared") else 1
    )


def test_the_tree_and_its_exit_codes_are_those_of_the_code():
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, re.MULTILINE))
    assert rows == {name: str(kind.exit_code) for name, kind in KINDS.items()}


def test_the_catalogue_is_what_the_source_says(script):
    assert script.text() == PAGE, "an error of the source changed; run: python scripts/error_catalogue.py"
    assert set(script.ERRORS) == set(KINDS)


def test_every_raise_of_the_source_is_found(script):
    """Each that is given words of its own; what hands on another's words has none."""
    tree = ast.parse((ROOT / "edgefer" / "paths.py").read_text(encoding="utf-8"))
    raised = [node for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    found = {entry.what for entry in script.of_file(ROOT / "edgefer" / "paths.py")}
    assert len(raised) >= len(found) > 5
    assert "<path> is a Git-LFS pointer, not <what>" in found


def test_how_expressions_become_words(script, tmp_path, monkeypatch):
    source = """
def f(path, names, found):
    fix = f"name one of {', '.join(sorted(names))}"
    if found:
        raise DataError(f"{path} has {len(names)} face{'s' if found else ''}, not {found.count!r}.", fix)
    what = "gone" if found else f"{path.name} moved"
    return UsageError(what, "do " + "this")

def g(what, fix):
    raise DataError(what, fix)
"""
    monkeypatch.setattr(script, "PACKAGE", tmp_path)
    (tmp_path / "recipe.py").write_text(source)
    found = [(entry.error, entry.what, entry.fix, entry.place) for entry in script.entries()]
    assert found == [
        ("DataError", "<path> has <number> face[s], not <count>", "name one of <names, ...>", "Recipes and sweeps"),
        ("UsageError", "[gone | <path> moved]", "do this", "Recipes and sweeps"),
    ]


@pytest.mark.parametrize(
    ("what", "fix", "line"),
    [
        ("it is gone", "make it again", "it is gone. make it again"),
        ("it is gone.", "make it again.", "it is gone. make it again"),
        ("did you mean this?", "mend it", "did you mean this? mend it"),
        ("no such one", "use a, b, ...", "no such one. use a, b, ..."),
        ("it holds a, b, ...", "empty it", "it holds a, b, ... empty it"),
        ("it is gone", "", "it is gone"),
    ],
)
def test_what_and_fix_are_joined_as_sentences(what, fix, line):
    assert str(errors.EdgeferError(what, fix)) == line
