"""Do the base install and each extra resolve for every Python and processor, from wheels alone? Asked of the index, by uv.

    python scripts/resolve.py [--write docs/devices.md]

Nothing is installed. Exits 1 where the answer is another than the one stated here. --write puts the tables, with their date,
between the page's markers.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
PLATFORMS = {"x86-64": "x86_64-manylinux_2_28", "aarch64": "aarch64-manylinux_2_28"}
BASE = "base"
SHOWN = ("numpy", "onnx", "onnxruntime", "opencv-python", "protobuf", "pydantic", "typer")
BEGIN, END = "<!-- resolve -->", "<!-- end of resolve -->"
# TensorRT's packages have no wheels of their own: source packages, which fetch or depend on the wheels when they are installed.
SOURCES = ("tensorrt", "tensorrt-cu12", "tensorrt-cu12-libs", "tensorrt-cu13", "tensorrt-cu13-libs", "tensorrt-rtx")


@dataclass(frozen=True)
class Source:
    """An extra whose `package` is a source package: the rest resolves from wheels, this does not, for that reason."""

    extra: str
    package: str
    reason: str


@dataclass(frozen=True)
class Absent:
    """An extra that installs without `package` on this processor."""

    extra: str
    machine: str
    package: str
    reason: str


FETCHED = "a source package that fetches NVIDIA's libraries from NVIDIA's own index while it is installed"
SOURCE = (
    Source("tensorrt", "tensorrt", f"All but `tensorrt`, {FETCHED}; on a Jetson it comes with JetPack, not from pip."),
    Source("rtx", "tensorrt-rtx", "All but `tensorrt-rtx`, a source package that names wheels of the same index."),
    Source("torch-tensorrt", "tensorrt", f"All but the `tensorrt` that it needs, {FETCHED}."),
)
ABSENT = (
    Absent(
        "rtx",
        "aarch64",
        "tensorrt-rtx",
        "Without `tensorrt-rtx`: it compiles for GPUs of PCs and workstations, and no Jetson is among them.",
    ),
)


@dataclass(frozen=True)
class Board:
    """A device whose system brings some packages: what is installed beside the base, under which constraints."""

    name: str
    python: str
    platform: str
    constraints: str
    packages: tuple[str, ...]


BESIDE = ("cuda-bindings", "nvidia-ml-py", "onnxconverter-common")
BOARDS = (
    Board("JetPack 6", "3.10", "aarch64-manylinux_2_35", "constraints-jetpack6.txt", BESIDE),
    Board("JetPack 7", "3.12", "aarch64-manylinux_2_39", "constraints-jetpack7.txt", BESIDE),
)


@dataclass(frozen=True)
class Answer:
    """Versions by package where it resolves, else why not."""

    versions: dict[str, str]
    why_not: str = ""


class NoIndexError(Exception):
    """uv or the index is not here; the words say which."""


def extras(project: Path) -> list[str]:
    """The names of the extras in a pyproject.toml."""
    table = project.read_text(encoding="utf-8").split("[project.optional-dependencies]")[1].split("\n[")[0]
    return re.findall(r"^([\w-]+) = \[", table, re.MULTILINE)


def resolve(
    names: Iterable[str], python: str, platform: str, *more: str, project: Path = ROOT / "pyproject.toml"
) -> Answer:
    """Ask for the base with these extras. `more` are further words for uv. NoIndexError where nobody can be asked."""
    beside = str(Path(sys.executable).parent)
    uv = shutil.which("uv") or shutil.which("uv", path=beside)
    if uv is None:
        raise NoIndexError("uv is not installed")
    command = [uv, "pip", "compile", str(project), "--python", sys.executable, "--no-python-downloads", "--quiet"]
    command += ["--python-version", python, "--python-platform", platform, "--only-binary", ":all:"]
    command += ["--no-header", "--no-annotate", "--no-config", *(f"--extra={name}" for name in names if name != BASE)]
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        why = " ".join(done.stderr.split())
        if re.search(r"error sending request|dns error|Connect|timed out|Could not connect|network", why):
            raise NoIndexError("the package index cannot be reached")
        return Answer({}, why[:300])
    lines = (line.split(" ;")[0].split("==") for line in done.stdout.splitlines() if "==" in line)
    return Answer(dict(lines))


def without(folder: Path, packages: Sequence[str] = SOURCES) -> tuple[str, ...]:
    """The words by which uv leaves packages out; the list is written into the folder."""
    listed = folder / "excluded.txt"
    listed.write_text("\n".join(packages) + "\n", encoding="utf-8")
    return ("--excludes", str(listed))


def board(which: Board, folder: Path) -> Answer:
    """What a device installs, from wheels alone."""
    wanted = folder / f"{which.constraints}.in"
    wanted.write_text("\n".join(which.packages) + "\n", encoding="utf-8")
    constraints = str(ROOT / which.constraints)
    return resolve([], which.python, which.platform, str(wanted), "--constraints", constraints)


def cell(extra: str, machine: str, python: str, folder: Path) -> str:
    """What is wrong with one combination, by what is stated above; empty where all is as stated."""
    platform = PLATFORMS[machine]
    absent = next((one for one in ABSENT if (one.extra, one.machine) == (extra, machine)), None)
    source = next((one for one in SOURCE if one.extra == extra), None)
    if absent is not None:
        answer = resolve([extra], python, platform)
        return answer.why_not or (f"{absent.package} is there" if absent.package in answer.versions else "")
    if source is None:
        return resolve([extra], python, platform).why_not
    refused = resolve([extra], python, platform).why_not
    # The compiled halves of the same packages are wheels, and so is all else of the extra.
    if not re.search(rf"Because {source.package}(-cu\d+)?(-libs)?(\{{.*?\}})?[<>=]\S* has no usable wheels", refused):
        return f"{source.package} was to be refused for want of wheels; {refused or 'it resolves'}"
    return resolve([extra], python, platform, *without(folder)).why_not


def tables(folder: Path) -> tuple[list[str], list[str]]:
    """The lines for the page, and what is not as stated."""
    project = ROOT / "pyproject.toml"
    cells = [
        (extra, machine, python) for extra in (BASE, *extras(project)) for machine in PLATFORMS for python in PYTHONS
    ]
    with ThreadPoolExecutor(4) as pool:
        found = dict(zip(cells, pool.map(lambda one: cell(*one, folder), cells), strict=True))
    faults = [f"{extra} on {machine}, Python {python}: {why}" for (extra, machine, python), why in found.items() if why]
    lines = [f"By `python scripts/resolve.py`, {datetime.datetime.now(datetime.timezone.utc).date()}:", ""]
    lines += [f"| install | {' | '.join(PLATFORMS)} |", "|---|---|---|"]
    for extra in (BASE, *extras(project)):
        row = [f"Python {_span(p for p in PYTHONS if not found[extra, m, p])}{_note(extra, m)}" for m in PLATFORMS]
        lines.append(f"| `{'edgefer' if extra == BASE else f'edgefer[{extra}]'}` | {' | '.join(row)} |")
    lines += ["", *(f"{number}. {one.reason}" for number, one in _notes()), ""]
    lines += [f"| pip takes | {' | '.join(SHOWN)} |", "|---|" + "---|" * len(SHOWN)]
    asked = {
        f"newest, Python {python}": resolve([], python, PLATFORMS["aarch64"]) for python in (PYTHONS[0], PYTHONS[-1])
    }
    oldest = {m: resolve([], PYTHONS[0], name, "--resolution", "lowest-direct") for m, name in PLATFORMS.items()}
    asked[f"oldest that edgefer allows, Python {PYTHONS[0]}"] = oldest["aarch64"]
    asked |= {f"{one.name} with `{one.constraints}`, Python {one.python}": board(one, folder) for one in BOARDS}
    for name, answer in (*asked.items(), ("oldest on x86-64", oldest["x86-64"])):
        faults += [f"{name}: {answer.why_not}"] if answer.why_not else []
    lines += [f"| {name} | {' | '.join(a.versions.get(p, '-') for p in SHOWN)} |" for name, a in asked.items()]
    return lines, faults


def _notes() -> list[tuple[int, Source | Absent]]:
    return list(enumerate((*SOURCE, *ABSENT), 1))


def _note(extra: str, machine: str) -> str:
    numbers = [
        number
        for number, one in _notes()
        if one.extra == extra and (one.machine == machine if isinstance(one, Absent) else True)
    ]
    # Where a package is left out, it does not matter that it is a source package.
    return f" ({numbers[-1]})" if numbers else ""


def _span(pythons: Iterable[str]) -> str:
    there = list(pythons)
    return f"{there[0]} to {there[-1]}" if there == list(PYTHONS) else ", ".join(there) or "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="the page that gets the tables")
    page = parser.parse_args().write
    try:
        with tempfile.TemporaryDirectory(prefix="edgefer-resolve-") as place:
            lines, faults = tables(Path(place))
    except NoIndexError as error:
        raise SystemExit(f"error: {error}") from None
    print("\n".join(lines))
    if faults:
        raise SystemExit("\n".join(f"error: {fault}" for fault in faults))
    if page is not None:
        head, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, found, tail = rest.partition(END)
        if not found:
            raise SystemExit(f"error: {page} has no markers {BEGIN} and {END}")
        page.write_text("\n".join([head + BEGIN, "", *lines, "", END + tail]), encoding="utf-8")


if __name__ == "__main__":
    main()
