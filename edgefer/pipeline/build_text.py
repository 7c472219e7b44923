"""A build, done or only looked at, as text for people."""

from __future__ import annotations

from collections.abc import Sequence

from edgefer.engine.display import seconds_text
from edgefer.engine.measure import Change
from edgefer.pipeline.build import Built
from edgefer.pipeline.stage import Stage
from edgefer.pipeline.stages import Engine, find_accuracy
from edgefer.table import text_table


def build_text(built: Built) -> str:
    """Each stage, what it made, and how long it took or why it was kept; then what each precision cost in accuracy."""
    rows = [
        (stage.name, stage.made, f"kept: {stage.why}" if stage.kept else seconds_text(stage.seconds))
        for stage in built.stages
    ]
    return text_table(("stage", "made", "took"), rows, left=3) + "\n\n" + _accuracy(built)


def look_text(stages: Sequence[Stage]) -> str:
    """Each stage, what it would make, and why it would run or be kept."""
    rows = [(stage.name, stage.made, f"would {'be kept' if stage.kept else 'run'}: {stage.why}") for stage in stages]
    return text_table(("stage", "makes", ""), rows, left=3)


def _accuracy(built: Built) -> str:
    measured = [(engine, found) for engine in built.engines if (found := find_accuracy(engine)) is not None]
    if not measured:
        return f"accuracy was not measured: {built.unmeasured}"
    after = measured[0][1][1]
    head = ("accuracy", "float32", "engine", "points", "worst emotion")
    rows = [_row(engine, Change(*found)) for engine, found in measured]
    return f"{text_table(head, rows)}\non {after.place}, {after.faces:,} faces, in {after.backend}"


def _row(engine: Engine, change: Change) -> tuple[str, ...]:
    emotion, worst = change.worst
    before, after = change.before.accuracy, change.after.accuracy
    return (
        engine.card.precision.value,
        f"{before:.2%}",
        f"{after:.2%}",
        f"{change.difference:+.2f}",
        f"{emotion} {worst:+.2f}",
    )
