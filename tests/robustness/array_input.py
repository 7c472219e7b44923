"""Bad stores and calibration sets: those whose arrays or manifests lie, with hashes that agree with the lie."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.robustness.any_input import ANY_FOLDER, INSIDE, NAMES, within
from tests.robustness.kind import Kind, Make, Slot
from tests.robustness.onnx_input import DEEP
from tests.robustness.weights_input import pickled

MANIFEST, FACES = "manifest.json", "faces.npy"


def npy(shape: tuple[int, ...], descr: str = "|u1", data: bytes = b"\0" * 64) -> bytes:
    """An array file that announces a shape, whatever it holds."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


PICKLED = npy((1,), "|O", pickled())
GIGANTIC = npy((1 << 40, 48, 48))
NESTED = b"\x93NUMPY\x01\x00" + (60_000).to_bytes(2, "little") + b"(" * 60_000


def _seal(folder: Path) -> None:
    """Make a store's or a set's hashes those of its files, as whoever altered them would."""
    file = folder / MANIFEST
    values = json.loads(file.read_text())
    if "files" in values:
        for name, stamp in values["files"].items():
            path = folder / name
            if path.is_file():
                status = path.stat()
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                stamp.update(bytes=status.st_size, modified=status.st_mtime_ns, sha256=digest)
        file.write_text(json.dumps(values))
        return
    from edgefer import paths

    values.pop("manifest_sha256", None)
    values["faces_sha256"] = hashlib.sha256((folder / FACES).read_bytes()).hexdigest()
    sealed = paths.sha256_of(json.dumps(values, sort_keys=True))
    file.write_text(json.dumps({**values, "manifest_sha256": sealed}))


def _array(data: bytes | Callable[[Path], None]) -> Make:
    def make(good: Path, bad: Path) -> None:
        shutil.copytree(good, bad)
        if callable(data):
            data(bad / FACES)
        else:
            (bad / FACES).write_bytes(data)
        _seal(bad)

    return make


def _manifest(change: Callable[[dict], dict]) -> Make:
    def make(good: Path, bad: Path) -> None:
        shutil.copytree(good, bad)
        file = bad / MANIFEST
        file.write_text(json.dumps(change(json.loads(file.read_text()))))
        _seal(bad)

    return make


def _raw_manifest(text: str) -> Make:
    def make(good: Path, bad: Path) -> None:
        shutil.copytree(good, bad)
        (bad / MANIFEST).write_text(text)

    return make


def _reshaped(path: Path) -> None:
    import numpy as np

    np.save(path, np.load(path).reshape(-1))


def _floats(path: Path) -> None:
    import numpy as np

    np.save(path, np.full(np.load(path).shape, np.nan, np.float32))


def _bomb(path: Path) -> None:
    """numpy opens an archive by its content, whatever its name."""
    import zipfile

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("faces.npy", "w") as entry:
        entry.write(npy((64 << 20,), data=b""))
        for _ in range(64):
            entry.write(bytes(1 << 20))


def _labels(good: Path, bad: Path) -> None:
    """Labels beyond the emotions of the manifest."""
    import numpy as np

    shutil.copytree(good, bad)
    np.save(bad / "labels.npy", np.full_like(np.load(bad / "labels.npy"), 200))
    _seal(bad)


def _float_labels(good: Path, bad: Path) -> None:
    import numpy as np

    shutil.copytree(good, bad)
    np.save(bad / "labels.npy", np.full(len(np.load(bad / "labels.npy")), np.nan))
    _seal(bad)


ARRAYS = (
    Kind("pickled-array", "an array that is a pickle that would make a file", _array(PICKLED)),
    Kind("gigantic-array", "an array that declares 2^40 faces", _array(GIGANTIC)),
    Kind("nested-array", "an array whose header is 60,000 brackets", _array(NESTED)),
    Kind("flat-array", "faces in one dimension", _array(_reshaped)),
    Kind("nan-array", "faces of float32, all NaN", _array(_floats)),
    Kind("zip-bomb", "an archive of 64 kB for 64 MB in place of an array", _array(_bomb)),
    Kind("deep-manifest", "a manifest of 100,000 nested lists", _raw_manifest(DEEP)),
    Kind("list-manifest", "a manifest that is a list", _raw_manifest("[1, 2]")),
)
STORE = (
    *ARRAYS,
    Kind("traversal", "a manifest that names ../../outside.npy", _manifest(
        lambda m: {**m, "files": {**m["files"], "../../outside.npy": m["files"][FACES]}}
    )),
    Kind("gigantic-size", "a manifest of faces of 100,000 pixels", _manifest(lambda m: {**m, "size": [100_000, 100_000]})),
    Kind("no-emotions", "a manifest without emotions", _manifest(lambda m: {**m, "emotions": []})),
    Kind("foreign-labels", "labels that no emotion has", _labels),
    Kind("nan-labels", "labels that are NaN", _float_labels),
)  # fmt: skip
CALIBRATION = (
    *ARRAYS,
    Kind("other-size", "a set for another input", _manifest(lambda m: {**m, "input": {**m["input"], "height": 64}})),
    Kind("traversal", "a manifest that names ../../../etc/passwd as its list", _manifest(
        lambda m: {**m, "exclude": {"file": "../../../etc/passwd", "sha256": "0" * 64}}
    ), works=True),
)  # fmt: skip
_INSIDE = (*within(MANIFEST, *INSIDE), *within(FACES, *INSIDE))
STORE_SLOT = Slot("store", (*ANY_FOLDER, *_INSIDE, *STORE, *NAMES))
CALIBRATION_SLOT = Slot("calibration", (*ANY_FOLDER, *_INSIDE, *CALIBRATION, *NAMES))
