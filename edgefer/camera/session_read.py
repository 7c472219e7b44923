"""Reads a session's file up to its last full line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from edgefer.camera.marks import Mark, MarkKind, Marks
from edgefer.camera.session_folder import lives
from edgefer.camera.session_lines import (
    SCHEMA,
    EndLine,
    GapLine,
    HeaderLine,
    IntervalLine,
    Line,
    MarkLine,
    SampleLine,
    parse,
)
from edgefer.errors import ArtifactError
from edgefer.json_text import read_json

FIX = "name a session that edgefer run --session wrote"
# Marks come from other processes, and may be older than the sample before them.
SET = (MarkKind.TASK, MarkKind.NOTE)  # the others say when not to write, and are gaps
_IN_ORDER = (SampleLine, IntervalLine, GapLine, EndLine, HeaderLine)


@dataclass(frozen=True)
class Record:
    """What a session's file holds. Times are seconds, see `HeaderLine`.

    runs: one header a run, at least one. taken: marks in the file; late: those that the last run was given and killed
    before it took them. ends: of the runs that ended in order. size: bytes of whole lines. lives: a run is writing it.
    """

    path: Path
    runs: tuple[HeaderLine, ...]
    samples: tuple[SampleLine, ...]
    intervals: tuple[IntervalLine, ...]
    taken: tuple[MarkLine, ...]
    gaps: tuple[GapLine, ...]
    ends: tuple[EndLine, ...]
    size: int
    late: tuple[MarkLine, ...] = ()
    lives: bool = False

    @property
    def marks(self) -> tuple[MarkLine, ...]:
        """All marks, by time."""
        return tuple(sorted((*self.taken, *self.late), key=lambda mark: mark.time))

    @property
    def header(self) -> HeaderLine:
        """The first one."""
        return self.runs[0]

    @property
    def cut_off(self) -> bool:
        """Whether the last run was killed."""
        return not self.lives and len(self.ends) < len(self.runs)

    @property
    def last(self) -> float:
        """The last second that is known."""
        ends = [interval.time + interval.seconds for interval in self.intervals[-1:]]
        return max(
            [*ends, *(line.time for lines in (self.samples, self.ends, self.gaps) for line in lines[-1:])] or [0.0]
        )


def read(path: Path) -> Record:
    """Read a session's file. What a killed run left unfinished at its end is left out.

    Raises ArtifactError for a file that is damaged, holds nothing, or is something else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror}", FIX) from error
    whole = data[: data.rfind(b"\n") + 1]
    if not whole:
        # After a power cut some disks give zeros where the last lines were to be.
        if data.strip(b"\0") and not data.startswith(b"{"):
            raise ArtifactError(f"{path} is no session", FIX)
        raise ArtifactError(f"{path} holds nothing: its run ended before the first frame", "record it again")
    lines = [_line(path, number, line) for number, line in enumerate(whole.splitlines(), start=1)]
    record = _record(path, lines, len(whole))
    taken = {mark.id for mark in record.taken}
    late = [mark for mark in Marks(path.parent).new() if mark.id not in taken and mark.kind in SET]
    return replace(record, late=tuple(_placed(record, mark) for mark in late))


def _line(path: Path, number: int, text: bytes) -> Line:
    try:
        return parse.validate_json(text)
    except ValidationError as error:
        if number == 1:
            raise _foreign(path, text) from error
        raise ArtifactError(f"line {number} of {path} is damaged", "remove that line to read the others") from error


def _foreign(path: Path, text: bytes) -> ArtifactError:
    try:
        first = read_json(text)
    except ValueError:
        first = None
    if not isinstance(first, dict) or first.get("kind") != "session":
        return ArtifactError(f"{path} is no session", FIX)
    if isinstance(first.get("schema"), int) and first["schema"] > SCHEMA:
        return ArtifactError(f"{path} is of a newer edgefer (schema {first['schema']})", "update edgefer")
    return ArtifactError(f"line 1 of {path} is damaged", "its settings and labels cannot be guessed; record it again")


def _record(path: Path, lines: list[Line], size: int) -> Record:
    header, time = lines[0], 0.0
    if not isinstance(header, HeaderLine):
        raise ArtifactError(f"{path} is no session", FIX)
    for number, line in enumerate(lines, start=1):
        if isinstance(line, _IN_ORDER):
            if line.time < time:
                raise ArtifactError(
                    f"line {number} of {path} is damaged: its time is before that of line {number - 1}", FIX
                )
            time = line.time
        if not _fits(line, header):
            raise ArtifactError(f"line {number} of {path} is damaged: it does not fit the labels of line 1", FIX)
    return Record(
        path,
        tuple(line for line in lines if isinstance(line, HeaderLine)),
        tuple(line for line in lines if isinstance(line, SampleLine)),
        tuple(line for line in lines if isinstance(line, IntervalLine)),
        tuple(line for line in lines if isinstance(line, MarkLine)),
        tuple(line for line in lines if isinstance(line, GapLine)),
        tuple(line for line in lines if isinstance(line, EndLine)),
        size,
        lives=lives(path.parent),
    )


def _fits(line: Line, header: HeaderLine) -> bool:
    labels = header.model.labels
    if isinstance(line, HeaderLine):
        return line.model.labels == labels
    if isinstance(line, IntervalLine):
        return set(line.emotions) == set(labels)
    if isinstance(line, SampleLine):
        shown = {*labels, "uncertain"}
        return all(
            (len(one.probabilities) == len(labels) and one.emotion in shown) if one.seen else not one.probabilities
            for one in line.people
        )
    return True


def _placed(record: Record, mark: Mark) -> MarkLine:
    """A mark at its time by the clock; in a film, where no clock tells, at the end."""
    time = record.last
    if record.header.live:
        time = max(0.0, mark.wall - record.header.started.timestamp())
    return MarkLine(kind="mark", time=round(time, 3), does=mark.kind, text=mark.text, id=mark.id)
