"""Makes a bundle: written beside its place, read back, and only then put there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefer.bundle.deepstream import check_deepstream, write_deepstream
from edgefer.bundle.edge import SUFFIX, check_edge, pack, write_edge
from edgefer.bundle.material import Material, material_of
from edgefer.bundle.sums import check_sums, refuse_foreign_folder, write_sums
from edgefer.bundle.target import Target
from edgefer.bundle.triton import check_triton, write_triton
from edgefer.bundle.trtexec import check_trtexec, write_trtexec
from edgefer.engine.options import Batch
from edgefer.errors import ArtifactError, UsageError
from edgefer.paths import atomic_dir, atomic_file

BUNDLES = Path("bundles")
_Folders = dict[Target, tuple[Callable[[Material, Path], str], Callable[[Material, Path], None]]]
_FOLDERS: _Folders = {
    Target.TRITON: (write_triton, check_triton),
    Target.DEEPSTREAM: (write_deepstream, check_deepstream),
    Target.TRTEXEC: (write_trtexec, check_trtexec),
}


@dataclass(frozen=True)
class Bundle:
    """path: the folder, or the archive of an edge bundle. files: hex SHA-256 by path inside. run: what to type there."""

    path: Path
    target: Target
    model: str
    files: dict[str, str]
    run: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {"schema": 1, **asdict(self), "path": str(self.path), "target": self.target.value}


def make_bundle(model: Path, target: Target, out: Path | None = None, batch: Batch | None = None) -> Bundle:
    """Bundle what `model` names: a checkpoint, an ONNX file, an engine, or a folder of one.

    out: the folder, or the archive (`.tar.gz`) of an edge bundle; by default under `bundles/`. A bundle that is there is
    replaced, anything else is not. batch: for Triton, DeepStream and trtexec, `1:8:32` by default. Raises what
    `material_of` raises, BuildError where the target cannot run the model, ArtifactError where `out` cannot be written.
    """
    if target is Target.EDGE and batch is not None:
        raise UsageError("an edge bundle has no batch range: the camera decides", "leave --batch out")
    with material_of(model, batch) as material:
        if target is Target.EDGE:
            return _archive(material, out or BUNDLES / f"{material.name}-edge{SUFFIX}")
        return _folder(material, target, out or BUNDLES / f"{material.name}-{target.value}")


def _folder(material: Material, target: Target, out: Path) -> Bundle:
    write, check = _FOLDERS[target]
    refuse_foreign_folder(out)
    if material.onnx.resolve().is_relative_to(out.resolve()):
        raise UsageError(f"{material.onnx} lies in {out}, which would be replaced", "name another folder with --out")
    with atomic_dir(out) as folder:
        run = write(material, folder)
        check(material, folder)
        files = write_sums(folder)
        check_sums(folder)
    return Bundle(out, target, material.card.name, files, run)


def _archive(material: Material, out: Path) -> Bundle:
    if not out.name.endswith(SUFFIX):
        raise UsageError(f"{out} is no name for an edge bundle, which is one file", f"end it in {SUFFIX}")
    with tempfile.TemporaryDirectory(prefix="edgefer-bundle-") as scratch, atomic_file(out) as file:
        folder, unpacked = Path(scratch, "made"), Path(scratch, "unpacked")
        folder.mkdir()
        run = write_edge(material, folder)
        files = write_sums(folder)
        pack(folder, f"{material.name}-edge", file)
        try:
            check_edge(material, file, unpacked)
        except OSError as error:
            raise ArtifactError(f"{out} cannot be read back: {error}", "free some space") from error
    return Bundle(out, Target.EDGE, material.card.name, files, run.replace(f"{material.name}-edge{SUFFIX}", out.name))
