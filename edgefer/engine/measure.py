"""Accuracy before and after: the float32 file and the file that is compiled, on the same labelled faces.

Both run in ONNX Runtime, on any machine. The engine computes what the compiled file says, up to the order of its sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgefer.card import Measurement, ModelCard
from edgefer.console import Step, progress
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces, split_names
from edgefer.errors import EdgeferError
from edgefer.evaluate.answers import judged
from edgefer.evaluate.evaluate import evaluate
from edgefer.evaluate.protocol import TRAINING, default_split
from edgefer.runtime.onnx import OnnxSession


@dataclass(frozen=True)
class Change:
    """What a conversion cost. Differences are after less before, in percentage points."""

    before: Measurement
    after: Measurement

    @property
    def difference(self) -> float:
        """Of accuracy."""
        return 100 * (self.after.accuracy - self.before.accuracy)

    @property
    def worst(self) -> tuple[str, float]:
        """The emotion whose recall fell most, or gained least, and by how much."""
        changes = {name: 100 * (self.after.recall[name] - recall) for name, recall in self.before.recall.items()}
        name = min(changes, key=changes.__getitem__)
        return name, changes[name]


def judging_faces(card: ModelCard, source: str = "") -> tuple[FaceSet | None, str]:
    """The faces that `edgefer evaluate` would judge a model on, or None and why there are none on this machine.

    source: what finds them (a name or a folder); by default the name of what it was trained on.
    """
    source = source or card.provenance.dataset
    if not source:
        return None, f"{card.name} does not say which faces it was trained on"
    try:
        faces = load_faces(source, default_split(card, split_names(source), source))
        judged(faces, [card])
    except EdgeferError as error:
        return None, error.what
    if not len(faces):
        return None, f"{faces.name} {faces.split} holds no faces"
    return (None, f"{card.name} was trained on them all") if faces.split == TRAINING else (faces, "")


def elsewhere(found: Measurement, faces: FaceSet | None) -> str:
    """How the faces that an accuracy is of differ from `faces`, in words; empty when they are the same, or unknown."""
    if faces is None:
        return ""
    place, here = f"{found.dataset} {found.split}", f"{faces.name} {faces.split}"
    if place != here:
        return f"accuracy was measured on {place}, now {here}"
    # Cards of before the hash was told have their number.
    same = found.data_sha256 == faces.sha256 if found.data_sha256 else found.faces == len(faces)
    return "" if same else f"accuracy was measured on other faces of {place}"


def measure(reference: Path | None, converted: Path, faces: FaceSet) -> tuple[Measurement | None, Measurement]:
    """Accuracy of the float32 file and of its converted form; shows progress. Raises as `evaluate`.

    reference: None where the float32 file is not at hand; the same file as `converted` where nothing was converted.
    """
    files = [converted] if reference in {None, converted} else [reference, converted]
    with progress("measuring accuracy", len(faces) * len(files)) as step:
        found = [_evaluate(path, faces, step) for path in files if path is not None]
    return (None if reference is None else found[0]), found[-1]


def _evaluate(path: Path, faces: FaceSet, step: Step) -> Measurement:
    with OnnxSession(path) as session:
        return evaluate(session, faces, step=step).to_measurement()
