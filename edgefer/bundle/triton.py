"""A model repository for Triton Inference Server.

`models/<name>/config.pbtxt`, its label file, and version 1 as a plan or an ONNX file. Fields as in
https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_configuration.md
"""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

from edgefer.bundle.material import Material
from edgefer.bundle.notes import about
from edgefer.bundle.pbtxt import Message, Word, as_read, parse, render
from edgefer.bundle.target import Target
from edgefer.bundle.trtexec import refuse_unrunnable
from edgefer.card import FILE, Precision
from edgefer.errors import ArtifactError, BuildError
from edgefer.trt.rebuild import ONNX, TORCH_TENSORRT

REPOSITORY, CONFIG, LABELS = "models", "config.pbtxt", "labels.txt"
_PLAN = "model.plan"
# How long a request may wait for others to be run with it; a student's own call takes longer on most GPUs.
_WAIT_US = 500


def refuse_triton(material: Material) -> None:
    """Raise BuildError for an engine or a precision that Triton's backends do not run, with the line for another."""
    card, passport, path = material.card, material.card.engine, material.plan or material.onnx
    if passport is None:
        if card.precision in {Precision.BF16, Precision.FP8}:
            fix = f"build an engine where it is to be served: {material.again('--flavour', 'tensorrt')}"
            raise BuildError(f"{path} is {card.precision.value}, which ONNX Runtime in Triton does not compute", fix)
        if "mixed" in card.tools:
            fix = "bundle the engine itself, or the int8.onnx beside it"
            raise BuildError(f"{path} mixes {card.tools['mixed']}, which ONNX Runtime fuses into another network", fix)
    elif passport.flavour == "tensorrt_rtx":
        fix = f"where it is to be served: {material.again('--flavour', 'tensorrt')}, or: {material.instead(material.onnx, Target.TRITON)}"
        raise BuildError(f"{path} is for TensorRT-RTX, which Triton has no backend for", fix)
    elif TORCH_TENSORRT in card.tools:
        fix = f"build it from ONNX: {material.again('--flavour', 'tensorrt')}"
        raise BuildError(f"{path} was compiled by torch-tensorrt, whose names for its tensors are unknown here", fix)
    refuse_unrunnable(material)
    if material.batch[0] > 1:
        largest = material.batch[2]
        fix = f"build it again: {material.again('--flavour', 'tensorrt', '--batch', f'1:{largest}:{largest}')}"
        if passport is None:
            fix = f"name a range from 1 on: --batch 1:{largest}:{largest}"
        raise BuildError(f"a batch range from {material.batch[0]} on leaves out single faces, which Triton sends", fix)


def write_triton(material: Material, folder: Path) -> str:
    """Put the model repository into `folder`; returns the line that serves it."""
    model = folder / REPOSITORY / material.name
    (model / "1").mkdir(parents=True)
    if material.plan is not None:
        copyfile(material.plan, model / "1" / _PLAN)
    else:
        copyfile(material.onnx, model / "1" / ONNX)
    (model / LABELS).write_text("".join(f"{label}\n" for label in material.card.labels), encoding="utf-8")
    (model / CONFIG).write_text(render(config(material)), encoding="utf-8")
    (folder / FILE).write_text(material.card.to_json(indent=2) + "\n", encoding="utf-8")
    line = f"tritonserver --model-repository={REPOSITORY}"
    text = f"{about(material.card)}\n\n{_needs(material)}\n\n    {line}\n\nThe output is logits: a client takes their softmax.\n"
    (folder / "README.md").write_text(text, encoding="utf-8")
    return line


def config(material: Material) -> Message:
    """What stands in `config.pbtxt`: types and sizes by the card, batch sizes by the engine's profile."""
    _, usual, largest = material.batch
    shape, (pixels, logits) = list(material.card.input.shape), material.tensors
    warm: list[Message] = [
        {
            "name": f"faces_{faces}",
            "batch_size": faces,
            "inputs": {
                "key": pixels,
                "value": {"data_type": Word("TYPE_FP32"), "dims": shape, "random_data": Word("true")},
            },
        }
        for faces in sorted({1, usual, largest})
    ]
    plan = material.plan is not None
    batching: Message = {
        "preferred_batch_size": sorted({usual, largest} - {1}),
        "max_queue_delay_microseconds": _WAIT_US,
    }
    return {
        "name": material.name,
        "backend": "tensorrt" if plan else "onnxruntime",
        "max_batch_size": largest,
        "default_model_filename": _PLAN if plan else ONNX,
        "input": [{"name": pixels, "data_type": Word("TYPE_FP32"), "dims": shape}],
        "output": [
            {
                "name": logits,
                "data_type": Word("TYPE_FP32"),
                "dims": [len(material.card.labels)],
                "label_filename": LABELS,
            }
        ],
        # A plan runs on a GPU; ONNX Runtime on one where there is one.
        "instance_group": [{"kind": Word("KIND_GPU" if plan else "KIND_AUTO"), "count": 1}],
        **({"dynamic_batching": batching} if largest > 1 else {}),
        "model_warmup": warm,
    }


def check_triton(material: Material, folder: Path) -> None:
    """Raise ArtifactError unless the repository, read back, says what was meant and has the files that it names."""
    model, fix = folder / REPOSITORY / material.name, "report this with the model"
    path = model / CONFIG
    try:
        found = parse(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ArtifactError(f"{path} cannot be read back: {error}", fix) from error
    if found != as_read(config(material)):
        raise ArtifactError(f"{path} does not say what was meant", fix)
    labels = (model / LABELS).read_text(encoding="utf-8").splitlines()
    file = model / "1" / str(found["default_model_filename"][0])
    if tuple(labels) != material.card.labels or not file.is_file():
        raise ArtifactError(f"{model} lacks its labels or {file.name}", fix)


def _needs(material: Material) -> str:
    passport = material.card.engine
    if passport is None:
        return "ONNX Runtime runs it, on any machine that Triton runs on."
    gpus = ", ".join(passport.targets)
    return f"The plan runs on {gpus} alone, in a container whose TensorRT is {passport.version} exactly."
