"""What a calibration set says of itself: where each face comes from, what the set covers, and what it fits."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edgefer import paths
from edgefer.card import InputSpec
from edgefer.errors import ArtifactError
from edgefer.json_text import read_json

MANIFEST = "manifest.json"
FORMAT = 2
_SEAL = "manifest_sha256"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Brightness(_Frozen):
    """Mean grey of faces, 0..255: its mean over them, the darkest face's and the brightest's."""

    mean: float
    darkest: float
    brightest: float


class Coverage(_Frozen):
    """How a set spreads over emotions and brightness.

    bounds: mean grey at which each brightness stratum but the darkest begins, over the whole split. faces: by emotion,
    how many faces of each stratum, darkest first. drawn, split: brightness of the set and of the whole split.
    """

    bounds: tuple[float, ...]
    faces: dict[str, tuple[int, ...]]
    drawn: Brightness
    split: Brightness

    @model_validator(mode="after")
    def _one_count_a_stratum(self) -> Coverage:
        if any(len(row) != len(self.bounds) + 1 for row in self.faces.values()):
            raise ValueError(f"{len(self.bounds)} bounds need {len(self.bounds) + 1} counts for each emotion")
        return self


class ExclusionUsed(_Frozen):
    """The exclusion list that was honoured: its file as it was named, and that file's hash."""

    file: str
    sha256: str


class Manifest(_Frozen):
    """What a calibration set holds.

    model: the name of the model that it was made for. dataset, split, data_sha256: the faces that it was drawn from,
    and their hash; rows are positions in all of them. source: what finds them (a name or a folder). skipped: faces that
    could not be drawn, by reason. faces_sha256: hash of the file of faces.
    """

    format: Literal[2] = 2
    model: str
    dataset: str
    source: str
    data_sha256: str
    split: str
    seed: int
    rows: tuple[int, ...] = Field(min_length=1)
    coverage: Coverage
    skipped: dict[str, int]
    exclude: ExclusionUsed | None
    input: InputSpec
    faces_sha256: str

    @model_validator(mode="after")
    def _adds_up(self) -> Manifest:
        if sum(self.counts.values()) != len(self.rows):
            raise ValueError("the coverage does not add up to the number of rows")
        return self

    @property
    def counts(self) -> dict[str, int]:
        """Faces per emotion name."""
        return {emotion: sum(row) for emotion, row in self.coverage.faces.items()}

    def write(self, folder: Path) -> None:
        """Write `manifest.json`, sealed with a hash of its own."""
        values = self.model_dump(mode="json")
        text = json.dumps({**values, _SEAL: _seal(values)}, indent=2)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Request:
    """What `edgefer calibrate` is asked for; what is None is left to its defaults."""

    data: str | None = None
    count: int | None = None
    seed: int | None = None
    exclude: str | None = None

    @classmethod
    def of(cls, manifest: Manifest) -> Request:
        """What a set was made by."""
        exclude = manifest.exclude.file if manifest.exclude else None
        return cls(manifest.source, len(manifest.rows), manifest.seed, exclude)

    def command(self, model: Path | None, out: Path) -> str:
        """The line that makes the set, ready for a shell."""
        words = ["edgefer", "calibrate", "MODEL" if model is None else str(model)]
        for name, value in vars(self).items():
            words += [] if value is None else [f"--{name}", str(value)]
        return shlex.join([*words, "--out", str(out)])


def read_manifest(folder: Path, model: Path | None) -> Manifest:
    """The manifest of the set in `folder`; `model` is named in the command that the errors give.

    Raises ArtifactError when it is missing, damaged, altered, or written before sets were what they are now.
    """
    fix = f"make it again: {Request().command(model, folder)}"
    path = paths.require_file(folder / MANIFEST, "a calibration set's manifest", fix)
    try:
        values = read_json(path.read_bytes())
    except ValueError as error:
        raise ArtifactError(f"{path} is damaged (it is no JSON)", fix) from error
    if not isinstance(values, dict):
        raise ArtifactError(f"{path} is damaged (it is no JSON object)", fix)
    fix = f"make it again: {_request(values).command(model, folder)}"
    if isinstance(number := values.get("format"), int) and number != FORMAT:
        reason = "was made before sets were balanced by brightness and kept free of copies"
        raise ArtifactError(f"{folder} {reason if number < FORMAT else f'has format {number}, not {FORMAT}'}", fix)
    seal = values.pop(_SEAL, None)
    try:
        manifest = Manifest.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "manifest"
        raise ArtifactError(f"{path} is damaged ({place}: {first['msg']})", fix) from error
    if seal != _seal(values):
        raise ArtifactError(f"{path} was altered: it is not as it was written (its own SHA-256 differs)", fix)
    return manifest


def _seal(values: dict[str, Any]) -> str:
    return paths.sha256_of(json.dumps(values, sort_keys=True))


def _request(values: dict[str, Any]) -> Request:
    """As much of the request as can be read from a manifest that may be damaged or of another format."""

    def known(name: str, kind: type) -> Any:
        return values[name] if isinstance(values.get(name), kind) else None

    rows, exclude = known("rows", list), known("exclude", dict) or {}
    return Request(
        data=known("source", str) or known("dataset", str),
        count=len(rows) if rows else None,
        seed=known("seed", int),
        exclude=exclude.get("file") if isinstance(exclude.get("file"), str) else None,
    )
