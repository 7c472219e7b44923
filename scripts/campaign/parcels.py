"""Faces and wheels as parcels that travel one call at a time, where a call carries only so much.

`pack_parcels` here, `unpack` there: gray stores become PNG sheets, 52 MB for FER2013, and a store of the same faces with
other labels rows of the first. What is unpacked is the very store, by the hash of its content.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from campaign.place import ROOT, Place, StepFailed

_TILES = 60  # faces a row of a sheet
_SHEET = 3600  # faces a sheet
_PIECE = ".piece"
CARRIED = "carried"


def pack_parcels(stores: Sequence[Path], others: Sequence[Path], out: Path, megabytes: float) -> list[Path]:
    """Write `out/0`, `out/1` and so on, each of at most so many megabytes.

    others: files, or folders of them; a larger one is cut into pieces.
    """
    shutil.rmtree(out, ignore_errors=True)
    whole = out / "whole"
    whole.mkdir(parents=True)
    first: Any = None
    for store in stores:
        first = _fold(store, whole, first) or first
    for file in others:
        for one in sorted(file.iterdir()) if file.is_dir() else [file]:
            _cut(one, whole, int(megabytes * 1e6))
    parcels: list[list[Path]] = [[]]
    filled = 0
    # Faces come last, so that the first parcel has what commands need.
    for file in sorted(whole.iterdir(), key=lambda path: (".png" in path.name, path.name)):
        size = file.stat().st_size
        if parcels[-1] and filled + size > megabytes * 1e6:
            parcels.append([])
            filled = 0
        parcels[-1].append(file)
        filled += size
    names = sorted(file.name for file in whole.iterdir())
    commit = checkout()
    for number, files in enumerate(parcels):
        folder = out / str(number)
        folder.mkdir()
        for file in files:
            file.rename(folder / file.name)
        (folder / "parcels.json").write_text(json.dumps({"files": names, "commit": commit}) + "\n", encoding="utf-8")
    whole.rmdir()
    return [out / str(number) for number in range(len(parcels))]


def checkout() -> str:
    """The commit of this checkout, empty where git does not know it; a copy of a checkout often has none."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def accept(place: Place, parcel: Path) -> list[str]:
    """Take a parcel into the campaign's folder; the names of the files that are still to come."""
    folder = place.work / CARRIED / "files"
    folder.mkdir(parents=True, exist_ok=True)
    for file in parcel.iterdir():
        shutil.copyfile(file, folder / file.name)
    names = json.loads((folder / "parcels.json").read_text(encoding="utf-8"))["files"]
    waiting = [name for name in names if not (folder / name).is_file()]
    # Wheels are wanted before the faces are complete.
    if not any(_PIECE in name for name in waiting):
        _join(folder)
    return waiting


def accept_answers(place: Place, folder: Path) -> list[str]:
    """Take the ensemble's kept answers out of what was packed before: students then need no teachers here."""
    names = []
    place.answers.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.glob("answers-*.safetensors")):
        shutil.copyfile(file, place.answers / file.name)
        names.append(file.name)
    return names


def unpack(place: Place) -> Path:
    """Make the stores again of all parcels that were accepted; their folder. Raises StepFailed when one is lacking."""
    carried = place.work / CARRIED
    files = carried / "files"
    if not (files / "parcels.json").is_file():
        return carried
    names = json.loads((files / "parcels.json").read_text(encoding="utf-8"))["files"]
    if lacking := [name for name in names if not (files / name).is_file()]:
        raise StepFailed(f"{len(lacking)} carried files have not come yet, {lacking[0]} among them")
    for about in sorted(files.glob("*.store.json"), key=lambda path: "like" in json.loads(path.read_text())):
        name = about.name.removesuffix(".store.json")
        if not (carried / name / "manifest.json").is_file():
            _unfold(files, about, carried / name)
    return carried


def _cut(file: Path, out: Path, size: int) -> None:
    """A copy, in pieces `NAME.piece000` and so on where it is larger than `size` bytes."""
    if file.stat().st_size <= size:
        shutil.copyfile(file, out / file.name)
        return
    with file.open("rb") as source:
        for number, piece in enumerate(iter(lambda: source.read(size), b"")):
            (out / f"{file.name}{_PIECE}{number:03d}").write_bytes(piece)


def _join(files: Path) -> None:
    """What was cut, whole again; all pieces are there."""
    pieces = sorted(files.glob(f"*{_PIECE}*"))
    for name in {piece.name.partition(_PIECE)[0] for piece in pieces}:
        if not (files / name).is_file():
            parts = [piece.read_bytes() for piece in pieces if piece.name.partition(_PIECE)[0] == name]
            (files / name).write_bytes(b"".join(parts))


def _fold(path: Path, out: Path, first: Any) -> Any:
    """Write a gray store's faces as sheets, or as rows of the first store's; the first one's rows by their pixels."""
    import cv2
    import numpy as np

    from edgefer.data.store import open_store

    store = open_store(path)
    arrays: dict[str, Any] = {"labels": store.labels, "codes": store.codes}
    if store.targets is not None:
        arrays["targets"] = store.targets
    about = store.info.model_dump(mode="json")
    if first is not None:
        name, rows = first
        arrays["rows"] = np.array([rows[face.tobytes()] for face in store.pixels], np.int32)
        about["like"] = name
    else:
        height, width = store.info.size
        for number, start in enumerate(range(0, len(store.pixels), _SHEET)):
            faces = np.asarray(store.pixels[start : start + _SHEET])
            padded = np.zeros((-(-len(faces) // _TILES) * _TILES, height, width), np.uint8)
            padded[: len(faces)] = faces
            tiles = padded.reshape(-1, _TILES, height, width).swapaxes(1, 2).reshape(-1, _TILES * width)
            cv2.imwrite(str(out / f"{path.name}-{number:03d}.png"), tiles, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    np.savez_compressed(out / f"{path.name}.npz", **arrays)
    (out / f"{path.name}.store.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    return path.name, {face.tobytes(): row for row, face in enumerate(store.pixels)}


def _unfold(files: Path, about: Path, out: Path) -> None:
    import cv2
    import numpy as np

    from edgefer.data.dataset import Dataset
    from edgefer.data.store import open_store, write_store

    info = json.loads(about.read_text(encoding="utf-8"))
    name = about.name.removesuffix(".store.json")
    arrays = np.load(files / f"{name}.npz", allow_pickle=False)
    height, width = info["size"]
    if "like" in info:
        faces = np.asarray(open_store(out.parent / info["like"]).pixels)[arrays["rows"]]
    else:
        sheets = [cv2.imread(str(sheet), cv2.IMREAD_GRAYSCALE) for sheet in sorted(files.glob(f"{name}-*.png"))]
        blocks = [
            sheet.reshape(-1, height, _TILES, width).swapaxes(1, 2).reshape(-1, height, width) for sheet in sheets
        ]
        faces = np.concatenate([block[:_SHEET] for block in blocks])[: len(arrays["labels"])]
    dataset = Dataset(
        name=info["name"],
        emotions=tuple(info["emotions"]),
        size=(height, width),
        colour=info["colour"],
        splits=tuple(info["splits"]),
        labels=arrays["labels"],
        codes=arrays["codes"],
        targets=arrays.get("targets"),
        faces=lambda: iter([faces]),
        source=info["source"],
        source_sha256=info["source_sha256"],
        command=info["command"],
        left_out=info["left_out"],
    )
    store = write_store(out, dataset)
    if store.info.sha256 != info["sha256"]:
        shutil.rmtree(out)
        raise StepFailed(f"{name} did not arrive whole: its faces have another hash")
