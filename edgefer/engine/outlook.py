"""What a build would do and why, without doing it: `build-engine --dry-run`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgefer.engine.existing import Existing, find_existing
from edgefer.engine.measure import judging_faces
from edgefer.engine.past import Past, recall
from edgefer.engine.precision import learned
from edgefer.engine.request import Request, Task, resolve
from edgefer.paths import sha256
from edgefer.quantize.source import fitting_set, own_set
from edgefer.runtime.open import CHECKPOINTS


@dataclass(frozen=True)
class SetOutlook:
    """The calibration set of a build. state: `fits`, `would be made`, or `would be made again`, for the reason `why`."""

    folder: Path
    faces: int
    state: str
    why: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Outlook:
    """model_sha256: of the task's file. calibration: None where none is needed. existing: what is in the folder now.

    judged: the faces on which accuracy would be measured, such as `fer2013 PublicTest`; empty where it would not be, and
    then unmeasured says why. last: the last build of its kind.
    """

    task: Task
    model_sha256: str
    calibration: SetOutlook | None
    existing: Existing
    judged: str
    unmeasured: str
    last: Past | None

    @property
    def would_build(self) -> bool:
        """Whether the build would do any work."""
        return not self.existing.same

    @property
    def expected(self) -> float | None:
        """Seconds that the build would take, by the last of its kind; None where there was none."""
        return self.last.seconds(bool(self.judged)) if self.last is not None else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        task, request, found = self.task, self.task.request, self.calibration
        return {
            "schema": 1,
            "model": str(task.file),
            "model_sha256": self.model_sha256,
            "exported": task.file.suffix in CHECKPOINTS,
            "precision": request.precision.value,
            "flavour": task.flavour.name,
            "version": task.flavour.version,
            "targets": list(task.targets),
            "batch": list(request.batch),
            "options": list(request.options.words()),
            "calibration": None
            if found is None
            else {"folder": str(found.folder), "faces": found.faces, "state": found.state, "why": found.why},
            "folder": str(task.folder),
            "would_build": self.would_build,
            "replaces": self.existing.engine is not None and self.would_build,
            "why": list(self.existing.why),
            "judged": self.judged,
            "unmeasured": self.unmeasured,
            "expected_seconds": None if self.expected is None else round(self.expected, 1),
        }


def outlook(request: Request) -> Outlook:
    """Look at everything that a build would look at, and make nothing. Raises what the build would raise then."""
    task = resolve(request)
    found = _calibration(task)
    faces, unmeasured = judging_faces(task.card) if request.measure else (None, "--no-measure was given")
    existing = find_existing(task.folder, task.inputs(found.sha256 if found else ""), faces)
    if found and not found.sha256 and existing.engine is not None:
        existing = Existing(existing.engine, existing.card, (f"its calibration set {found.state}",))
    return Outlook(
        task=task,
        model_sha256=sha256(task.file),
        calibration=found,
        existing=existing,
        judged=f"{faces.name} {faces.split}" if faces is not None else "",
        unmeasured=unmeasured,
        last=recall(task.kind),
    )


def _calibration(task: Task) -> SetOutlook | None:
    asked, card = task.request, task.card
    if not asked.precision.calibrated or card.precision is asked.precision:
        return None
    if learned(card, asked.precision, asked.calibration):
        return None
    if asked.calibration is not None:
        named = fitting_set(asked.calibration, card, asked.model)
        return SetOutlook(named.folder, len(named), "fits", sha256=named.sha256)
    own = own_set(card, asked.model)
    if own.made is not None:
        return SetOutlook(own.folder, len(own.made), "fits", sha256=own.made.sha256)
    state = "would be made again" if own.stale else "would be made"
    return SetOutlook(own.folder, own.count, state, own.stale)
