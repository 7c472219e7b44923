"""Whether two benchmark records, and two rows of one name, may be compared at all."""

from __future__ import annotations

from edgefer.benchmark.figures import Setup
from edgefer.benchmark.fingerprint import differences
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.errors import UsageError


def refuse(old: BenchmarkResult, new: BenchmarkResult) -> None:
    """Raise UsageError for records of different machines, faces or ways of measuring, or without a row in common."""
    if found := differences(old.environment, new.environment):
        raise UsageError(
            f"the records are of different machines, or of one that was set differently: {'; '.join(found)}",
            "measure both on one machine",
        )
    if old.faces != new.faces:
        raise UsageError(
            f"the records are of different faces: {old.faces}, then {new.faces}", "take the same --data and --split"
        )
    if old.protocol.warm_s != new.protocol.warm_s:
        warm = f"{old.protocol.warm_s:g} s, then {new.protocol.warm_s:g} s"
        raise UsageError(f"the records were warmed up differently: {warm} before each visit", "measure both alike")
    names = {row.name for row in old.rows if measured(row)} & {row.name for row in new.rows}
    if not names or not set(old.protocol.batches) & set(new.protocol.batches):
        raise UsageError("the records have no row and batch size in common", "name the same models and --batch")


def measured(row: Row) -> bool:
    """Whether a row has any time."""
    return any(cell.latency is not None for cell in row.cells)


def why_not(before: Row, now: Row) -> str:
    """Why two rows of one name cannot be compared; empty where they can."""
    for when, row in (("before", before), ("now", now)):
        if not measured(row):
            return f"not measured {when}: {row.why or '; '.join(dict.fromkeys(cell.why for cell in row.cells))}"
    if before.setup is None or now.setup is None:
        return ""
    facts = [
        f"{name.replace('_', ' ')} {_word(was)}, then {_word(is_)}"
        for name in Setup.model_fields
        if (was := getattr(before.setup, name)) != (is_ := getattr(now.setup, name))
    ]
    return f"run differently: {'; '.join(facts)}" if facts else ""


def _word(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
