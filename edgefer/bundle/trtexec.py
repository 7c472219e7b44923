"""Everything for NVIDIA's own tool: the lines that build an engine and measure it, and scripts that type them.

Strong typing is asked for by a flag before TensorRT 11, which accepts the flag and needs it no more. What is measured by
default changed with 11 (CUDA graph and spin wait on, transfers off), so each version has a line that measures the same:
with CUDA graph, spin wait and transfers, from pixels in memory to logits in memory.
https://docs.nvidia.com/deeplearning/tensorrt/latest/api/migration/tensorrt-10x-to-11x-trtexec.html
"""

from __future__ import annotations

import shlex
from pathlib import Path
from shutil import copyfile

from edgefer.bundle.material import Material
from edgefer.bundle.notes import about
from edgefer.bundle.shell import calling, finding, in_its_folder, write_script
from edgefer.card import FILE
from edgefer.errors import ArtifactError, BuildError
from edgefer.trt.flavour import title
from edgefer.trt.rebuild import ONNX

PLAN = "model.plan"
BUILD, MEASURE = "build_engine.sh", "benchmark.sh"
_TRANSFERS = "--includeDataTransfers"


def refuse_unrunnable(material: Material) -> None:
    """Raise BuildError for an engine that no program of NVIDIA's runs as it stands, with the line that builds another."""
    passport, path = material.card.engine, material.plan
    if passport is None or path is None:
        return
    own = ["--flavour", passport.flavour]
    if passport.stripped:
        raise BuildError(
            f"{path} was built without its weights, which only edgefer puts back",
            f"build it again: {material.again(*own)}",
        )
    if passport.version_compatible:
        raise BuildError(
            f"{path} is for TensorRT's lean runtime, not for the full one", f"build it again: {material.again(*own)}"
        )


def build_words(material: Material, tensor: str = "", shapes: tuple[str, str, str] | None = None) -> list[str]:
    """The options that build `model.plan` from `model.onnx` with a batch range, for 10.3 to 11.

    tensor, shapes: the input, where the file is not the material's own.
    """
    smallest, usual, largest = shapes or tuple(material.shape(faces) for faces in material.batch)
    name = tensor or material.tensors[0]
    return [
        f"--onnx={ONNX}",
        f"--saveEngine={PLAN}",
        f"--minShapes={name}:{smallest}",
        f"--optShapes={name}:{usual}",
        f"--maxShapes={name}:{largest}",
        "--stronglyTyped",
        "--skipInference",
    ]


def measure_words(material: Material, version: int) -> list[str]:
    """The options that measure `model.plan` at its usual batch, with TensorRT `version` (10 or 11) or TensorRT-RTX (11)."""
    shape = material.shape(material.batch[1])
    words = [f"--loadEngine={PLAN}", f"--shapes={material.tensors[0]}:{shape}", "--warmUp=500", "--duration=10"]
    return [*words, *([_TRANSFERS] if version >= 11 else ["--useCudaGraph", "--useSpinWait"])]


def write_trtexec(material: Material, folder: Path) -> str:
    """Put the network and its scripts into `folder`; returns the lines to type.

    An ONNX file comes with the line that builds an engine, an engine with what it is bound to.
    """
    passport = material.card.engine
    tool = "tensorrt_rtx" if passport is not None and passport.flavour == "tensorrt_rtx" else "trtexec"
    lines = []
    if material.plan is not None and passport is not None:
        copyfile(material.plan, folder / PLAN)
        bound = f"{title(passport.flavour)} {passport.version} and {', '.join(passport.targets)} alone"
    else:
        copyfile(material.onnx, folder / ONNX)
        lines.append(shlex.join([tool, *build_words(material)]))
        write_script(
            folder / BUILD,
            f"Builds {PLAN} for the GPU of this machine.",
            [in_its_folder(), *finding(tool), calling(build_words(material))],
        )
        bound = "the GPU and the TensorRT version that build it; TensorRT 10.3 or later"
    newest = shlex.join([tool, *measure_words(material, 11)])
    if tool == "trtexec":
        lines.append(f"{shlex.join([tool, *measure_words(material, 10)])}    # TensorRT 10")
        newest += "    # TensorRT 11"
    lines.append(newest)
    write_script(folder / MEASURE, f"Measures {PLAN}, in the same way with any version.", _measuring(material, tool))
    (folder / FILE).write_text(material.card.to_json(indent=2) + "\n", encoding="utf-8")
    text = "\n".join(f"    {line}" for line in lines)
    (folder / "README.md").write_text(f"{about(material.card)}\n\nThe engine is for {bound}.\n\n{text}\n", "utf-8")
    return "\n".join(lines)


def check_trtexec(material: Material, folder: Path) -> None:
    """Raise ArtifactError unless the scripts, split as a shell splits them, hold the words that were meant."""
    wanted = {MEASURE: [measure_words(material, 11)]}
    if material.plan is None:
        wanted[BUILD] = [build_words(material)]
    for name, calls in wanted.items():
        lines = [
            shlex.split(line) for line in (folder / name).read_text(encoding="utf-8").splitlines() if "$tool" in line
        ]
        for words in calls:
            if ["exec", "$tool", *words, "$@"] not in lines:
                raise ArtifactError(f"{folder / name} does not hold what was meant", "report this with the model")


def _measuring(material: Material, tool: str) -> list[str]:
    newest = calling(measure_words(material, 11))
    start = [in_its_folder(), *finding(tool)]
    if tool != "trtexec":
        return [*start, newest]
    return [
        *start,
        f'if "$tool" --help 2>&1 | grep -q -e {_TRANSFERS}; then',
        f"    {newest}",
        "fi",
        calling(measure_words(material, 10)),
    ]
