"""Which precision of a student to ship: the fastest that costs no accuracy to speak of, and what the others would give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgefer.benchmark.candidate import Role
from edgefer.benchmark.contrast import Contrast, paired
from edgefer.benchmark.figures import Verdict, VerdictKind
from edgefer.benchmark.formats import megabytes, times
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.benchmark.way import WIDTHS, Way, precision, rounds, way

# A narrower precision must be faster and cost at most this much accuracy to be the one to ship.
_AFFORDABLE = 0.01


def shipping(result: BenchmarkResult) -> Iterator[Verdict]:
    """One line for every precision that is not the one to ship, by student, runtime, device and threads.

    Times are those at the first batch size. Accuracy is only compared on the same faces, and where it was measured on
    the file that was timed.
    """
    batch = result.protocol.batches[0]
    groups: dict[tuple[str, Way], list[Row]] = {}
    for row in result.rows:
        if row.candidate.role is Role.STUDENT and rounds(row, batch):
            groups.setdefault((row.candidate.model, way(row)), []).append(row)
    for rows in groups.values():
        yield from _ship(sorted(rows, key=lambda row: WIDTHS.index(precision(row))), batch)


def in_words(contrast: Contrast) -> str:
    """`1.31x (1.24-1.38)`."""
    return times(contrast.value, contrast.low, contrast.high)


def _ship(rows: Sequence[Row], batch: int) -> Iterator[Verdict]:
    """Rows from the widest precision to the narrowest, each of another one."""
    pick = rows[0]
    for row in rows[1:]:
        found = paired(rounds(pick, batch), rounds(row, batch))
        if found is not None and found.above and (_cost(row, pick) or 0.0) <= _AFFORDABLE:
            pick = row
    for row in rows:
        found = paired(rounds(row, batch), rounds(pick, batch))
        if row is not pick and found is not None:
            yield _against(row, pick, found, narrower=rows.index(row) > rows.index(pick))


def _against(row: Row, pick: Row, found: Contrast, narrower: bool) -> Verdict:
    """One precision beside the one to ship; `found` is its time over the pick's."""
    name, best = precision(row).upper(), precision(pick).upper()
    price = _price(row, pick) if narrower else _price(pick, row)
    if found.above and narrower:
        kind, text = VerdictKind.SLOWER, f"{name} is slower than {best} here, {in_words(found)}: ship {best}"
    elif found.above:
        kind, text = VerdictKind.SHIP, f"{best} is faster than {name} here, {in_words(found)}: ship {best}"
    elif found.below:
        kind = VerdictKind.SHIP
        text = f"{name} is faster than {best} here, {in_words(found.inverse)}, but not free: ship {best}"
    else:
        kind = VerdictKind.SAME
        text = f"between {name} and {best} no difference that this run can show, {in_words(found)}: ship {best}"
    return Verdict(
        kind=kind, rows=(row.name, pick.name), text=f"{pick.candidate.model} in {way(pick)}: {text}; {price}"
    )


def _price(narrow: Row, wide: Row) -> str:
    """`INT8 saves 0.40 MB and costs 0.2 points`, as far as it is known."""
    parts = []
    if narrow.file_bytes is not None and wide.file_bytes is not None:
        saved = wide.file_bytes - narrow.file_bytes
        parts.append(f"saves {megabytes(saved)} MB" if saved >= 0 else f"takes {megabytes(-saved)} MB more")
    points = _cost(narrow, wide)
    if points is None:
        parts.append("what it costs in accuracy was not measured on the same faces (--evaluate)")
    elif abs(points) < 0.0005:
        parts.append("costs no accuracy")
    else:
        parts.append(f"{'costs' if points > 0 else 'gains'} {100 * abs(points):.1f} points")
    return f"{precision(narrow).upper()} {' and '.join(parts)}"


def _cost(narrow: Row, wide: Row) -> float | None:
    """The accuracy that is lost, as a fraction; None unless both are known on the same faces."""
    one, other = narrow.measurement, wide.measurement
    if one is None or other is None or (one.place, one.faces) != (other.place, other.faces):
        return None
    # The float32 file has the network's own accuracy; a narrower one has its own, which its network's says nothing of.
    if narrow.inherited or (wide.inherited and precision(wide) != "fp32"):
        return None
    return other.accuracy - one.accuracy
