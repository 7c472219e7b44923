"""A checkpoint to a checked ONNX file, against a bare `torch.onnx.export` with the same check in ONNX Runtime.

    python benchmarks/export.py [CHECKPOINT.safetensors] [--rounds 7] [--write] [--json]

Without an argument: student C. Both sides load the weights, export with a dynamic batch, check the file, and compare 256
faces in torch and in ONNX Runtime; in one process, in turn, after a first export of each. edgefer also trims the network,
takes the exporter's paths out of the file and writes the card.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import _script

FACES = 256
SAME_LABEL = 0.99


def plain(checkpoint: Path, out: Path) -> None:
    """What one writes without edgefer's exporter, around its network."""
    import numpy as np
    import onnx
    import onnxruntime as ort
    import torch

    from edgefer.data.load import load_faces
    from edgefer.models.checkpoint import load

    network, card = load(checkpoint)
    network.eval()
    pixels = load_faces("demo", "PublicTest").pixels[:FACES, None].astype(np.float32)
    with _script.quiet():
        torch.onnx.export(
            network,
            (torch.zeros(2, *card.input.shape),),
            str(out),
            dynamo=True,
            opset_version=20,
            input_names=["pixels"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=65536)},),
            external_data=False,
            verbose=False,
        )
    onnx.checker.check_model(onnx.load(str(out)))
    with torch.inference_mode():
        before = network(torch.from_numpy(pixels)).numpy()
    after = ort.InferenceSession(str(out), providers=["CPUExecutionProvider"]).run(None, {"pixels": pixels})[0]
    if (before.argmax(1) == after.argmax(1)).mean() < SAME_LABEL:
        raise SystemExit("error: the plain export answers differently")


def edgefer(checkpoint: Path, out: Path) -> None:
    from edgefer.export.checkpoint import export_checkpoint

    export_checkpoint(checkpoint, out, "demo")


def sides(checkpoint: Path, folder: Path) -> dict[str, Callable[[], float]]:
    works = {"edgefer": edgefer, "plain": plain}
    return {
        name: partial(_script.seconds, partial(work, checkpoint, folder / f"{name}.onnx"))
        for name, work in works.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("checkpoint", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=7, help="default 7")
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    import torch

    from edgefer.runtime.find import shipped_checkpoint

    torch.set_num_threads(1)
    checkpoint = options.checkpoint or shipped_checkpoint("fer2013-c-best")
    with tempfile.TemporaryDirectory(prefix="edgefer-export-") as place:
        found = _script.in_turn(sides(checkpoint, Path(place)), options.rounds)
        sizes = {name: (Path(place) / f"{name}.onnx").stat().st_size / 1e6 for name in found}
    run.say(f"{checkpoint.stem}: edgefer writes {sizes['edgefer']:.2f} MB, a bare export {sizes['plain']:.2f} MB")
    run.found(_script.ratio("export and check", found["edgefer"], found["plain"], "s"))
    _script.finish(run)


if __name__ == "__main__":
    main()
