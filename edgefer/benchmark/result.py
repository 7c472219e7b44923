"""What a benchmark found: one frozen, versioned JSON form that renderers and later comparisons read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.benchmark.environment import Environment
from edgefer.benchmark.figures import Cell, Figures, Setup, Sizes, Start, Verdict
from edgefer.benchmark.protocol import Protocol
from edgefer.card import Measurement, ModelCard, Precision
from edgefer.errors import ArtifactError

# What an edge device must find free; PSS and USS move when a neighbour starts or ends.
MEMORY_METHOD = "RSS"


class Row(Figures):
    """One candidate. why: the reason that nothing of it ran. idle: bytes by method before the model was opened.

    setup: how it was run; no value where nothing ran.
    """

    candidate: Candidate
    why: str = ""
    backend: str = ""
    setup: Setup | None = None
    sizes: Sizes = Sizes()
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
    def worst_emotion(self) -> tuple[str, float] | None:
        """The emotion that is found least often, and the share of its faces that are found, by `measurement`."""
        found = self.measurement
        if found is None or not found.recall:
            return None
        return min(found.recall.items(), key=lambda one: one[1])

    @property
    def inherited(self) -> bool:
        """Whether `measurement` was taken in another runtime or arithmetic, of the network that this file was made from."""
        found, precision = self.measurement, self.candidate.precision
        if found is None or found == self.as_compiled:
            return False
        if precision is not Precision.FP32 and precision.value not in found.backend:
            return True
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


class BenchmarkResult(Figures):
    """Everything one run of the suite found, and how it was run.

    verdicts: the judgements that `edgefer.benchmark.judgement` makes of the rest. left_out: rows that the suite has on
    other machines and not on this one, with the reason.
    """

    version: Literal[2] = Field(default=2, alias="schema")
    protocol: Protocol
    faces: str
    environment: Environment
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...] = ()
    left_out: tuple[str, ...] = ()

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
