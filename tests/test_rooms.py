"""Imports run one way: each room imports only rooms below it (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "edgefer"
# Top to bottom, as docs/architecture.md lists them.
ROOMS = (
    "cli", "report", "doctor", "pipeline", "bundle", "camera", "benchmark", "distill", "engine", "quantize", "export",
    "evaluate", "runtime", "trt", "models", "data",
)  # fmt: skip


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return {name.split(".")[1] for name in found if name.startswith("edgefer.")}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_below_it(path: Path):
    room = path.relative_to(PACKAGE).parts[0]
    if path in (PACKAGE / "__main__.py", PACKAGE / "__init__.py"):  # the two front doors
        return
    level = ROOMS.index(room) if room in ROOMS else len(ROOMS)
    above = {name for name in imports(path) & set(ROOMS) if ROOMS.index(name) < level}
    assert not above, f"{path} reaches up into {above}"


def test_every_room_is_in_the_list_and_in_the_docs():
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert folders == set(ROOMS)
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    places = [architecture.index(f"`edgefer/{room}/`") for room in ROOMS]
    assert places == sorted(places)


def test_no_file_grows_past_500_lines():
    sizes = {path: path.read_text(encoding="utf-8").count("\n") for path in PACKAGE.rglob("*.py")}
    assert {path: size for path, size in sizes.items() if size > 500} == {}
