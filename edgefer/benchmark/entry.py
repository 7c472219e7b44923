"""A row in the making: its process, what has been measured of it, and why something could not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgefer.benchmark import effort
from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.benchmark.energy import Energy
from edgefer.benchmark.figures import Latency, Parts, Setup, Sizes, Start
from edgefer.benchmark.process import Worker
from edgefer.benchmark.protocol import Protocol
from edgefer.benchmark.result import Row
from edgefer.benchmark.summary import parts, summarise
from edgefer.card import ModelCard
from edgefer.errors import BackendError
from edgefer.runtime.session import PartTimes

# Seconds after which a silent process is given up, beside the time it was asked to measure.
_OPEN_LIMIT, _CALL_LIMIT = 300.0, 120.0
# Seconds: counters of energy move in steps of up to a tenth, and meters show the mean of up to one.
_LEAST_FOR_ENERGY, _MOST_FOR_ENERGY = 1.0, 2.0
# Parts are timed beside the latency and must not double the suite's time.
_SHARE_FOR_PARTS = 0.25


@dataclass
class Entry:
    """failed: why a batch size has no figures. samples: rounds of nanoseconds.

    times: of parts, where there are any; wall: the seconds that all of those calls took. All by batch size.
    """

    candidate: Candidate
    why: str = ""
    worker: Worker | None = None
    about: Row | None = None
    memory: dict[int, dict[str, int]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    samples: dict[int, list[list[int]]] = field(default_factory=dict)
    times: dict[int, list[PartTimes]] = field(default_factory=dict)
    wall: dict[int, float] = field(default_factory=dict)
    energy: dict[int, Energy] = field(default_factory=dict)

    def start(self, faces: Path, folder: Path, batches: Sequence[int], warm: float) -> None:
        """Open the candidate, and warm it up and read its memory at every batch size, smallest first."""
        if self.why:
            return
        try:
            self.worker = Worker(self.candidate, folder)
            about = self.worker.open(faces, _OPEN_LIMIT, max(batches))
        except BackendError as error:
            self._give_up(error.what)
            return
        seconds = {**about["seconds"], "process": about["process"]}
        self.about = Row(
            candidate=self.candidate,
            backend=about["backend"],
            card=ModelCard.model_validate(about["card"]),
            setup=Setup(**about["setup"]),
            sizes=Sizes(**about["sizes"]),
            start=Start(**{f"{name}_s": value for name, value in seconds.items()}),
            idle=about["idle"],
        )
        for batch in batches:
            self._warm_up(self.worker, batch, warm)

    def visit(self, batch: int, protocol: Protocol, left: int) -> None:
        """Measure a batch size once more, unless that has been done enough; `left` visits are left with this one."""
        wanted, before = protocol.effort(batch), self.samples.get(batch, [])
        if self.worker is None or batch in self.failed or (before and effort.done(wanted, before)):
            return
        now = effort.share(wanted, before, left)
        try:
            samples = self.worker.measure(batch, protocol.warm_s, now.seconds, now.calls, now.limit, _CALL_LIMIT)
            if self.on_gpu:
                times, wall = self.worker.parts(batch, now.calls, _SHARE_FOR_PARTS * now.limit, _CALL_LIMIT)
                self.times.setdefault(batch, []).extend(times)
                self.wall[batch] = self.wall.get(batch, 0.0) + wall
        except BackendError as error:
            self.failed[batch] = error.what
        else:
            self.samples.setdefault(batch, []).append(samples)

    def finish(self, batch: int, protocol: Protocol) -> None:
        """After the last visit, make sure that the answer is still the same, and measure energy where something can."""
        if self.worker is None or batch in self.failed or not self.samples.get(batch):
            return
        seconds = min(_MOST_FOR_ENERGY, max(_LEAST_FOR_ENERGY, protocol.effort(batch).seconds))
        try:
            self.worker.check(batch, _CALL_LIMIT)
            self.energy[batch] = self.worker.energy(batch, seconds, _CALL_LIMIT)
        except BackendError as error:
            self.failed[batch] = error.what

    def latency(self, batch: int, protocol: Protocol) -> Latency | None:
        """What was measured at one batch size; None where nothing was, or where it failed later."""
        rounds = self.samples.get(batch)
        if not rounds or batch in self.failed:
            return None
        return summarise(rounds, effort.ended(protocol.effort(batch), rounds))

    def parts(self, batch: int) -> Parts | None:
        """Where a call's time went at one batch size, where that is known."""
        return parts(self.times.get(batch, []), self.wall.get(batch, 0.0))

    @property
    def on_gpu(self) -> bool:
        """Whether the open candidate computes on a GPU."""
        return self.about is not None and self.about.setup is not None and self.about.setup.device != "cpu"

    @property
    def file_bytes(self) -> int | None:
        """Bytes of the candidate's file; None where it is none."""
        path = Path(self.candidate.target)
        return path.stat().st_size if self.candidate.kind is not Kind.FACTORY and path.is_file() else None

    def close(self) -> None:
        """End the process."""
        if self.worker is not None:
            self.worker.close()

    def _warm_up(self, worker: Worker, batch: int, seconds: float) -> None:
        try:
            self.memory[batch] = worker.warm_up(batch, seconds, _CALL_LIMIT)
        except BackendError as error:
            self.failed[batch] = error.what

    def _give_up(self, why: str) -> None:
        self.why = why
        self.close()
        self.worker = None
