"""What the times of a run say, beside which precision to ship: threads, batches, the teacher, and whose gain it is."""

from __future__ import annotations

from collections.abc import Iterator

from edgefer.benchmark.candidate import Kind, Role
from edgefer.benchmark.contrast import Contrast, paired
from edgefer.benchmark.figures import Verdict, VerdictKind
from edgefer.benchmark.formats import times
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.benchmark.shipping import in_words
from edgefer.benchmark.way import Way, precision, rounds, way


def findings(result: BenchmarkResult) -> Iterator[Verdict]:
    """Everything but precision; only what is sure by its interval, else that nothing can be shown."""
    yield from _gains(result)
    yield from _against_teachers(result)
    yield from _threads(result)
    yield from _batches(result)


def _students(result: BenchmarkResult) -> Iterator[Row]:
    batch = result.protocol.batches[0]
    return (row for row in result.rows if row.candidate.role is Role.STUDENT and rounds(row, batch))


def _teachers(result: BenchmarkResult) -> list[Row]:
    batch = result.protocol.batches[0]
    return [row for row in result.rows if row.candidate.role is Role.TEACHER and rounds(row, batch)]


def _gains(result: BenchmarkResult) -> Iterator[Verdict]:
    """A student's ratio to the teacher in PyTorch as the framework's share times its own.

    The teacher in the student's own framework, run alike, tells the two apart; where there is none nothing is said.
    """
    for row in _students(result):
        twins = [one for one in _teachers(result) if way(one) == way(row) and precision(one) == precision(row)]
        plain = [one for one in _teachers(result) if _plain(one) and way(one).device == way(row).device]
        if row.candidate.kind is Kind.TORCH or not twins or not plain:
            continue
        whole, own, framework = _shares(plain[0], twins[0], row, result.protocol.batches[0])
        if whole is None or own is None or framework is None or not (whole.above and own.above):
            continue
        total, share, name = times(whole.value), times(own.value), way(row).runtime
        if framework.above:
            text = f"of {total} over the teacher in PyTorch, {times(framework.value)} is {name} and {share} the student"
        elif framework.below:
            text = f"{total} over the teacher in PyTorch; in {name}, which runs the teacher slower, {share}"
        else:
            text = f"all of {total} over the teacher in PyTorch is the student: {name} runs the teacher no faster"
        yield Verdict(kind=VerdictKind.GAIN, rows=(row.name, twins[0].name, plain[0].name), text=f"{row.name}: {text}")


def _against_teachers(result: BenchmarkResult) -> Iterator[Verdict]:
    """Students that are not surely faster than a teacher that is run alike."""
    batch = result.protocol.batches[0]
    for row in _students(result):
        twins = [one for one in _teachers(result) if way(one) == way(row)]
        found = paired(rounds(row, batch), rounds(twins[0], batch)) if twins else None
        if found is None or found.below:
            continue
        if found.above:
            kind, text = VerdictKind.SLOWER, f"slower than its teacher, {in_words(found)}"
        else:
            kind, text = VerdictKind.SAME, f"no faster than its teacher that this run can show, {in_words(found)}"
        yield Verdict(kind=kind, rows=(row.name, twins[0].name), text=f"{row.name}: {text}")


def _threads(result: BenchmarkResult) -> Iterator[Verdict]:
    """Models that are better run with one thread."""
    batch = result.protocol.batches[0]
    ways: dict[tuple[str, str, Way], list[Row]] = {}
    for row in _students(result):
        but_threads = way(row)._replace(threads=0)
        ways.setdefault((row.candidate.target, precision(row), but_threads), []).append(row)
    for rows in ways.values():
        single = next((row for row in rows if row.candidate.threads == 1), None)
        for row in rows:
            found = paired(rounds(row, batch), rounds(single, batch)) if single is not None else None
            if single is None or row is single or found is None or found.below:
                continue
            many = f"{row.candidate.threads} threads"
            name = f"{row.candidate.model} in {way(row).runtime} {precision(row).upper()}"
            if found.above:
                kind = VerdictKind.SLOWER
                text = f"one thread is faster than {many} at batch {batch}, {in_words(found)}: run it with --threads 1"
            else:
                kind = VerdictKind.SAME
                text = (
                    f"{many} are no faster than one that this run can show at batch {batch}, {in_words(found)}: one "
                    "leaves the other cores to the rest"
                )
            yield Verdict(kind=kind, rows=(row.name, single.name), text=f"{name}: {text}")


def _batches(result: BenchmarkResult) -> Iterator[Verdict]:
    """From which batch size on a larger one gives no more faces a second."""
    enough: dict[int, list[str]] = {}
    for row in result.rows:
        # What an engine cannot take at once runs as several calls, which is no larger batch.
        largest = row.card.engine.batch[2] if row.card is not None and row.card.engine is not None else None
        sizes = sorted(cell.batch for cell in row.cells if cell.latency and cell.batch <= (largest or cell.batch))
        for place, size in enumerate(sizes[:-1]):
            found = [_per_face(row, size, larger) for larger in sizes[place + 1 :]]
            if all(one is not None and not one.above for one in found):
                enough.setdefault(size, []).append(row.name)
                break
    for size, names in sorted(enough.items()):
        text = f"batches larger than {size} give no more faces a second that this run can show: {'; '.join(names)}"
        yield Verdict(kind=VerdictKind.BATCH, rows=tuple(names), text=text)


def _per_face(row: Row, size: int, larger: int) -> Contrast | None:
    """Time a face in the smaller batch over that in the larger one."""
    return paired([one / size for one in rounds(row, size)], [one / larger for one in rounds(row, larger)])


def _shares(plain: Row, twin: Row, row: Row, batch: int) -> tuple[Contrast | None, Contrast | None, Contrast | None]:
    """The whole gain, the student's and the framework's, over the rounds that all three have: the last two multiply."""
    times_of = [rounds(one, batch) for one in (plain, twin, row)]
    common = min(map(len, times_of))
    first, second, third = (one[:common] for one in times_of)
    return paired(first, third), paired(second, third), paired(first, second)


def _plain(row: Row) -> bool:
    """Whether it is what people start from: PyTorch as it is, which on a GPU computes float32 in TF32."""
    one = row.candidate
    return one.kind is Kind.TORCH and precision(row) in ("fp32", "tf32") and not (one.compiled or one.cuda_graph)
