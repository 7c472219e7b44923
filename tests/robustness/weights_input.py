"""Bad checkpoints: safetensors whose header lies, pickles that would do something, archives that would unpack to much."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.robustness.any_input import ANY_FILE, FIFO, NAMES, TEXT, TRUNCATED, within
from tests.robustness.kind import Kind, Make, Slot, copy, holding
from tests.robustness.onnx_input import DEEP

# In the folder of the case, whose listing the test compares: no command may make it.
MARKER = "executed"
HUGE = 1 << 40
LAST = "last.safetensors"


class Touch:
    """Unpickled by whoever trusts it, it makes the marker."""

    def __reduce__(self):
        return os.system, (f"touch {MARKER}",)


def pickled() -> bytes:
    return pickle.dumps({"weight": Touch()})


def _header(change: Callable[[dict], object]) -> Make:
    """The good file under another header."""

    def make(good: Path, bad: Path) -> None:
        data = good.read_bytes()
        length = int.from_bytes(data[:8], "little")
        header = change(json.loads(data[8 : 8 + length]))
        text = (header if isinstance(header, str) else json.dumps(header)).encode()
        bad.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])

    return make


def _card(change: Callable[[dict], object]) -> Make:
    def replaced(header: dict) -> dict:
        card = change(json.loads(header["__metadata__"]["edgefer.card"]))
        text = card if isinstance(card, str) else json.dumps(card)
        return {**header, "__metadata__": {"edgefer.card": text}}

    return _header(replaced)


def _state(change: Callable[[dict], object]) -> Make:
    """The good run with a last state of other values."""

    def replaced(header: dict) -> dict:
        values = change(json.loads(header["__metadata__"]["edgefer.state"]))
        text = values if isinstance(values, str) else json.dumps(values)
        return {**header, "__metadata__": {"edgefer.state": text}}

    return _in_run(_header(replaced))


def _in_run(make: Make) -> Make:
    def made(good: Path, bad: Path) -> None:
        copy(good, bad)
        (bad / LAST).unlink()
        make(good / LAST, bad / LAST)

    return made


def _other_names(header: dict) -> dict:
    return {
        name if name == "__metadata__" else f"model.x{place}": value
        for place, (name, value) in enumerate(header.items())
    }


def _each(change: Callable[[dict], dict]) -> Make:
    return _header(lambda header: {k: v if k == "__metadata__" else change(v) for k, v in header.items()})


def _nan(good: Path, bad: Path) -> None:
    data = bytearray(good.read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    size = (len(data) - start) // 4 * 4
    data[start : start + size] = b"\0\0\xc0\x7f" * (size // 4)
    bad.write_bytes(bytes(data))


def _zip_pickle(good: Path, bad: Path) -> None:
    """As torch.save writes it, with the hostile pickle as data.pkl."""
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("archive/data.pkl", pickled())
        archive.writestr("archive/version", "3\n")


def _zip_bomb(good: Path, bad: Path) -> None:
    with zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("archive/data.pkl", "w", force_zip64=True) as entry:
            for _ in range(64):
                entry.write(bytes(1 << 20))
        archive.writestr("archive/version", "3\n")


def _storage_bomb(good: Path, bad: Path) -> None:
    """A state dict whose one tensor declares 2^40 values over a storage of four."""
    import torch

    buffer = io.BytesIO()
    torch.save({"weight": torch.zeros(4).as_strided((HUGE,), (0,))}, buffer)
    bad.write_bytes(buffer.getvalue())


def _other_network(good: Path, bad: Path) -> None:
    import torch

    torch.save({"layer.weight": torch.zeros(3, 3)}, bad)


def _not_a_dict(good: Path, bad: Path) -> None:
    import torch

    torch.save([1, 2, 3], bad)


def _traversal(good: Path, bad: Path) -> None:
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("../../escaped", "escaped")
        archive.writestr("../../data.pkl", pickled())


SAFETENSORS = (
    Kind("header-2^60", "a header that declares 2^60 bytes", holding((1 << 60).to_bytes(8, "little") + b"{}")),
    Kind("header-90-mb", "a header that declares 90 MB in a file of 8", holding((90_000_000).to_bytes(8, "little"))),
    Kind("deep-header", "a header of 100,000 nested lists", _header(lambda _: DEEP)),
    Kind("list-header", "a header that is a list", _header(lambda _: [1, 2])),
    Kind("number-tensors", "a header whose tensors are numbers", _header(lambda h: {"__metadata__": h["__metadata__"], "a": 1})),
    Kind("list-metadata", "a header whose metadata is a list", _header(lambda h: {**h, "__metadata__": [1]})),
    Kind("gigantic-shape", "tensors that declare 2^40 rows", _each(lambda t: {**t, "shape": [HUGE, *t["shape"][1:]]})),
    Kind("negative-shape", "tensors of negative size", _each(lambda t: {**t, "shape": [-1]})),
    Kind("offsets-outside", "tensors that lie beyond the end", _each(lambda t: {**t, "data_offsets": [HUGE, 2 * HUGE]})),
    Kind("unknown-type", "tensors of a type that does not exist", _each(lambda t: {**t, "dtype": "F7"})),
    Kind("no-card", "weights without a model card", _header(lambda h: {**h, "__metadata__": {}})),
    Kind("deep-card", "a card of 100,000 nested lists", _card(lambda _: DEEP)),
    Kind("other-network", "a card of another architecture", _card(lambda c: {**c, "architecture": "resemotenet"})),
    Kind("unknown-network", "a card of an architecture that does not exist", _card(lambda c: {**c, "architecture": "os.system"})),
    Kind("other-card", "a card of three labels on a network of seven", _card(lambda c: {**c, "labels": c["labels"][:3]})),
    Kind("large-card", "a card of an input of 100,000 pixels", _card(lambda c: {**c, "input": {**c["input"], "height": 100_000}})),
    Kind("traversal-card", "a card whose model is named ../../escaped", _card(lambda c: {**c, "name": "../../escaped"})),
    Kind("pickle", "a pickle that would make a file, under this name", lambda good, bad: bad.write_bytes(pickled())),
    Kind("nan-weights", "weights that are NaN", _nan),
)  # fmt: skip
PICKLES = (
    Kind("pickle", "a pickle that would make a file", lambda good, bad: bad.write_bytes(pickled())),
    Kind("zip-pickle", "the same as torch.save packs it", _zip_pickle),
    Kind("zip-bomb", "an archive of 64 kB that unpacks to 64 MB", _zip_bomb),
    Kind("zip-traversal", "an archive whose entries are named ../../escaped", _traversal),
    Kind("gigantic-shape", "a tensor of 2^40 values over four", _storage_bomb),
    Kind("other-network", "a state dict of another network", _other_network),
    Kind("list", "a list of numbers", _not_a_dict),
    Kind("text-pickle", "a text file", holding(TEXT)),
)
# Few, because a training that goes on takes seconds to prepare; tests/distill/test_trainer.py has more.
RUN_SLOT = Slot("run", (
    *within(LAST, TRUNCATED, FIFO),
    Kind("deep-state", "a last state of 100,000 nested lists", _state(lambda _: DEEP)),
    Kind("other-weights", "a last state of other weights", _in_run(_header(_other_names))),
    Kind("pickle-state", "a pickle that would make a file, as the last state", _in_run(lambda good, bad: bad.write_bytes(pickled()))),
))  # fmt: skip
SAFETENSORS_SLOT = Slot("student.safetensors", (*ANY_FILE, *SAFETENSORS, *NAMES))
PTH_SLOT = Slot("student.pth", (*ANY_FILE, *PICKLES, *NAMES))
