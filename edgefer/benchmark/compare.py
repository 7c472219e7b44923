"""What became faster or slower from one benchmark record to the next, beyond the noise of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from edgefer.benchmark.candidate import Role
from edgefer.benchmark.comparable import measured, refuse, why_not
from edgefer.benchmark.compare_text import line
from edgefer.benchmark.comparison import Change, Comparison, Outcome, Quantity
from edgefer.benchmark.contrast import Contrast, between, ratios
from edgefer.benchmark.doubts import doubts
from edgefer.benchmark.figures import VerdictKind
from edgefer.benchmark.result import MEMORY_METHOD, BenchmarkResult, Row
from edgefer.benchmark.way import rounds
from edgefer.errors import ArtifactError
from edgefer.json_text import read_json
from edgefer.paths import read_text_file

# One reading each, so a limit by experience stands for the noise: share of the earlier figure, and at least so much.
_NOISE = {
    Quantity.MEMORY: (0.05, 2e6),
    Quantity.FILE: (0.01, 0.0),
    Quantity.START: (0.25, 0.1),
    Quantity.ACCURACY: (0.0, 0.0005),
}
# Others count the same pages in another way, or a neighbour's.
_METHODS = (MEMORY_METHOD, "GPU", "jtop GPU")
_LIMITED = (Quantity.LATENCY, Quantity.MEMORY, Quantity.FILE)
_RECORD = "write one with: edgefer benchmark --out DIR"


def read_record(path: Path) -> BenchmarkResult:
    """A record from its file; ArtifactError when it is missing, damaged, or of another schema."""
    text = read_text_file(path, "a benchmark record", _RECORD)
    try:
        found = read_json(text)
    except ValueError as error:
        raise ArtifactError(f"{path} is no benchmark record: it is not JSON", _RECORD) from error
    version = found.get("schema") if isinstance(found, dict) else None
    current = BenchmarkResult.model_fields["version"].default
    if isinstance(version, int) and version != current:
        fix = "measure again: " + _RECORD if version < current else "pip install --upgrade edgefer"
        raise ArtifactError(
            f"{path} is a benchmark record of schema {version}, this edgefer reads schema {current}", fix
        )
    return BenchmarkResult.from_json(text, str(path))


def compare(old: BenchmarkResult, new: BenchmarkResult, max_regression: float | None = None) -> Comparison:
    """Match rows by name and batch size, and say what changed.

    A latency changed where the 95 % interval of its ratio excludes 1 by more than `contrast.RUNS`, by Welch's t over the
    rounds of both; and where both have a teacher, only if the row's ratio to the teacher changed in the same direction,
    since what slows both is the machine. max_regression: the fraction by which time, memory and file size may grow, and
    students that are no longer measured count beside them; start is a single reading, and accuracy has a gate of its own.
    Raises UsageError when the records are of different machines, faces or ways of measuring, or have no row in common.
    """
    refuse(old, new)
    before, now = ({row.name: row for row in result.rows} for result in (old, new))
    pairs = [(row, now[name]) for name, row in before.items() if name in now]
    reasons = {name: why for pair in pairs for name, why in _left_out(*pair)}
    changes = tuple(change for pair in pairs if pair[0].name not in reasons for change in _changes(old, new, *pair))
    return Comparison(
        before=old.environment.date,
        now=new.environment.date,
        changes=changes,
        not_compared=reasons,
        only_before=tuple(name for name in before if name not in now),
        only_now=tuple(name for name in now if name not in before),
        notes=tuple(_notes(old, new)),
        max_regression=max_regression,
        regressions=() if max_regression is None else tuple(_regressions(pairs, changes, max_regression)),
    )


def _left_out(before: Row, now: Row) -> Iterator[tuple[str, str]]:
    """Name and reason of what cannot be compared: the row, or one of its batch sizes."""
    if not measured(before) and not measured(now):
        return
    if why := why_not(before, now):
        yield before.name, why
        return
    for cell in before.cells:
        other = now.cell(cell.batch)
        if cell.latency is not None and other is not None and other.latency is None:
            yield f"{before.name}, batch {cell.batch}", f"not measured now: {other.why}"


def _changes(old: BenchmarkResult, new: BenchmarkResult, before: Row, now: Row) -> Iterator[Change]:
    for cell in before.cells:
        if rounds(before, cell.batch) and rounds(now, cell.batch):
            yield _latency(old, new, before, now, cell.batch)
    for cell in before.cells:
        for method in _METHODS:
            readings = _added(before, cell.batch, method), _added(now, cell.batch, method)
            yield from _single(before, Quantity.MEMORY, *readings, batch=cell.batch, method=method)
    yield from _single(before, Quantity.FILE, before.file_bytes, now.file_bytes)
    yield from _single(before, Quantity.START, _start(before), _start(now))
    yield from _single(before, Quantity.ACCURACY, *_accuracies(before, now))


def _latency(old: BenchmarkResult, new: BenchmarkResult, before: Row, now: Row, batch: int) -> Change:
    was, is_ = rounds(before, batch), rounds(now, batch)
    found = between(is_, was)
    beside = _beside_teacher(old, new, before.name, batch)
    medians = [cell.latency.median_ms for row in (before, now) if (cell := row.cell(batch)) and cell.latency]
    return Change(
        row=before.name,
        quantity=Quantity.LATENCY,
        batch=batch,
        before=medians[0],
        now=medians[1],
        ratio=found.value if found is not None else medians[1] / medians[0],
        low=found.low if found is not None else None,
        high=found.high if found is not None else None,
        beside=beside.value if beside is not None else None,
        outcome=_outcome(found, beside),
    )


def _outcome(found: Contrast | None, beside: Contrast | None) -> Outcome:
    if found is None:
        return Outcome.UNKNOWN
    if not found.sure:
        return Outcome.SAME
    if beside is not None and not (beside.above if found.above else beside.below):
        return Outcome.MACHINE
    return Outcome.WORSE if found.above else Outcome.BETTER


def _beside_teacher(old: BenchmarkResult, new: BenchmarkResult, name: str, batch: int) -> Contrast | None:
    """How the row's time over the first teacher's changed; None for that teacher itself, and where there is none."""
    before, now = ({row.name: row for row in result.rows} for result in (old, new))
    teachers = (row.name for row in old.rows if row.candidate.role is Role.TEACHER)
    teacher = next(
        (
            one
            for one in teachers
            if one in now
            and rounds(before[one], batch)
            and rounds(now[one], batch)
            and not why_not(before[one], now[one])
        ),
        None,
    )
    if teacher is None or teacher == name:
        return None
    shares = [ratios(rounds(rows[name], batch), rounds(rows[teacher], batch)) for rows in (now, before)]
    return between(*shares)


def _single(
    row: Row, quantity: Quantity, before: float | None, now: float | None, batch: int | None = None, method: str = ""
) -> Iterator[Change]:
    """A figure that was read once; nothing where either record lacks it."""
    if before is None or now is None:
        return
    share, least = _NOISE[quantity]
    better_if_more = quantity is Quantity.ACCURACY
    outcome = Outcome.BETTER if (now > before) == better_if_more else Outcome.WORSE
    if abs(now - before) <= max(share * abs(before), least):
        outcome = Outcome.SAME
    yield Change(
        row=row.name,
        quantity=quantity,
        batch=batch,
        method=method,
        before=before,
        now=now,
        ratio=now / before if before > 0 else None,
        outcome=outcome,
    )


def _start(row: Row) -> float | None:
    return row.start.total_s if row.start is not None else None


def _added(row: Row, batch: int, method: str) -> int | None:
    """Bytes that the model added, by one method; all that it counts where it had no value before."""
    cell = row.cell(batch)
    return None if cell is None or method not in cell.memory else cell.memory[method] - row.idle.get(method, 0)


def _accuracies(before: Row, now: Row) -> tuple[float | None, float | None]:
    """Of the same faces, measured on the file itself or on its network both times."""
    one, other = before.measurement, now.measurement
    if one is None or other is None or (one.place, one.faces) != (other.place, other.faces):
        return None, None
    return (one.accuracy, other.accuracy) if before.inherited == now.inherited else (None, None)


def _notes(old: BenchmarkResult, new: BenchmarkResult) -> Iterator[str]:
    """Everything else that differs, and what was doubtful about either."""
    before, now = old.environment, new.environment
    for name in sorted({*before.libraries, *now.libraries}):
        was, is_ = before.libraries.get(name, "none"), now.libraries.get(name, "none")
        if was != is_:
            yield f"{name} {was}, then {is_}"
    for name, was, is_ in (("Python", before.python, now.python), ("kernel", before.kernel, now.kernel)):
        if was != is_:
            yield f"{name} {was}, then {is_}"
    for when, result in (("before", old), ("now", new)):
        for doubt in doubts(result):
            if doubt.kind in (VerdictKind.BUSY, VerdictKind.THROTTLED):
                yield f"{when}: {doubt.text}"


def _regressions(pairs: Sequence[tuple[Row, Row]], changes: Sequence[Change], limit: float) -> Iterator[str]:
    """Of students: a teacher is what they are measured by."""
    students = [pair for pair in pairs if pair[0].candidate.role is Role.STUDENT]
    names = {before.name for before, _ in students}
    for change in changes:
        worse = change.outcome is Outcome.WORSE and (change.ratio is None or change.ratio > 1 + limit)
        if worse and change.row in names and change.quantity in _LIMITED:
            yield line(change)
    for before, now in students:
        if measured(before):
            yield from (f"{name}: {why}" for name, why in _left_out(before, now) if why.startswith("not measured now"))
