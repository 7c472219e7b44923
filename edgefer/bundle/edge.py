"""One file for another machine: a student with everything that `edgefer run` needs there, on the base install.

`tar xf NAME-edge.tar.gz && NAME-edge/run.sh --source clip.mkv`. No torch, no TensorRT; the same bundle has the same bytes.
"""

from __future__ import annotations

import gzip
import shlex
import tarfile
import zlib
from pathlib import Path
from shutil import copyfile

import edgefer
from edgefer.bundle.material import Material
from edgefer.bundle.notes import about
from edgefer.bundle.shell import write_script
from edgefer.bundle.sums import SUMS, check_sums
from edgefer.bundle.target import Target
from edgefer.camera import yunet
from edgefer.card import FILE, Precision
from edgefer.engine.layout import INT8_ONNX
from edgefer.errors import ArtifactError, BuildError
from edgefer.runtime.onnx import OnnxSession
from edgefer.trt.rebuild import ONNX

RUN, DETECTOR, LICENCE, LABELS = "run.sh", "yunet.onnx", "yunet-LICENSE.txt", "labels.txt"
SUFFIX = ".tar.gz"
_MIT = """MIT License

Copyright (c) 2020 Shiqi Yu <shiqi.yu@gmail.com>

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def refuse_edge(material: Material) -> None:
    """Raise BuildError for an engine and for a precision that ONNX Runtime only simulates."""
    if material.plan is not None:
        int8 = material.plan.parent / INT8_ONNX
        fix = f"bundle its ONNX file: {material.instead(int8 if int8.is_file() else material.onnx, Target.EDGE)}"
        raise BuildError(f"{material.plan} is an engine, which runs on its own GPU and TensorRT alone", fix)
    if material.card.precision in {Precision.BF16, Precision.FP8}:
        fix = "bundle the float32 file, or the int8 one that build-engine --target cpu makes"
        raise BuildError(
            f"{material.onnx} is {material.card.precision.value}, which ONNX Runtime does not compute", fix
        )


def refuse_foreign_archive(out: Path) -> None:
    """Raise ArtifactError if `out` is there and is no edge bundle, which would be replaced."""
    if not out.exists():
        return
    try:
        with tarfile.open(out) as archive:
            names = archive.getnames()
    except (OSError, tarfile.TarError, EOFError, zlib.error):
        names = []
    if not {name.partition("/")[2] for name in names} >= {SUMS, RUN, ONNX}:
        raise ArtifactError(f"{out} is there and is no edge bundle", "name another file with --out")


def write_edge(material: Material, folder: Path) -> None:
    """Put student, card, labels, launch script and, where it is on this machine, the face detector into `folder`."""
    card = material.card
    copyfile(material.onnx, folder / ONNX)
    (folder / LABELS).write_text("".join(f"{label}\n" for label in card.labels), encoding="utf-8")
    (folder / FILE).write_text(card.to_json(indent=2) + "\n", encoding="utf-8")
    detector = _put_detector(folder)
    write_script(folder / RUN, f"Watches with {card.name}; options are those of edgefer run.", _launching())
    text = f"{about(card)}\n\n{detector}\n\n    pip install edgefer=={edgefer.__version__}\n    ./{RUN} --camera 0\n"
    (folder / "README.md").write_text(text, encoding="utf-8")


def run_line(root: str, archive: str) -> str:
    """The line that unpacks an archive with the folder `root`, and watches a camera."""
    return f"{shlex.join(['tar', 'xf', archive])} && {shlex.join([f'{root}/{RUN}', '--camera', '0'])}"


def pack(folder: Path, root: str, out: Path) -> None:
    """Write a folder's files as `root/...` into one archive; names, bytes and modes alone make it what it is."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    with (
        out.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, 0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in files:
            info = tarfile.TarInfo(f"{root}/{path.relative_to(folder).as_posix()}")
            info.size, info.mode = path.stat().st_size, 0o755 if path.suffix == ".sh" else 0o644
            with path.open("rb") as file:
                archive.addfile(info, file)


def check_edge(material: Material, archive: Path, scratch: Path) -> None:
    """Raise ArtifactError unless the archive, unpacked into `scratch`, is whole and its student opens with its card."""
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            if not member.isfile() or member.name.startswith("/") or ".." in Path(member.name).parts:
                raise ArtifactError(f"{archive} holds {member.name}, which is no file of a bundle", "make it again")
            file, target = packed.extractfile(member), scratch / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read() if file else b"")
    folder = scratch / f"{material.name}-edge"
    check_sums(folder)
    with OnnxSession(folder / ONNX) as session:
        if session.card != material.card:
            raise ArtifactError(f"{archive} holds another student", "report this with the model")


def _put_detector(folder: Path) -> str:
    """Copy YuNet's file where this machine has the one that edgefer knows; what there is to know of it, in words."""
    found = yunet.find()
    if found is None:
        return (
            f"The face detector is not in this bundle. With OpenCV 4.x its Haar cascade is taken; YuNet is better and"
            f" OpenCV 5 needs it: {yunet.GET}, or put its file here as {DETECTOR}."
        )
    copyfile(found.path, folder / DETECTOR)
    (folder / LICENCE).write_text(_MIT, encoding="utf-8")
    return f"The face detector is {DETECTOR} (YuNet of the OpenCV Zoo, {LICENCE}), which {RUN} takes."


def _launching() -> list[str]:
    return [
        'here=$(CDPATH="" cd -- "$(dirname -- "$0")" && pwd)',
        "python=${PYTHON:-python3}",
        'if ! "$python" -c "import edgefer" 2>/dev/null; then',
        f'    echo "error: edgefer is not installed for $python. pip install edgefer=={edgefer.__version__}" >&2',
        "    exit 1",
        "fi",
        f'if [ -z "${{{yunet.VARIABLE}:-}}" ] && [ -f "$here/{DETECTOR}" ]; then',
        f'    export {yunet.VARIABLE}="$here/{DETECTOR}"',
        "fi",
        f'exec "$python" -m edgefer run --engine "$here/{ONNX}" "$@"',
    ]
