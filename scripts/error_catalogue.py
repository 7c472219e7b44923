"""Write the catalogue in docs/errors.md, below its marker: every error that the source raises on purpose.

python scripts/error_catalogue.py

Reads the source as a syntax tree and imports none of it. A message's values become <placeholders>; a name that was assigned
before stands for what it was given.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edgefer.paths import write_text

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "edgefer"
PAGE = ROOT / "docs" / "errors.md"
MARKER = "<!-- below: python scripts/error_catalogue.py -->"
LONGEST = 150
ERRORS = (
    "EdgeferError", "UsageError", "RecipeError", "ArtifactError", "UntrustedError", "DataError", "BackendError", "BuildError",
    "SourceError", "CheckFailed", "Interrupted",
)  # fmt: skip
# Where an error comes from: heading, and the folders and files of the package in it, in the order of the page.
PLACES = {
    "Any command: files, names, options": ("paths.py", "console.py", "errors.py", "ranks.py", "table.py", "cli", "card.py", "emotions.py", "scales.py"),
    "Recipes and sweeps": ("recipe.py", "recipe_loss.py", "recipe_section.py", "recipe_teachers.py", "sweep.py"),
    "Datasets, stores, audits": ("data",),
    "Models, checkpoints, export": ("models", "export"),
    "Training and distillation": ("distill",),
    "Finding and running models": ("runtime",),
    "Evaluation and gates": ("evaluate",),
    "Calibration and quantisation": ("quantize",),
    "Building engines": ("engine", "pipeline"),
    "TensorRT, drivers, passports": ("trt",),
    "Benchmarks": ("benchmark",),
    "Camera, films, sessions": ("camera",),
    "Bundles": ("bundle",),
    "Reports": ("report",),
    "Doctor": ("doctor",),
    "Python interface": (),
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Entry:
    """One kind of error. place: heading of its table; what, fix: patterns."""

    place: str
    what: str
    fix: str
    error: str


@dataclass
class _Scope:
    """What names were given, in a function and in its module."""

    names: dict[str, ast.expr] = field(default_factory=dict)
    above: _Scope | None = None

    def find(self, name: str) -> ast.expr | None:
        found = self.names.get(name)
        return found if found is not None or self.above is None else self.above.find(name)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    write_text(PAGE, text())


def text() -> str:
    """The page: what is written by hand, and the catalogue below it."""
    above = PAGE.read_text(encoding="utf-8").partition(MARKER)[0]
    return f"{above}{MARKER}\n\n{catalogue()}"


def catalogue() -> str:
    """One table a place."""
    found = entries()
    parts = []
    for place in PLACES:
        rows: dict[tuple[str, str], list[str]] = {}
        for entry in found:
            if entry.place == place:
                rows.setdefault((entry.what, entry.error), []).append(entry.fix)
        if rows:
            lines = [f"| {_cell(what)} | {_fixes(fixes)} | {error} |" for (what, error), fixes in rows.items()]
            parts.append("\n".join([f"### {place}", "", "| message | what to do | kind |", "|---|---|---|", *lines]))
    return "\n\n".join(parts) + "\n"


def entries() -> list[Entry]:
    """Every error of the source, sorted, each once."""
    return sorted({entry for path in sorted(PACKAGE.rglob("*.py")) for entry in of_file(path)})


def of_file(path: Path) -> Iterator[Entry]:
    """The errors that a file makes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _walk(tree, _Scope(_assigned(tree)), _place(path))


def _place(path: Path) -> str:
    top = path.relative_to(PACKAGE).parts[0]
    return next((title for title, tops in PLACES.items() if top in tops), "Python interface")


def _walk(node: ast.AST, scope: _Scope, place: str) -> Iterator[Entry]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _walk(child, _Scope(_assigned(child), scope), place)
            continue
        if isinstance(child, ast.Call) and (name := _called(child)) in ERRORS and child.args:
            words = [_pattern(argument, scope) for argument in child.args[:2]]
            words += [_pattern(keyword.value, scope) for keyword in child.keywords if keyword.arg == "fix"]
            # What only hands on what it was given says nothing.
            if words[0].strip("<>*") != words[0] and " " not in words[0]:
                continue
            what, fix = (one if one.endswith("...") else one.rstrip(".") for one in [*words, ""][:2])
            yield Entry(place, what, fix, name)
        yield from _walk(child, scope, place)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _assigned(node: ast.AST) -> dict[str, ast.expr]:
    """Names that one plain assignment gives a text, in a function's or a module's own body."""
    found: dict[str, ast.expr] = {}
    pending = list(ast.iter_child_nodes(node))
    while pending:
        child = pending.pop(0)
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        pending += ast.iter_child_nodes(child)
        if isinstance(child, ast.Assign) and len(child.targets) == 1:
            _assign(child.targets[0], child.value, found)
        elif isinstance(child, (ast.AnnAssign, ast.NamedExpr)) and child.value is not None:
            _assign(child.target, child.value, found)
    return found


def _assign(target: ast.expr, value: ast.expr, found: dict[str, ast.expr]) -> None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, given in zip(target.elts, value.elts, strict=True):
            _assign(one, given, found)
    elif isinstance(target, ast.Name) and isinstance(value, (ast.Constant, ast.JoinedStr, ast.IfExp, ast.BinOp)):
        found[target.id] = value


def _pattern(node: ast.expr, scope: _Scope, depth: int = 0) -> str:
    """An expression as words."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_pattern(part, scope, depth) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _pattern(node.value, scope, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _pattern(node.left, scope, depth) + _pattern(node.right, scope, depth)
    if isinstance(node, ast.IfExp):
        ways = [_pattern(one, scope, depth) for one in (node.body, node.orelse)]
        return f"[{' | '.join(way for way in ways if way)}]" if all(ways) else f"[{''.join(ways)}]"
    if isinstance(node, ast.Name):
        known = scope.find(node.id) if depth < 3 else None
        return f"<{_words(node.id)}>" if known is None else _pattern(known, scope, depth + 1)
    return f"<{_name(node)}>"


def _name(node: ast.expr) -> str:
    """A short name for a value."""
    if isinstance(node, ast.Name):
        return _words(node.id)
    if isinstance(node, ast.Attribute):
        inner = _name(node.value)
        plain = node.attr in ("name", "value", "path", "strerror", "title", "text", "fix", "what", "message")
        return (
            _words(inner) if plain and node.attr != "strerror" and inner not in ("self", "...") else _words(node.attr)
        )
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    if isinstance(node, ast.Call):
        return _call_name(node)
    if isinstance(node, (ast.BoolOp,)):
        return _name(node.values[0])
    if isinstance(node, ast.BinOp):
        return _name(node.left)
    return "..."


def _call_name(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        if node.func.attr == "join" and node.args:
            return f"{_name(node.args[0])}, ..." if _name(node.args[0]) != "..." else "..."
        return (
            _name(node.func.value) if isinstance(node.func.value, (ast.Name, ast.Attribute)) else _words(node.func.attr)
        )
    if isinstance(node.func, ast.Name):
        if node.func.id in ("len", "sum"):
            return "number"
        if (
            node.func.id in ("str", "sorted", "list", "repr", "min", "max", "next", "iter", "map", "tuple", "set")
            and node.args
        ):
            return _name(node.args[-1])
        return _words(node.func.id)
    return "..."


def _words(name: str) -> str:
    return name.strip("_").replace("_", " ").lower() or "..."


def _fixes(fixes: list[str]) -> str:
    """What to do about one message; several places may each say something else."""
    return _cell(", or: ".join(dict.fromkeys(fix for fix in fixes if fix))) or "-"


def _cell(words: str) -> str:
    """Words for a cell of a table, as code: on one line, cut where they grow too long."""
    line = " ".join(words.split())
    if len(line) > LONGEST:
        line = line[:LONGEST].rsplit(" ", 1)[0] + " ..."
    line = line.replace("`", "'").replace("|", r"\|")
    # What begins with the program's name is no command where it is cut or a sentence: not in the form that tests check.
    return f"`` {line} ``" if line.startswith("edgefer ") else f"`{line}`" if line else ""


if __name__ == "__main__":
    main()
