"""Whether two times differ, and whether a row drifts: what a handful of rounds can show, and no more.

A round's median is one observation: calls within a round share its heat and its neighbours, so thousands of them are not
thousands of observations. What is tested is therefore a handful of rounds, by Student's t on their logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev

# Two-sided 95 % points of Student's t for 1, 2, ... degrees of freedom; the normal distribution's beyond.
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131),
    *(2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
_T_LIMIT = 1.96
# Where a process's code and data happen to lie changes its speed by some percent, and alike in all of its rounds, which
# therefore cannot show it (Mytkowicz et al., Producing wrong data without doing anything obviously wrong, 2009).
LUCK = 0.02
# Two runs differ in more: other processes, another temperature, another neighbour, the same for all rounds of each.
RUNS = 0.05
# Rounds in strict order: 1 of 60 runs of five rounds has that by chance.
_CHANCE = 0.02


@dataclass(frozen=True)
class Contrast:
    """A ratio of two times and its 95 % interval, all above 0. luck: what the rounds cannot show, as a fraction of 1."""

    value: float
    low: float
    high: float
    luck: float = LUCK

    @property
    def above(self) -> bool:
        """Whether the ratio is surely above 1, by more than luck."""
        return self.low > 1 + self.luck

    @property
    def below(self) -> bool:
        """Whether the ratio is surely below 1, by more than luck."""
        return self.high < 1 / (1 + self.luck)

    @property
    def sure(self) -> bool:
        """Whether there is a difference at all."""
        return self.above or self.below

    @property
    def inverse(self) -> Contrast:
        """The other way round."""
        return Contrast(1 / self.value, 1 / self.high, 1 / self.low, self.luck)


def paired(times: Sequence[float], others: Sequence[float]) -> Contrast | None:
    """`times` over `others`, both from the same interleaved rounds; None below two common rounds.

    What slows the whole machine for a round cancels. A row that stopped early is compared in the rounds that it has.
    """
    pairs = min(len(times), len(others))
    if pairs < 2:
        return None
    return _around([math.log(times[place] / others[place]) for place in range(pairs)])


def between(times: Sequence[float], others: Sequence[float]) -> Contrast | None:
    """`times` over `others` from different runs, by Welch's unequal variances; None where either has one round."""
    if len(times) < 2 or len(others) < 2:
        return None
    logs, other_logs = [math.log(one) for one in times], [math.log(one) for one in others]
    shares = [stdev(one) ** 2 / len(one) for one in (logs, other_logs)]
    error = math.sqrt(sum(shares))
    freedom: float = min(len(times), len(others)) - 1
    if error > 0:
        parts = shares[0] ** 2 / (len(times) - 1) + shares[1] ** 2 / (len(others) - 1)
        freedom = sum(shares) ** 2 / parts
    return _interval(fmean(logs) - fmean(other_logs), error, int(freedom), RUNS)


def ratios(times: Sequence[float], others: Sequence[float]) -> list[float]:
    """`times` over `others`, round by round."""
    return [one / other for one, other in zip(times, others, strict=False)]


def drift(times: Sequence[float]) -> float | None:
    """How much the last round took longer than the first, as a fraction (-0.1: a tenth less); None where none shows.

    By Mann and Kendall's exact test: how many pairs of rounds stand in order. Five rounds must rise, or fall, without an
    exception; fewer than five show nothing. The size is by Theil and Sen: the median slope of all pairs.
    """
    rounds = len(times)
    logs = [math.log(one) for one in times]
    pairs = [(early, late) for late in range(rounds) for early in range(late)]
    order = sum((logs[late] > logs[early]) - (logs[late] < logs[early]) for early, late in pairs)
    if rounds < 2 or _chance(rounds, abs(order)) > _CHANCE:
        return None
    slopes = sorted((logs[late] - logs[early]) / (late - early) for early, late in pairs)
    middle = len(slopes) // 2
    slope = slopes[middle] if len(slopes) % 2 else fmean(slopes[middle - 1 : middle + 1])
    return math.exp(slope * (rounds - 1)) - 1


def _around(logs: Sequence[float]) -> Contrast:
    return _interval(fmean(logs), stdev(logs) / math.sqrt(len(logs)), len(logs) - 1)


def _interval(middle: float, error: float, freedom: int, luck: float = LUCK) -> Contrast:
    reach = (_T[freedom - 1] if freedom <= len(_T) else _T_LIMIT) * error
    return Contrast(math.exp(middle), math.exp(middle - reach), math.exp(middle + reach), luck)


@cache
def _chance(rounds: int, order: int) -> float:
    """How often rounds in random order are at least this far in order, in either direction."""
    orders = {0: 1}
    for size in range(2, rounds + 1):
        # The newest round is above 0 .. size - 1 of the earlier ones, all equally likely.
        steps = range(1 - size, size, 2)
        grown: dict[int, int] = {}
        for known, count in orders.items():
            for step in steps:
                grown[known + step] = grown.get(known + step, 0) + count
        orders = grown
    return sum(count for known, count in orders.items() if abs(known) >= order) / math.factorial(rounds)
