"""Faces and wheels as parcels that travel one call at a time, where a call carries only so much.

`pack_parcels` here, `unpack` there: gray stores become PNG sheets, 52 MB for FER2013, and a store of the same faces with
other labels rows of the first. What is unpacked is the very store, by the hash of its content.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from campaign.place import Place, StepFailed

_TILES = 60  # faces a row of a sheet
_SHEET = 3600  # faces a sheet
CARRIED = "carried"


def pack_parcels(stores: Sequence[Path], others: Sequence[Path], out: Path, megabytes: float) -> list[Path]:
    """Write `out/0`, `out/1` and so on, each of at most so many megabytes but for one larger file in it."""
    shutil.rmtree(out, ignore_errors=True)
    whole = out / "whole"
    whole.mkdir(parents=True)
    first: Any = None
    for store in stores:
        first = _fold(store, whole, first) or first
    for file in others:
        shutil.copyfile(file, whole / file.name)
    parcels: list[list[Path]] = [[]]
    filled = 0
    for file in sorted(whole.iterdir(), key=lambda path: path.name):
        size = file.stat().st_size
        if parcels[-1] and filled + size > megabytes * 1e6:
            parcels.append([])
            filled = 0
        parcels[-1].append(file)
        filled += size
    names = sorted(file.name for file in whole.iterdir())
    for number, files in enumerate(parcels):
        folder = out / str(number)
        folder.mkdir()
        for file in files:
            file.rename(folder / file.name)
        (folder / "parcels.json").write_text(json.dumps({"files": names}) + "\n", encoding="utf-8")
    whole.rmdir()
    return [out / str(number) for number in range(len(parcels))]


def accept(place: Place, parcel: Path) -> list[str]:
    """Take a parcel into the campaign's folder; the names of the files that are still to come."""
    folder = place.work / CARRIED / "files"
    folder.mkdir(parents=True, exist_ok=True)
    for file in parcel.iterdir():
        shutil.copyfile(file, folder / file.name)
    names = json.loads((folder / "parcels.json").read_text(encoding="utf-8"))["files"]
    return [name for name in names if not (folder / name).is_file()]


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
