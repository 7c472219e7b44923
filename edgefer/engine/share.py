"""How much of a build is done, from TensorRT's phases inside phases."""

from __future__ import annotations

from dataclasses import dataclass

WHOLE = 100


@dataclass
class _Phase:
    parent: str | None
    steps: int
    done: int = 0


class Share:
    """How much of a build is done, from phases inside phases, each of which is one step of its parent.

    TensorRT tells how many steps a phase has only when the phase starts, so this is a share and not a count.
    """

    def __init__(self) -> None:
        self._phases: dict[str, _Phase] = {}
        self._reported = 0

    @property
    def percent(self) -> int:
        """Percent points so far, 0..100; never falls."""
        return self._reported

    def start(self, name: str, parent: str | None, steps: int) -> None:
        """A phase begins; `parent` is the phase that it is a step of."""
        self._phases[name] = _Phase(parent, max(steps, 1))

    def advance(self, name: str, step: int) -> None:
        """Step number `step` (from 0) of a phase is over."""
        if name in self._phases:
            self._phases[name].done = step + 1
        self._count()

    def finish(self, name: str) -> None:
        """A phase is over, and with the outermost one the whole."""
        phase = self._phases.pop(name, None)
        if phase and phase.parent is None:
            self._phases.clear()
            self._reported = WHOLE
        else:
            self._count()

    def _count(self) -> None:
        # The last point is kept for the end of the outermost phase.
        self._reported = max(self._reported, min(int(WHOLE * self._of(None)), WHOLE - 1))

    def _of(self, parent: str | None) -> float:
        running = [(name, phase) for name, phase in self._phases.items() if phase.parent == parent]
        shares = [min((phase.done + self._of(name)) / phase.steps, 1.0) for name, phase in running]
        return max(shares, default=0.0)
