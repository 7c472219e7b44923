"""Makes a bundle: written beside its place, read back, and only then put there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefer.bundle.deepstream import check_deepstream, refuse_deepstream, write_deepstream
from edgefer.bundle.edge import SUFFIX, check_edge, pack, refuse_edge, refuse_foreign_archive, run_line, write_edge
from edgefer.bundle.material import Material, material_of
from edgefer.bundle.sums import check_sums, refuse_foreign_folder, write_sums
from edgefer.bundle.target import Target
from edgefer.bundle.triton import check_triton, refuse_triton, write_triton
from edgefer.bundle.trtexec import check_trtexec, refuse_unrunnable, write_trtexec
from edgefer.engine.options import Batch
from edgefer.errors import UsageError
from edgefer.paths import atomic_dir, atomic_file

BUNDLES = Path("bundles")


@dataclass(frozen=True)
class _Recipe:
    """What makes the folder of a target: refuse before anything is written, write, and read back."""

    refuse: Callable[[Material], None]
    write: Callable[[Material, Path], str]
    check: Callable[[Material, Path], None]


_RECIPES = {
    Target.TRITON: _Recipe(refuse_triton, write_triton, check_triton),
    Target.DEEPSTREAM: _Recipe(refuse_deepstream, write_deepstream, check_deepstream),
    Target.TRTEXEC: _Recipe(refuse_unrunnable, write_trtexec, check_trtexec),
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
    recipe = _RECIPES[target]
    recipe.refuse(material)
    refuse_foreign_folder(out)
    if material.onnx.resolve().is_relative_to(out.resolve()):
        raise UsageError(f"{material.onnx} lies in {out}, which would be replaced", "name another folder with --out")
    with atomic_dir(out) as folder:
        run = recipe.write(material, folder)
        recipe.check(material, folder)
        files = write_sums(folder)
        check_sums(folder)
    return Bundle(out, target, material.card.name, files, run)


def _archive(material: Material, out: Path) -> Bundle:
    if not out.name.endswith(SUFFIX):
        raise UsageError(f"{out} is no name for an edge bundle, which is one file", f"end it in {SUFFIX}")
    refuse_edge(material)
    refuse_foreign_archive(out)
    root = f"{material.name}-edge"
    with tempfile.TemporaryDirectory(prefix="edgefer-bundle-") as scratch, atomic_file(out) as file:
        folder, unpacked = Path(scratch, "made"), Path(scratch, "unpacked")
        folder.mkdir()
        write_edge(material, folder)
        files = write_sums(folder)
        pack(folder, root, file)
        check_edge(material, file, unpacked)
    return Bundle(out, Target.EDGE, material.card.name, files, run_line(root, out.name))
