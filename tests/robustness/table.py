"""The table: every command that reads or writes something, by every kind of bad input that fits it there.

A row is a command line with `{bad}` where the bad input stands, `{good}` for the folder of good things. The page
`docs/robustness.md` and the tests are made of it.
"""

# ruff: noqa: E501  a row is a line
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.robustness.any_input import (
    ANY_FILE,
    ANY_FOLDER,
    FIFO,
    FOLDER,
    HOSTILE_NAME,
    INSIDE,
    MISSING,
    NOTES,
    TRUNCATED,
    UNREADABLE,
    within,
)
from tests.robustness.array_input import CALIBRATION_SLOT, STORE_SLOT
from tests.robustness.kind import Kind, Slot
from tests.robustness.onnx_input import NAN, ONNX_SLOT
from tests.robustness.picture_input import (
    AFFECTNET_NPY_SLOT,
    AFFECTNET_SLOT,
    EXPW_SLOT,
    FILM_SLOT,
    FOLDER_SLOT,
    PICTURE_SLOT,
    RAFDB_SLOT,
)
from tests.robustness.place_input import (
    DEVICE,
    DIRECTORY,
    FILE,
    FILE_ABOVE,
    PROC,
    READ_ONLY,
    TO_FILE,
    TO_FOLDER,
)
from tests.robustness.text_input import CSV_SLOT, LIST_SLOT, RECIPE_SLOT, RECORD_SLOT, SESSION_SLOT, SWEEP_SLOT
from tests.robustness.weights_input import PTH_SLOT, RUN_SLOT, SAFETENSORS_SLOT


@dataclass(frozen=True)
class Row:
    """A command and what is bad in it. fine: kinds that this command need not refuse, because it never looks there.

    variable: the environment variable that names the bad thing, where the line does not.
    """

    id: str
    line: str
    slot: Slot
    fine: frozenset[str] = frozenset()
    leave: frozenset[str] = frozenset()
    variable: str = ""

    @property
    def shown(self) -> str:
        """The line as one types it."""
        return f"{self.variable}={{bad}} edgefer {self.line}" if self.variable else f"edgefer {self.line}"

    def cases(self) -> Iterator[Case]:
        for kind in self.slot.kinds:
            if kind.id not in self.leave:
                yield Case(self, replace(kind, works=kind.works or kind.id in self.fine))


@dataclass(frozen=True)
class Case:
    row: Row
    kind: Kind

    @property
    def id(self) -> str:
        return f"{self.row.id}-{self.kind.id}"


def _row(id_: str, line: str, slot: Slot, fine: str = "", leave: str = "", variable: str = "") -> Row:
    return Row(id_, line, slot, frozenset(fine.split()), frozenset(leave.split()), variable)


def _few(slot: Slot) -> Slot:
    """The kinds that a second reader of the same thing is asked about; names that must work are left out."""
    return Slot(slot.good, tuple(kind for kind in slot.kinds if kind.id in FEW))


ENGINE_SLOT = Slot("engine", (*ANY_FOLDER, *within("tiny.engine", *INSIDE), *within("card.json", *INSIDE)))
ENGINE_FILE_SLOT = Slot("engine/tiny.engine", ANY_FILE)
FEW = frozenset(
    [
        "missing",
        "text",
        "picture",
        "fifo",
        "endless",
        "unreadable",
        "escape-name",
        "directory",
        "file",
        "no-card",
        "deep-card",
        "pickle",
        "zip-pickle",
        "header-2^60",
        "pickled-array",
        "manifest.json-missing",
        "faces.npy-missing",
        "deep",
        "deep-manifest",
        "wrong-types",
        "other-schema",
    ]
)
# Places that are looked at before the work.
EARLY_FILE, EARLY_FOLDER = (READ_ONLY, FILE_ABOVE, DIRECTORY, PROC), (READ_ONLY, FILE_ABOVE, FILE, PROC)
SHORT = "benchmark --batch 1 --rounds 1 --seconds 0.01 --calls 2 --threads 1 --no-int8"
CPU = "--target cpu --precision int8 --no-measure"

RUN = "run --headless --detector none --engine {good}/tiny.onnx --source {good}/film.avi"
READS = "run --headless --detector none --engine {good}/tiny.onnx --jsonl - --source {bad}"
RUNS = "run --headless --detector none --source {good}/face.png --jsonl out.jsonl --engine {bad}"
WHOLE = "three-labels unknown-operator gigantic-middle nan-weights inf-weights traversal-card"
UNSEEN = f"{WHOLE} outside-relative outside-absolute gigantic-weights 5-d-input two-inputs"
COPIED = "unknown-key wrong-types nan outside"

ROWS = (
    _row("inspect onnx", "inspect {bad}", ONNX_SLOT, fine="three-labels unknown-operator nan-weights inf-weights gigantic-middle traversal-card"),
    _row("inspect checkpoint", "inspect {bad}", SAFETENSORS_SLOT, fine="nan-weights traversal-card other-network other-card unknown-network gigantic-shape unknown-type"),
    _row("inspect pth", "inspect {bad}", PTH_SLOT),
    _row("inspect engine", "inspect {bad}", ENGINE_SLOT),
    _row("inspect store", "inspect {bad}", STORE_SLOT),
    _row("inspect calibration", "inspect {bad}", CALIBRATION_SLOT),
    _row("evaluate onnx", "evaluate --data {good}/store {bad}", ONNX_SLOT, fine="traversal-card", leave="bytes-name"),
    _row("evaluate checkpoint", "evaluate --data {good}/store {bad}", _few(SAFETENSORS_SLOT), fine="traversal-card", leave="bytes-name"),
    _row("evaluate pth", "evaluate --data {good}/store {bad}", _few(PTH_SLOT)),
    _row("evaluate engine", "evaluate --data {good}/store {bad}", ENGINE_SLOT),
    _row("evaluate --against", "evaluate --data {good}/store --against {bad} {good}/tiny.onnx", _few(ONNX_SLOT)),
    _row("evaluate --data", "evaluate --data {bad} {good}/tiny.onnx", STORE_SLOT),
    _row("evaluate --exclude", "evaluate --data {good}/store --exclude {bad} {good}/tiny.onnx", _few(LIST_SLOT)),
    _row("evaluate --html", "evaluate --data {good}/store --html {bad} {good}/tiny.onnx", Slot("page.html", TO_FILE)),
    _row("evaluate --markdown", "evaluate --data {good}/store --markdown {bad} {good}/tiny.onnx", Slot("page.md", TO_FILE), fine="full-disk"),
    _row("export checkpoint", "export --data {good}/store --out out.onnx {bad}", _few(SAFETENSORS_SLOT)),
    _row("export pth", "export --data {good}/store --out out.onnx {bad}", _few(PTH_SLOT)),
    _row("export --data", "export --data {bad} --out out.onnx {good}/student.safetensors", _few(STORE_SLOT)),
    _row("export --out", "export --data {good}/store --out {bad} {good}/student.safetensors", Slot("out.onnx", EARLY_FILE)),
    _row("calibrate --exclude", "calibrate --data {good}/store --count 14 --exclude {bad} --out out {good}/tiny.onnx", _few(LIST_SLOT)),
    _row("calibrate onnx", "calibrate --data {good}/store --count 14 --out out {bad}", _few(ONNX_SLOT)),
    _row("calibrate --data", "calibrate --data {bad} --count 14 --out out {good}/tiny.onnx", _few(STORE_SLOT)),
    _row("calibrate --out", "calibrate --data {good}/store --count 14 --out {bad} {good}/tiny.onnx", Slot("out", TO_FOLDER)),
    _row("build-engine onnx", f"build-engine {CPU} --calibration {{good}}/calibration --out out {{bad}}", ONNX_SLOT, leave="unicode-name spaces-name newline-name dash-name bytes-name brackets-name nan-weights inf-weights"),
    _row("build-engine --calibration", f"build-engine {CPU} --calibration {{bad}} --out out {{good}}/tiny.onnx", _few(CALIBRATION_SLOT)),
    _row("build-engine --out", f"build-engine {CPU} --calibration {{good}}/calibration --out {{bad}} {{good}}/tiny.onnx", Slot("out", TO_FOLDER)),
    _row("build", "build --dry-run {bad}", _few(RECIPE_SLOT)),
    _row("benchmark --compare", "benchmark --quick --no-int8 --teacher {good}/tiny.onnx --compare {bad} {good}/tiny.onnx", _few(RECORD_SLOT)),
    _row("benchmark model", f"{SHORT} --teacher {{good}}/tiny.onnx {{bad}}", Slot("tiny.onnx", (MISSING, HOSTILE_NAME, FOLDER, NOTES, UNREADABLE, NAN))),
    _row("benchmark --teacher", f"{SHORT} --teacher {{bad}} {{good}}/tiny.onnx", Slot("tiny.onnx", (HOSTILE_NAME, NOTES)), fine="escape-name text"),
    _row("benchmark --out", f"{SHORT} --teacher {{good}}/tiny.onnx --out {{bad}} {{good}}/tiny.onnx", Slot("out", EARLY_FOLDER)),
    _row("benchmark --markdown", f"{SHORT} --teacher {{good}}/tiny.onnx --markdown {{bad}} {{good}}/tiny.onnx", Slot("b.md", EARLY_FILE)),
    _row("sensitivity --calibration", "sensitivity --calibration {bad} {good}/tiny.onnx", _few(CALIBRATION_SLOT)),
    _row("sensitivity onnx", "sensitivity --calibration {good}/calibration {bad}", _few(ONNX_SLOT)),
    _row("train", "train --out out {bad}", _few(RECIPE_SLOT)),
    _row("train --exclude", "train --set data.source={good}/store --out out --exclude {bad} {good}/recipe.toml", _few(LIST_SLOT)),
    _row("train --out", "train --out {bad} {good}/recipe.toml", Slot("out", EARLY_FOLDER)),
    _row("train --resume", "train --resume --out {bad} {good}/run.toml", RUN_SLOT),
    _row("distill --out", "distill --out {bad} demo-c", Slot("out", EARLY_FOLDER)),
    _row("quickstart --out", "quickstart --out {bad}", Slot("out", EARLY_FOLDER)),
    _row("distill", "distill --out out {bad}", _few(RECIPE_SLOT)),
    _row("distill --sweep", "distill --sweep --out out {bad}", SWEEP_SLOT),
    _row("recipes show", "recipes show {bad}", _few(RECIPE_SLOT)),
    _row("recipes copy", "recipes copy {bad} copy.toml", RECIPE_SLOT, fine=COPIED),
    _row("recipes copy to", "recipes copy demo-c {bad}", Slot("copy.toml", TO_FILE), fine="out-is-directory full-disk"),
    _row("recipes check", "recipes check {bad}", RECIPE_SLOT),
    _row("recipes check sweep", "recipes check {bad}", _few(SWEEP_SLOT)),
    _row("data prepare fer2013", "data prepare fer2013 --out out --source {bad}", CSV_SLOT, fine="open-quote"),
    _row("data prepare folder", "data prepare folder --out out --source {bad}", FOLDER_SLOT),
    _row("data prepare rafdb", "data prepare rafdb --out out --source {bad}", RAFDB_SLOT),
    _row("data prepare expw", "data prepare expw --out out --source {bad}", EXPW_SLOT),
    _row("data prepare affectnet", "data prepare affectnet --out out --source {bad}", AFFECTNET_SLOT, fine="list-cut list-long"),
    _row("data prepare affectnet npy", "data prepare affectnet --out out --source {bad}", AFFECTNET_NPY_SLOT),
    _row("data prepare --out", "data prepare fer2013 --source {good}/faces.csv --out {bad}", Slot("out", TO_FOLDER)),
    _row("data info", "data info {bad}", _few(STORE_SLOT)),
    _row("data audit", "data audit --out a.json --html a.html {bad}", _few(STORE_SLOT)),
    _row("data audit --out", "data audit --out {bad} --html a.html {good}/store", Slot("a.json", TO_FILE)),
    _row("data audit --html", "data audit --out a.json --html {bad} {good}/store", Slot("a.html", TO_FILE)),
    _row("bundle triton", "bundle --for triton --out out {bad}", ONNX_SLOT, fine=f"{WHOLE} gigantic-weights"),
    _row("bundle edge", "bundle --for edge --out out.tar.gz {bad}", _few(ONNX_SLOT)),
    _row("bundle engine", "bundle --for triton --out out {bad}", _few(ENGINE_SLOT)),
    _row("bundle --out", "bundle --for deepstream --out {bad} {good}/tiny.onnx", Slot("out", TO_FOLDER)),
    _row("bundle edge --out", "bundle --for edge --out {bad} {good}/tiny.onnx", Slot("out.tar.gz", TO_FILE)),
    _row("report session", "report --out out {bad}", SESSION_SLOT),
    _row("report two sessions", "report --out out {good}/session {bad}", SESSION_SLOT),
    _row("report --out", "report --out {bad} {good}/session", Slot("out", TO_FOLDER), fine="out-is-used"),
    _row("report table-v", "report table-v --record {bad}", RECORD_SLOT, fine="nan"),
    _row("mark", "mark --session {bad} hello", _few(SESSION_SLOT)),
    _row("models get --out", "models get yunet --out {bad}", Slot("yunet.onnx", TO_FILE)),
    _row("models get into cache", "models get yunet", Slot("out", (FILE, FILE_ABOVE, READ_ONLY, PROC)), variable="EDGEFER_HOME"),
    _row("doctor with a bad cache", "doctor", Slot("out", (FILE, READ_ONLY)), fine="out-is-file read-only", variable="EDGEFER_HOME"),
    _row("doctor with a bad detector", "doctor", Slot("tiny.onnx", (TRUNCATED, FIFO, HOSTILE_NAME)), fine="truncated fifo escape-name", variable="EDGEFER_YUNET"),
    _row("run model", RUNS, ONNX_SLOT, fine="traversal-card three-labels", leave="bytes-name gigantic-middle"),
    _row("run checkpoint", RUNS, _few(SAFETENSORS_SLOT)),
    _row("run engine", RUNS, _few(ENGINE_FILE_SLOT)),
    _row("run picture", READS, PICTURE_SLOT, leave="bytes-name"),
    _row("run film", READS, FILM_SLOT),
    _row("run --detector-model", f"{RUN} --detector yunet --detector-model {{bad}}", _few(ONNX_SLOT)),
    _row("run --jsonl", f"{RUN} --jsonl {{bad}}", Slot("out.jsonl", (*TO_FILE, DEVICE)), leave="full-disk"),
    _row("run --csv", f"{RUN} --csv {{bad}}", Slot("out.csv", (*TO_FILE, DEVICE)), leave="full-disk"),
    _row("run --record", f"{RUN} --record {{bad}}", Slot("out.avi", TO_FILE)),
    _row("run --session", f"{RUN} --session ./{{bad}}", Slot("out", TO_FOLDER), fine="out-is-used full-disk", leave="proc"),
)  # fmt: skip
CASES = tuple(case for row in ROWS for case in row.cases())
