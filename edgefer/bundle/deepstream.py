"""A secondary classifier for DeepStream's nvinfer: every face that a primary detector finds gets an emotion.

nvinfer feeds `net-scale-factor * (pixel - offset)` with one factor for all channels, and its own classifier parser wants
probabilities, of which the largest above `classifier-threshold` counts. So the normalisation stays in the graph, factor 1
and offset 0, and the copy of the network in the bundle ends in a Softmax. Labels stand in one line, parted by `;`.
https://docs.nvidia.com/metropolis/deepstream/dev-guide/text/DS_plugin_gst-nvinfer.html

Its own builder takes INT8 from a calibration table alone and compiles half-precision graphs weakly typed, so the engine
is best built by trtexec, strongly typed, and named; nvinfer builds one itself only where that file is not there.
"""

from __future__ import annotations

import configparser
from pathlib import Path

from edgefer.bundle.material import Material
from edgefer.bundle.notes import about
from edgefer.bundle.shell import calling, finding, in_its_folder, write_script
from edgefer.bundle.softmax import PROBABILITIES, with_softmax
from edgefer.bundle.target import Target
from edgefer.bundle.trtexec import BUILD, PLAN, build_words
from edgefer.camera.settings import Watching
from edgefer.card import FILE, Precision
from edgefer.errors import ArtifactError, BuildError
from edgefer.trt.rebuild import ONNX

LABELS = "labels.txt"
# nvinfer's numbers: 0 FP32, 1 INT8, 2 FP16; 0 RGB, 2 GRAY.
_MODES = {Precision.FP32: 0, Precision.FP16: 2, Precision.INT8: 1}
_COLOURS = {1: 2, 3: 0}


def config_file(material: Material) -> str:
    """The name of the configuration in a bundle."""
    return f"config_infer_{material.name}.txt"


def refuse_deepstream(material: Material) -> None:
    """Raise BuildError for an engine, whose plan ends in logits, and for a precision that nvinfer has no mode for."""
    if material.plan is not None:
        fix = f"bundle the file it was built from, which DeepStream's machine compiles: {material.instead(material.onnx, Target.DEEPSTREAM)}"
        raise BuildError(f"{material.plan} gives logits, and nvinfer's classifiers want probabilities", fix)
    if material.card.precision not in _MODES:
        raise BuildError(
            f"{material.onnx} is {material.card.precision.value}, which nvinfer has no network-mode for",
            "bundle fp32, fp16 or int8",
        )


def write_deepstream(material: Material, folder: Path) -> str:
    """Put configuration, network with Softmax, labels and build script into `folder`; returns the line to type."""
    card = material.card
    tensor, shape = with_softmax(material.onnx, folder / ONNX)
    (folder / LABELS).write_text(";".join(card.labels) + "\n", encoding="utf-8")
    (folder / config_file(material)).write_text(_text(properties(material, shape)), encoding="utf-8")
    sizes = [f"{tensor}:{'x'.join(map(str, (faces, *shape)))}" for faces in material.batch]
    smallest, usual, largest = (size.partition(":")[2] for size in sizes)
    words = build_words(material, tensor, (smallest, usual, largest))
    purpose = f"Builds {PLAN}, which the configuration names, for the GPU of this machine."
    write_script(folder / BUILD, purpose, [in_its_folder(), *finding("trtexec"), calling(words)])
    (folder / FILE).write_text(card.to_json(indent=2) + "\n", encoding="utf-8")
    line = f"./{BUILD}"
    (folder / "README.md").write_text(f"{about(card)}\n\n    {line}\n\n{_advice(material)}\n", encoding="utf-8")
    return line


def properties(material: Material, shape: tuple[int, int, int]) -> dict[str, str]:
    """What stands under [property], by nvinfer's names. shape: (channels, height, width) of the copy with Softmax."""
    return {
        "gpu-id": "0",
        "onnx-file": ONNX,
        "model-engine-file": PLAN,
        "labelfile-path": LABELS,
        "batch-size": str(material.batch[2]),
        "network-mode": str(_MODES[material.card.precision]),
        "network-type": "1",
        "process-mode": "2",
        "gie-unique-id": "2",
        "operate-on-gie-id": "1",
        "infer-dims": ";".join(map(str, shape)),
        "model-color-format": str(_COLOURS[shape[0]]),
        "net-scale-factor": "1",
        "offsets": ";".join(["0"] * shape[0]),
        "maintain-aspect-ratio": "0",
        "scaling-filter": "1",
        # The GPU makes the gray plane on Jetson too, whose VIC would hand over NV12 instead.
        "scaling-compute-hw": "1",
        "output-blob-names": PROBABILITIES,
        "classifier-type": "emotion",
        "classifier-threshold": f"{Watching.floor:g}",
        # Behind a tracker nvinfer asks again only for objects that grow; faces change while they stay.
        "secondary-reinfer-interval": "0",
    }


def check_deepstream(material: Material, folder: Path) -> None:
    """Raise ArtifactError unless the configuration, read back, says what was meant and names files that are there."""
    import onnx

    path, fix = folder / config_file(material), "report this with the model"
    reader = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    try:
        reader.read_string(path.read_text(encoding="utf-8"))
        found = dict(reader["property"])
    except (configparser.Error, KeyError) as error:
        raise ArtifactError(f"{path} cannot be read back: {error}", fix) from error
    body = onnx.load(str(folder / found.get("onnx-file", ONNX))).graph
    dims = body.input[0].type.tensor_type.shape.dim
    if found != properties(material, (dims[1].dim_value, dims[2].dim_value, dims[3].dim_value)):
        raise ArtifactError(f"{path} does not say what was meant", fix)
    labels = (folder / LABELS).read_text(encoding="utf-8").splitlines()
    if [item.name for item in body.output] != [PROBABILITIES] or labels != [";".join(material.card.labels)]:
        raise ArtifactError(f"{folder} does not end in one probability for each label", fix)


def _text(values: dict[str, str]) -> str:
    head = [
        "# A secondary classifier of faces: gie 1 is the face detector. Paths are relative to this file.",
        "# Pixels go in as they are, 0..255; the normalisation is inside the network.",
        "# A detector of more than faces wants its face class here: operate-on-class-ids=0",
        "[property]",
    ]
    return "\n".join([*head, *(f"{key}={value}" for key, value in values.items())]) + "\n"


def _advice(material: Material) -> str:
    margin = material.card.input.crop_margin
    widened = (
        f"The network wants the box widened by {margin:.0%} of its side on each side: widen the detector's boxes (a probe"
        " on the primary detector's pads) before this classifier."
        if margin
        else "The network wants the detector's box without a margin."
    )
    return (
        f"First build the engine on the machine that runs DeepStream (TensorRT 10.3 or later): the precision,"
        f" {material.card.precision.value}, is in the graph, and trtexec compiles it as it stands. Without {PLAN} nvinfer"
        " builds an engine itself, which is no INT8, since it takes that from calibration tables alone.\n\n"
        f"{widened} nvinfer stretches a box that is no square into one, where edgefer cuts out the square around it; what"
        " that costs in accuracy was not measured.\n\n"
        f"A face whose best emotion is at most {Watching.floor:g} gets no label (classifier-threshold). Every face is asked"
        " about in every frame; a larger secondary-reinfer-interval asks less often."
    )
