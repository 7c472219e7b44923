"""The engine that is in a folder already, and whether it is the one that a build would give."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgefer.card import ModelCard
from edgefer.data.faces import FaceSet
from edgefer.engine.inputs import JUDGES, Inputs, differing
from edgefer.engine.measure import elsewhere
from edgefer.errors import ArtifactError
from edgefer.paths import sha256
from edgefer.trt.rebuild import ONNX


@dataclass(frozen=True)
class Existing:
    """engine: the plan in a folder, None where there is none. why: why it is not the one wanted; empty when it is."""

    engine: Path | None = None
    card: ModelCard | None = None
    why: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether a build would give this very engine."""
        return self.engine is not None and not self.why


def find_existing(folder: Path, inputs: Inputs, judges: FaceSet | None = None) -> Existing:
    """Look at the engine in `folder`: whole, and made of `inputs`? Never raises for what is wrong with it.

    judges: the faces that accuracy would be measured on; an engine whose accuracy is that of others is not the same.
    """
    engines = sorted(folder.glob("*.engine"))
    if not engines:
        return Existing()
    engine = engines[0]
    try:
        card = ModelCard.beside(engine)
    except ArtifactError as error:
        return Existing(engine, None, (error.what,))
    passport = card.engine
    if passport is None or not passport.inputs:
        return Existing(engine, card, ("its card does not say what made it",))
    if not inputs[JUDGES]:
        # Where they are not on this machine, nothing says that they are others.
        inputs = {**inputs, JUDGES: passport.inputs.get(JUDGES, "")}
    why = differing(passport.inputs, inputs)
    if passport.after is not None and (others := elsewhere(passport.after, judges)):
        why += (others,)
    if why:
        return Existing(engine, card, why)
    files = {engine: passport.plan_sha256, folder / ONNX: passport.onnx_sha256}
    altered = tuple(f"{path.name} is not as it was built" for path, digest in files.items() if not _is(path, digest))
    return Existing(engine, card, altered)


def _is(path: Path, digest: str) -> bool:
    try:
        return sha256(path) == digest
    except OSError:
        return False
