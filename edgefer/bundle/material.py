"""What a bundle is made of: an ONNX file with its card, and the engine that was built from it where one was named."""

from __future__ import annotations

import contextlib
import difflib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgefer.bundle.target import Target
from edgefer.card import ModelCard
from edgefer.engine.layout import engine_name
from edgefer.engine.options import BATCH, Batch
from edgefer.engine.source import onnx_of
from edgefer.errors import ArtifactError, UntrustedError, UsageError
from edgefer.paths import sha256
from edgefer.quantize import graph
from edgefer.runtime.find import find_student, shipped_students
from edgefer.runtime.onnx import read_graph
from edgefer.runtime.open import CHECKPOINTS, ENGINES, artifact
from edgefer.trt.passport import disagreement
from edgefer.trt.plan import read_header
from edgefer.trt.rebuild import ONNX, TORCH_TENSORRT, as_it_was


@dataclass(frozen=True)
class Material:
    """card: the engine's where there is one, with its passport, else the ONNX file's. batch: smallest, usual, largest.

    onnx: one file with all weights. plan: the engine, None where none was named. tensors: names of input and output.
    """

    card: ModelCard
    onnx: Path
    plan: Path | None
    batch: Batch
    tensors: tuple[str, str]

    @property
    def name(self) -> str:
        """The model's name, fit for files and for Triton."""
        return engine_name(self.card.name).removesuffix(".engine")

    def shape(self, faces: int) -> str:
        """Of the input for so many faces, such as `8x1x48x48`."""
        return "x".join(map(str, (faces, *self.card.input.shape)))

    def again(self, *words: str) -> str:
        """The command that builds an engine of this model again, with other options than it has."""
        source = str(self.onnx) if TORCH_TENSORRT not in self.card.tools else "MODEL"
        return shlex.join(["edgefer", "build-engine", source, "--precision", self.card.precision.value, *words])

    @staticmethod
    def instead(onnx: Path, target: Target) -> str:
        """The command that bundles another file."""
        return shlex.join(["edgefer", "bundle", str(onnx), "--for", target.value])


def find_model(model: str | None) -> tuple[Path, str]:
    """What a user means: a path, a shipped student's name, or without either the newest student; and why, if that.

    Raises UsageError for a name that is nearly a student's.
    """
    if model is None:
        return find_student()
    path, shipped = Path(model), shipped_students()
    if path.exists():
        return path, ""
    if model in shipped:
        return shipped[model], ""
    if path.suffix not in {*CHECKPOINTS, *ENGINES, ".onnx"} and (near := difflib.get_close_matches(model, shipped, 1)):
        raise UsageError(f"there is no file or student '{model}'", f"did you mean '{near[0]}'?")
    return path, ""


@contextlib.contextmanager
def material_of(model: Path, batch: Batch | None = None) -> Iterator[Material]:
    """Open what `model` names, to be used inside the block; a checkpoint is exported for the time being.

    batch: for an ONNX file or a checkpoint, `1:8:32` by default; an engine has its own (UsageError if one is given).
    Raises ArtifactError for a file that is damaged or lacks what goes with it, UntrustedError for an engine that its
    card does not vouch for.
    """
    path = artifact(model)
    if path.suffix in ENGINES:
        if batch is not None:
            raise UsageError(f"{path} is an engine, which has a batch range already", "leave --batch out")
        yield _engine(path)
        return
    with onnx_of(path) as onnx:
        card, tensors = _checked(onnx)
        yield Material(card, onnx, None, batch or BATCH, tensors)


def _engine(plan: Path) -> Material:
    card = ModelCard.beside(plan)
    passport = card.engine
    if passport is None or (problem := disagreement(read_header(plan), sha256(plan), passport)):
        problem = "has a card beside it that describes no engine" if passport is None else problem
        raise UntrustedError(f"{plan} {problem}", f"build it again: {as_it_was(plan, card)}")
    onnx = plan.parent / ONNX
    if not onnx.is_file() or sha256(onnx) != passport.onnx_sha256:
        state = "is not the file that the engine was built from" if onnx.is_file() else "is not there"
        raise ArtifactError(
            f"{onnx} {state}, and tells what {plan} takes and gives", "put it there, or build both again"
        )
    return Material(card, onnx, plan, passport.batch, _checked(onnx)[1])


def _checked(onnx: Path) -> tuple[ModelCard, tuple[str, str]]:
    """The card of an ONNX file that fits it and is whole in itself, and the names of its input and output."""
    import onnx as onnx_module

    outside = onnx_module.TensorProto.EXTERNAL
    if any(item.data_location == outside for item in read_graph(onnx).graph.initializer):
        raise ArtifactError(f"{onnx} keeps its weights in other files", "write it as one with: edgefer export")
    model, card = graph.load(onnx)
    constants = {item.name for item in model.graph.initializer}
    (pixels,) = (item for item in model.graph.input if item.name not in constants)
    if faces := pixels.type.tensor_type.shape.dim[0].dim_value:
        raise ArtifactError(
            f"{onnx} takes {faces} faces at once and no other number", "export it again: edgefer export"
        )
    if bad := [label for label in card.labels if not label.strip() or set(label) & set(";\n\r")]:
        raise ArtifactError(f"{bad[0]!r}, a label of {onnx}, cannot stand in a label file", "rename it in the card")
    return card, (pixels.name, model.graph.output[0].name)
