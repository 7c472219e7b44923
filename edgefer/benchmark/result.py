"""What a benchmark found: one frozen, versioned JSON form that renderers and later comparisons read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, computed_field, model_validator

from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.benchmark.environment import Environment
from edgefer.card import Measurement, ModelCard
from edgefer.errors import ArtifactError

# trtexec calls a coefficient of variation above this unstable, too.
UNSTABLE = 0.025
# What an edge device must find free; PSS and USS move when a neighbour starts or ends.
MEMORY_METHOD = "RSS"


class _Frozen(BaseModel):
    # JSON carries the computed values beside the measured ones; they are computed again when it is read.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Latency(_Frozen):
    """Milliseconds of one call, over the samples of all rounds.

    p99_ms has no value below 100 samples. rounds_ms: the median of each round. variation: their standard deviation
    over their mean; no value for a single round.
    """

    samples: int = Field(ge=1)
    min_ms: float = Field(gt=0)
    median_ms: float
    mean_ms: float
    p90_ms: float
    p99_ms: float | None
    rounds_ms: tuple[float, ...] = Field(min_length=1)
    variation: float | None

    @model_validator(mode="after")
    def _ordered(self) -> Latency:
        points = [self.min_ms, self.median_ms, self.p90_ms, *([] if self.p99_ms is None else [self.p99_ms])]
        if points != sorted(points):
            raise ValueError("percentiles must not fall")
        return self

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unstable(self) -> bool:
        """Whether rounds differ by more than the benchmark's word can carry."""
        return self.variation is not None and self.variation > UNSTABLE


class Speedup(_Frozen):
    """How many times faster than the row named `over`: the median over rounds of its latency over this row's.

    low, high: 95 % bootstrap interval over rounds; no value for a single round.
    """

    over: str
    value: float
    low: float | None
    high: float | None


class Cell(_Frozen):
    """One row at one batch size.

    why: the reason that there is no latency. memory: bytes when warm, by method. note: what a reader must know.
    """

    batch: int = Field(ge=1)
    why: str = ""
    note: str = ""
    latency: Latency | None = None
    memory: dict[str, int] = Field(default_factory=dict)
    speedups: tuple[Speedup, ...] = ()

    @model_validator(mode="after")
    def _explained(self) -> Cell:
        if (self.latency is None) != bool(self.why):
            raise ValueError("a cell has either a latency or a reason")
        return self

    @computed_field  # type: ignore[prop-decorator]
    @property
    def faces_per_second(self) -> float | None:
        """Faces a second by the mean call, transfers and checks included."""
        return None if self.latency is None else 1000 * self.batch / self.latency.mean_ms


class Start(_Frozen):
    """Seconds from a running interpreter to the first answer, files in the page cache; the parts follow each other."""

    import_s: float
    load_s: float
    first_s: float

    @computed_field  # type: ignore[prop-decorator]
    @property
    def total_s(self) -> float:
        """Importing the runtime, opening the model, answering once."""
        return self.import_s + self.load_s + self.first_s


class Row(_Frozen):
    """One candidate. why: the reason that nothing of it ran. idle: bytes by method before the model was opened."""

    candidate: Candidate
    why: str = ""
    backend: str = ""
    card: ModelCard | None = None
    file_bytes: int | None = None
    start: Start | None = None
    idle: dict[str, int] = Field(default_factory=dict)
    cells: tuple[Cell, ...] = ()

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self.candidate.name

    @property
    def as_compiled(self) -> Measurement | None:
        """Of an engine, the accuracy of the very ONNX file that was compiled, where its build measured it."""
        passport = self.card.engine if self.card is not None and self.candidate.kind is Kind.ENGINE else None
        return passport.after if passport is not None else None

    @property
    def measurement(self) -> Measurement | None:
        """The accuracy to show: the card's last one on PublicTest, else its last one; official and single crop.

        Of an engine that of the file that was compiled, where it was measured on the same faces.
        """
        known = self.card.measured if self.card else ()
        measured = [one for one in known if (one.protocol, one.tta) == ("official", "none")]
        chosen = next(
            (one for one in reversed(measured) if one.split == "PublicTest"), measured[-1] if measured else None
        )
        own = self.as_compiled
        return own if own is not None and (chosen is None or own.place == chosen.place) else chosen

    @property
    def inherited(self) -> bool:
        """Whether `measurement` was taken in another runtime, of the network that this file was made from."""
        found = self.measurement
        if found is None or found == self.as_compiled:
            return False
        return found.backend.split()[0] != _RUNS[self.candidate.kind](self)

    def cell(self, batch: int) -> Cell | None:
        """The cell of one batch size."""
        return next((cell for cell in self.cells if cell.batch == batch), None)

    def memory_delta(self, batch: int, method: str = MEMORY_METHOD) -> int | None:
        """Bytes that the open, warm model added to its process, by one method."""
        cell = self.cell(batch)
        if cell is None or method not in cell.memory or method not in self.idle:
            return None
        return cell.memory[method] - self.idle[method]


# What a measurement's backend begins with when it was taken with a row's own kind of session.
_RUNS: dict[Kind, Callable[[Row], str]] = {
    Kind.TORCH: lambda _row: "torch",
    Kind.ONNXRUNTIME: lambda _row: "onnxruntime",
    Kind.ENGINE: lambda row: row.card.engine.flavour if row.card and row.card.engine else "",
    Kind.FACTORY: lambda row: row.backend.split()[0] if row.backend else "",
}


class BenchmarkResult(_Frozen):
    """Everything one run of the suite found, and how it was run.

    rounds x seconds: how often, and how long at least, each cell was measured. warm_s: uncounted calls before each.
    """

    version: Literal[1] = Field(default=1, alias="schema")
    rounds: int = Field(ge=1)
    seconds: float = Field(gt=0)
    warm_s: float = Field(ge=0)
    batches: tuple[int, ...] = Field(min_length=1)
    faces: str
    environment: Environment
    rows: tuple[Row, ...]

    @model_validator(mode="after")
    def _distinct(self) -> BenchmarkResult:
        names = [row.name for row in self.rows]
        if len(set(names)) != len(names):
            raise ValueError("rows share a name")
        return self

    def to_json(self, indent: int | None = 2) -> str:
        """One JSON object; `schema` is its version."""
        return self.model_dump_json(indent=indent, by_alias=True)

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> BenchmarkResult:
        """Read what `to_json` wrote; `where` names it in the ArtifactError raised when it is damaged."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "record"
            raise ArtifactError(
                f"{where} is no benchmark record of this version ({place}: {first['msg']})",
                "write one with: edgefer benchmark --out DIR",
            ) from error
