"""The lines of a session's file, as types; `docs/sessions.md` describes them for other programs.

Only who reads sessions needs this module: `session_file.py` writes the same lines without waiting for its imports.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from edgefer.camera.marks import MarkKind

SCHEMA = 1

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
# A hundred days: a report has a place for every tenth of a second.
Seconds = Annotated[float, Field(ge=0, le=8_640_000, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


def _zoned(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment


Moment = Annotated[datetime, AfterValidator(_zoned)]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ModelLine(_Line):
    """The network that read. sha256: of its card's JSON. labels: in the order of all probabilities."""

    name: str
    sha256: str
    precision: str
    backend: str
    labels: tuple[str, ...] = Field(min_length=2)


class HeaderLine(_Line):
    """First line, and one more wherever a later run continues the session.

    began: when this run did. started: the moment of second 0, the same in all headers. time: where this run begins.
    live: seconds pass as on the clock; otherwise they are positions in a film. rate: samples a second, at most.
    aggregate: intervals stand in place of samples, and nobody is told from another.
    """

    kind: Literal["session"]
    schema_: Literal[1] = Field(alias="schema")
    name: str
    began: Moment
    started: Moment
    time: Seconds
    live: bool
    source: str
    model: ModelLine
    rate: float = Field(gt=0, allow_inf_nan=False)
    aggregate: bool
    settings: dict[str, Any]
    edgefer: str


class PersonLine(_Line):
    """One person of a sample. emotion: what was shown, also `uncertain`. Who is not seen has neither of the last two."""

    track: int = Field(ge=1)
    seen: bool
    emotion: str = ""
    uncertain: bool = False
    probabilities: tuple[Share, ...] = ()


class SampleLine(_Line):
    """Who was there at a moment; nobody is known to be there where the list is empty."""

    kind: Literal["sample"]
    time: Seconds
    people: tuple[PersonLine, ...]


class IntervalLine(_Line):
    """What was seen from `time` on for `seconds`, of nobody in particular; see `edgefer.camera.interval.Interval`."""

    kind: Literal["interval"]
    time: Seconds
    seconds: float = Field(gt=0, allow_inf_nan=False)
    frames: Count
    faces: Count
    most: Count
    uncertain: Share
    emotions: dict[str, Share]


class MarkLine(_Line):
    """A mark, at the time when it was set."""

    kind: Literal["mark"]
    time: Seconds
    does: MarkKind
    text: str
    id: str


class GapLine(_Line):
    """Nothing is known from this time to that of the next sample."""

    kind: Literal["gap"]
    time: Seconds
    why: str


class EndLine(_Line):
    """A run ended in order. time: of its last frame. why: what ended it, empty where nothing went wrong."""

    kind: Literal["end"]
    time: Seconds
    why: str


Line = HeaderLine | SampleLine | IntervalLine | MarkLine | GapLine | EndLine
parse: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])
