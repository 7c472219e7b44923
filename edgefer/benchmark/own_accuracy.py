"""Accuracy of the very files that were measured, where their cards only have that of the network they were made from."""

from __future__ import annotations

from edgefer.benchmark.candidate import Candidate
from edgefer.benchmark.fresh import UNTRAINED
from edgefer.benchmark.opening import open_candidate
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.card import Measurement
from edgefer.console import progress, say
from edgefer.data.faces import FaceSet
from edgefer.errors import EdgeferError
from edgefer.evaluate.evaluate import evaluate


def with_own_accuracy(result: BenchmarkResult, faces: FaceSet) -> BenchmarkResult:
    """Label `faces` with every row that ran and was not measured on them itself; its card gets the measurement.

    Networks with fresh weights are passed over. Rows that run the same file in the same arithmetic are asked once. A row
    that cannot be asked keeps its card, and the reason is said.
    """
    todo = [row for row in result.rows if _open_question(row, faces)]
    found: dict[tuple[str, ...], Measurement] = {}
    with progress("evaluate", len({_same(row.candidate) for row in todo}) * len(faces)) as step:
        for row in todo:
            if _same(row.candidate) not in found:
                try:
                    with open_candidate(row.candidate) as session:
                        found[_same(row.candidate)] = evaluate(session, faces, step=step).to_measurement()
                except EdgeferError as error:
                    say(f"{row.name} is not evaluated: {error}")
    rows = [_with(row, found.get(_same(row.candidate))) if row in todo else row for row in result.rows]
    return result.model_copy(update={"rows": tuple(rows)})


def _open_question(row: Row, faces: FaceSet) -> bool:
    if row.card is None or not any(cell.latency for cell in row.cells) or UNTRAINED in row.candidate.note:
        return False
    own = None if row.inherited else row.measurement
    return own is None or (own.dataset, own.split, own.faces) != (faces.name, faces.split, len(faces))


def _same(candidate: Candidate) -> tuple[str, ...]:
    return candidate.kind.value, candidate.target, candidate.precision.value, candidate.provider.value


def _with(row: Row, measurement: Measurement | None) -> Row:
    if measurement is None or row.card is None:
        return row
    return row.model_copy(update={"card": row.card.but(measured=(*row.card.measured, measurement))})
