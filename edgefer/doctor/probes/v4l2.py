"""What a camera says it can give, asked of Linux's Video4Linux without starting it.

Structures and numbers as in the kernel's include/uapi/linux/videodev2.h.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_CAPTURE, _CAPTURE_MPLANE, _DEVICE_CAPS = 0x1, 0x1000, 0x80000000
_BUFFER_CAPTURE, _BUFFER_CAPTURE_MPLANE = 1, 9
_DISCRETE = 1
_MOST = 64  # entries of one list; a broken driver may never end it

Ioctl = Callable[[int, int, bytearray], object]


@dataclass(frozen=True)
class Mode:
    """One size of one pixel format (as `MJPG`), in pixels, with its highest rate in frames a second (None: not told)."""

    format: str
    width: int
    height: int
    fps: float | None

    def __str__(self) -> str:
        rate = "" if self.fps is None else f" at {self.fps:.4g} fps"
        return f"{self.format} {self.width}x{self.height}{rate}"


@dataclass(frozen=True)
class Device:
    """A camera: its name, and all that it grants."""

    name: str
    modes: tuple[Mode, ...]

    def best(self) -> tuple[Mode, ...]:
        """The largest mode of each format."""
        largest: dict[str, Mode] = {}
        for mode in self.modes:
            held = largest.get(mode.format)
            if held is None or (mode.width * mode.height, mode.fps or 0) > (held.width * held.height, held.fps or 0):
                largest[mode.format] = mode
        return tuple(largest.values())


def look(path: Path) -> Device | None:
    """What the camera at a device file says; None for a device that gives no pictures.

    Opens it for some milliseconds and starts nothing, so a program that uses it is not disturbed. Raises OSError.
    """
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        return query(descriptor, fcntl.ioctl)
    finally:
        os.close(descriptor)


def query(descriptor: int, ioctl: Ioctl) -> Device | None:
    """Ask an open device; `ioctl` changes its buffer in place, as `fcntl.ioctl` does. Raises OSError."""
    block = bytearray(104)
    ioctl(descriptor, _request(3 - 1, 0, 104), block)
    card, all_caps, own_caps = struct.unpack_from("16x32s36xII", block)
    caps = own_caps if all_caps & _DEVICE_CAPS else all_caps
    if not caps & (_CAPTURE | _CAPTURE_MPLANE):
        return None
    buffer = _BUFFER_CAPTURE if caps & _CAPTURE else _BUFFER_CAPTURE_MPLANE
    name = card.partition(b"\0")[0].decode("utf-8", "replace").strip()
    modes = [mode for pixels in _formats(descriptor, ioctl, buffer) for mode in _modes(descriptor, ioctl, pixels)]
    return Device(name, tuple(modes))


def _formats(descriptor: int, ioctl: Ioctl, buffer: int) -> Iterator[int]:
    for block in _listed(descriptor, ioctl, _request(3, 2, 64), 64, lambda index: struct.pack("II", index, buffer)):
        yield struct.unpack_from("44xI", block)[0]


def _modes(descriptor: int, ioctl: Ioctl, pixels: int) -> Iterator[Mode]:
    letters = pixels.to_bytes(4, "little").decode("ascii", "replace").replace("\0", "").strip()
    request = _request(3, 74, 44)
    for block in _listed(descriptor, ioctl, request, 44, lambda index: struct.pack("II", index, pixels)):
        kind, *sizes = struct.unpack_from("8x7I", block)
        # A range of sizes names its smallest, largest and step by width and by height.
        width, height = (sizes[0], sizes[1]) if kind == _DISCRETE else (sizes[1], sizes[4])
        yield Mode(letters, width, height, _fastest(descriptor, ioctl, pixels, width, height))
        if kind != _DISCRETE:
            return


def _fastest(descriptor: int, ioctl: Ioctl, pixels: int, width: int, height: int) -> float | None:
    request, rates = _request(3, 75, 52), []
    heads = lambda index: struct.pack("IIII", index, pixels, width, height)  # noqa: E731
    for block in _listed(descriptor, ioctl, request, 52, heads):
        # The time between frames as a fraction; of a range, the shortest comes first.
        seconds, parts = struct.unpack_from("20xII", block)
        if seconds:
            rates.append(parts / seconds)
    return max(rates, default=None)


def _listed(
    descriptor: int, ioctl: Ioctl, request: int, size: int, head: Callable[[int], bytes]
) -> Iterator[bytearray]:
    """Every answer of a request that counts its entries, until the driver refuses the next one."""
    for index in range(_MOST):
        block = bytearray(head(index).ljust(size, b"\0"))
        try:
            ioctl(descriptor, request, block)
        except OSError:
            return
        yield block


def _request(direction: int, number: int, size: int) -> int:
    """The number of an ioctl of Video4Linux. direction: 2 reads, 3 reads and writes."""
    return direction << 30 | size << 16 | ord("V") << 8 | number
