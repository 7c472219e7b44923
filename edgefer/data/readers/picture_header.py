"""What the bytes of a picture file say before any of it is decoded: its kind, its size, and whether its end is there.

Only formats that face datasets use are known; anything else is not handed to a decoder at all. OpenCV before 5 decodes
a JPEG that was cut short into a picture with a gray rest, and a small file can announce any number of pixels, so both
are found out here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Header:
    """kind: the format. width, height: pixels as stored, before any EXIF rotation. gray: the file has no colours.

    whole: False when the end of a JPEG or PNG is missing; decoders of the other formats notice that themselves.
    """

    kind: str
    width: int
    height: int
    gray: bool
    whole: bool


def read_header(data: bytes) -> Header | None:
    """The header of a picture file's bytes; None when they are no JPEG, PNG, BMP, WebP, TIFF or PNM file."""
    for magic, read in _READERS.items():
        if data.startswith(magic):
            try:
                return read(data)
            except (struct.error, IndexError):  # cut within the header
                return Header(read.__name__.strip("_"), 0, 0, gray=False, whole=False)
            except ValueError:  # it only starts like one
                return None
    return None


def _jpeg(data: bytes) -> Header:
    at, width, height, parts = 2, 0, 0, 0
    while True:
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0xFF:  # fill bytes
            at += 1
            continue
        if marker == 0xDA:  # the first scan: entropy-coded bytes hide every FF, so FF D9 after it is the end
            return Header("jpeg", width, height, gray=parts == 1, whole=data.find(b"\xff\xd9", at) >= 0)
        (length,) = struct.unpack_from(">H", data, at + 2)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width, parts = struct.unpack_from(">HHB", data, at + 5)
        at += 2 + length


def _png(data: bytes) -> Header:
    width, height, _depth, colours = struct.unpack_from(">IIBB", data, 16)
    return Header("png", width, height, gray=colours in (0, 4), whole=data.rfind(b"IEND") >= 0)


def _bmp(data: bytes) -> Header:
    (kind,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if kind == 12 else "<ii", data, 18)
    return Header("bmp", width, abs(height), gray=False, whole=True)


def _webp(data: bytes) -> Header:
    form = data[12:16]
    if data[8:12] != b"WEBP":
        raise ValueError("another RIFF file")
    if form == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif form == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    return Header("webp", width, height, gray=False, whole=True)


def _tiff(data: bytes) -> Header:
    order = "<" if data.startswith(b"I") else ">"
    (at,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, at)
    tags = {}
    for index in range(count):
        tag, kind, _n = struct.unpack_from(order + "HHI", data, at + 2 + 12 * index)
        (tags[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, at + 10 + 12 * index)
    return Header("tiff", tags.get(256, 0), tags.get(257, 0), gray=tags.get(262) in (0, 1), whole=True)


def _pnm(data: bytes) -> Header:
    words = [word for line in data[:4096].splitlines() for word in line.split(b"#")[0].split()]
    return Header("pnm", int(words[1]), int(words[2]), gray=words[0] in (b"P2", b"P5"), whole=True)


_READERS: dict[bytes, Callable[[bytes], Header]] = {
    b"\xff\xd8": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"BM": _bmp,
    b"RIFF": _webp,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    b"P2": _pnm,
    b"P3": _pnm,
    b"P5": _pnm,
    b"P6": _pnm,
}
