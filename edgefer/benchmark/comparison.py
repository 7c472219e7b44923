"""What differs between two benchmark records: the JSON form that `edgefer benchmark --compare` gives."""

from __future__ import annotations

from enum import Enum
from typing import Literal

from pydantic import Field

from edgefer.benchmark.figures import Figures
from edgefer.errors import CheckFailed


class Quantity(str, Enum):
    """What may have changed, with the unit of its figures."""

    LATENCY = "latency, ms"
    MEMORY = "memory, bytes"
    FILE = "file, bytes"
    START = "start, s"
    ACCURACY = "accuracy"


class Outcome(str, Enum):
    """What may be said of a change.

    same: not beyond the noise. machine: the row's time changed, but not surely beside the teacher's: it may be the machine.
    unknown: a single round does not tell.
    """

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class Change(Figures):
    """One figure of one row, before and now. batch: of what depends on it. method: of memory.

    ratio: now over before; low, high: its 95 % interval, of latency alone. beside: the same ratio of the row's time over
    the teacher's, where there is one.
    """

    row: str
    quantity: Quantity
    batch: int | None = None
    method: str = ""
    before: float
    now: float
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    beside: float | None = None
    outcome: Outcome


class Comparison(Figures):
    """Two records of one machine. before, now: their dates.

    notes: what else differs and may be the reason. not_compared: why a row that both have is left out.
    only_before, only_now: rows that one of them lacks. regressions: what passed `max_regression`, a fraction, one line
    each; none where there is no limit.
    """

    version: Literal[1] = Field(default=1, alias="schema")
    before: str
    now: str
    changes: tuple[Change, ...]
    not_compared: dict[str, str] = Field(default_factory=dict)
    only_before: tuple[str, ...] = ()
    only_now: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    max_regression: float | None = None
    regressions: tuple[str, ...] = ()

    def to_json(self, indent: int | None = 2) -> str:
        """One JSON object; `schema` is its version."""
        return self.model_dump_json(indent=indent, by_alias=True)

    def check(self) -> None:
        """Raise CheckFailed when anything passed the limit."""
        if self.regressions and self.max_regression is not None:
            more = f" and {len(self.regressions) - 1} more" if len(self.regressions) > 1 else ""
            raise CheckFailed(
                f"worse by more than {self.max_regression:.0%}: {self.regressions[0]}{more}",
                "find the reason, or allow it with a larger --max-regression",
            )
