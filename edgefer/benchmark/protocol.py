"""How long a suite measures what."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from edgefer.benchmark.figures import Figures
from edgefer.errors import UsageError


class Effort(Figures):
    """How long a cell is measured: until it has `calls` and `seconds`, over all rounds together.

    It stops earlier, after at least three rounds, when the 95 % interval of the median is within `tight` of it on both
    sides, and in any case after `limit_s` seconds.
    """

    calls: int = Field(ge=1)
    seconds: float = Field(gt=0)
    tight: float = Field(ge=0)
    limit_s: float = Field(gt=0)


class Protocol(Figures):
    """How a suite measured. The first of `batches` is the one whose latency counts; the others are the batch sweep.

    rounds: visits of each cell, forth and back in turn. warm_s: uncounted calls before each visit.
    """

    batches: tuple[int, ...] = Field(min_length=1)
    rounds: int = Field(ge=1)
    warm_s: float = Field(ge=0)
    latency: Effort
    sweep: Effort

    def effort(self, batch: int) -> Effort:
        """How long a cell of one batch size is measured."""
        return self.latency if batch == self.batches[0] else self.sweep


# Many short rounds rather than few long ones: ratios are paired by rounds, so more of the machine's moods cancel.
# The first batch size is asked for its latency; the sweep only for throughput, which a few calls of a large batch tell.
DEFAULT = Protocol(
    batches=(1, 8, 32),
    rounds=10,
    warm_s=0.05,
    latency=Effort(calls=200, seconds=3.0, tight=0.01, limit_s=10.0),
    sweep=Effort(calls=20, seconds=1.0, tight=0.02, limit_s=6.0),
)
# For a look in passing: enough to see factors, not percents.
QUICK = Protocol(
    batches=(1,),
    rounds=3,
    warm_s=0.05,
    latency=DEFAULT.latency.model_copy(update={"calls": 30, "seconds": 0.5}),
    sweep=DEFAULT.sweep,
)


def parse_sweep(text: str) -> tuple[int, ...]:
    """`1:64` -> (1, 2, 4, 8, 16, 32, 64): from the first, doubled, to the last. Raises UsageError for anything else."""
    fix = "write --sweep SMALLEST:LARGEST, such as --sweep 1:64"
    try:
        smallest, largest = map(int, text.split(":"))
    except ValueError as error:
        raise UsageError(f"'{text}' is no sweep of batch sizes", fix) from error
    if not 1 <= smallest <= largest:
        raise UsageError(f"a sweep from {smallest} to {largest} is not possible", fix)
    doubled = [smallest]
    while 2 * doubled[-1] < largest:
        doubled.append(2 * doubled[-1])
    return tuple(dict.fromkeys((*doubled, largest)))


def protocol_for(
    batches: Sequence[int] = DEFAULT.batches,
    rounds: int = DEFAULT.rounds,
    seconds: float = DEFAULT.latency.seconds,
    calls: int = DEFAULT.latency.calls,
    warm_s: float = DEFAULT.warm_s,
) -> Protocol:
    """The default protocol with other batch sizes, rounds or effort; the sweep's effort shrinks with the latency's.

    batches: any order, each at least 1; the smallest is asked for its latency. Raises UsageError for what cannot be
    measured.
    """
    if not batches or min(batches) < 1:
        raise UsageError(f"batch sizes {list(batches)} are not possible", "use --batch 1 --batch 32")
    if rounds < 1 or seconds <= 0 or calls < 1 or warm_s < 0:
        raise UsageError("a benchmark needs at least one round and some time for each", "use --rounds 10 --seconds 3")
    share = min(1.0, seconds / DEFAULT.latency.seconds)
    return Protocol(
        batches=tuple(sorted(set(batches))),
        rounds=rounds,
        warm_s=warm_s,
        latency=DEFAULT.latency.model_copy(update={"seconds": seconds, "calls": calls}),
        sweep=DEFAULT.sweep.model_copy(
            update={
                "seconds": DEFAULT.sweep.seconds * share,
                "calls": min(calls, max(3, round(DEFAULT.sweep.calls * share))),
            }
        ),
    )


def asked_protocol(
    batches: Sequence[int] = (),
    rounds: int | None = None,
    seconds: float | None = None,
    calls: int | None = None,
    quick: bool = False,
) -> Protocol:
    """What was asked for, and the rest as in `QUICK` or `DEFAULT`. Raises as `protocol_for`."""
    usual = QUICK if quick else DEFAULT
    return protocol_for(
        batches or usual.batches,
        usual.rounds if rounds is None else rounds,
        usual.latency.seconds if seconds is None else seconds,
        usual.latency.calls if calls is None else calls,
        usual.warm_s,
    )
