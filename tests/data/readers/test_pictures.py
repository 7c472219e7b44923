from __future__ import annotations

import base64
import os
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgefer.data.preprocess import gray
from edgefer.data.readers.picture_header import Header, read_header
from edgefer.data.readers.pictures import MAX_BYTES, is_gray, picture_blocks, picture_header, read_picture
from edgefer.errors import DataError

KINDS = ("jpeg", "png", "bmp", "webp", "tiff", "pnm")
SUFFIX = {"jpeg": ".jpg", "tiff": ".tif", "pnm": ".ppm"}
# 8 x 8 pixels of pure red as a CMYK JPEG, which OpenCV reads but cannot write.
CMYK = """
/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAQCwwODAoQDg0OEhEQExgoGhgWFhgxIyUdKDozPTw5Mzg3QEhcTkBEV0U3OFBtUVdfYmdoZz5NcXlwZH
hcZWdj/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EABQAAQAAAAAAAAAAAAAAAAAAAAf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADgRDAE0AWQBL
AAA/AEAfj8gP/9k=
"""


def colours(height: int = 40, width: int = 60) -> np.ndarray:
    """A smooth picture, uint8 `[H, W, 3]` RGB, no two corners alike."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = (255 * x / (width - 1), 255 * y / (height - 1), 128 + 0 * x)
    return np.stack(planes, axis=-1).astype(np.uint8)


def encode(picture: np.ndarray, suffix: str) -> bytes:
    ok, data = cv2.imencode(suffix, picture[..., ::-1] if picture.ndim == 3 else picture)
    assert ok
    return data.tobytes()


def save(path: Path, picture: np.ndarray) -> Path:
    path.write_bytes(encode(picture, path.suffix))
    return path


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG with an EXIF segment that holds nothing but the orientation."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_read_as_rgb(kind: str):
    file = save(Path(f"face{SUFFIX.get(kind, f'.{kind}')}"), colours())
    header = picture_header(file)
    assert (header.kind, header.width, header.height, header.gray, header.whole) == (kind, 60, 40, False, True)
    read = read_picture(file)
    assert (read.shape, read.dtype) == ((40, 60, 3), np.uint8)
    assert np.abs(read.astype(int) - colours()).max() <= 12  # JPEG and WebP lose a little


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".pgm"])
def test_gray_files_are_known_without_decoding(suffix: str):
    picture = gray(colours())
    file = save(Path(f"face{suffix}"), picture)
    assert picture_header(file).gray
    assert is_gray(file)
    assert np.abs(read_picture(file, "gray").astype(int) - picture).max() <= 2
    assert read_picture(file).shape == (40, 60, 3)


def test_gray_pixels_in_a_colour_file_are_gray():
    flat = np.repeat(gray(colours())[..., None], 3, axis=-1)
    assert is_gray(save(Path("gray.png"), flat))
    flat[3, 4, 2] += 1
    assert not is_gray(save(Path("nearly.png"), flat))


def test_gray_is_made_as_everywhere_else():
    file = save(Path("face.png"), colours())
    assert (read_picture(file, "gray") == gray(colours())).all()


def test_sixteen_bits_become_eight():
    deep = np.linspace(0, 65535, 600).astype(np.uint16).reshape(20, 30)
    ok, data = cv2.imencode(".png", deep)
    assert ok
    Path("deep.png").write_bytes(data.tobytes())
    assert (read_picture(Path("deep.png"), "gray") == deep >> 8).all()


def test_alpha_is_dropped():
    clear = np.concatenate([colours()[..., ::-1], np.zeros((40, 60, 1), np.uint8)], axis=-1)
    ok, data = cv2.imencode(".png", clear)
    assert ok
    Path("clear.png").write_bytes(data.tobytes())
    assert (read_picture(Path("clear.png")) == colours()).all()


def test_cmyk_is_read_as_rgb():
    Path("cmyk.jpg").write_bytes(base64.b64decode(CMYK))
    assert np.abs(read_picture(Path("cmyk.jpg")).astype(int) - (255, 0, 0)).max() <= 4


def test_the_exif_orientation_is_followed():
    upright = encode(colours(), ".jpg")
    Path("upright.jpg").write_bytes(upright)
    Path("turned.jpg").write_bytes(with_orientation(upright, 6))  # 6: turn it clockwise to see it upright
    turned = read_picture(Path("turned.jpg"))
    assert (turned == np.rot90(read_picture(Path("upright.jpg")), -1)).all()


def test_unicode_and_spaces_in_names():
    file = save(Path("Gesicht ü 笑顔.png"), colours())
    assert (read_picture(file) == colours()).all()


def test_a_box_cuts_a_face_out():
    file = save(Path("scene.png"), colours(200, 300))
    assert (read_picture(file, box=(30, 20, 50, 50)) == colours(200, 300)[20:70, 30:80]).all()
    assert read_picture(file, "gray", side=48, box=(30, 20, 50, 50)).shape == (48, 48)
    # A box that leaves the picture, or is no square, becomes the square around it.
    assert read_picture(file, box=(-10, -10, 50, 30)).shape == (50, 50, 3)


def test_proportions_are_kept_when_a_picture_becomes_square():
    picture = np.zeros((80, 40, 3), np.uint8)
    picture[20:60, 10:30] = 255  # twice as high as wide
    read = read_picture(save(Path("tall.png"), picture), "gray", side=40)
    assert read.shape == (40, 40)
    rows, columns = (np.flatnonzero(read.max(axis=axis) > 127) for axis in (1, 0))
    assert (len(rows), len(columns)) == (20, 10)


@pytest.mark.parametrize("box", [(300, 0, 10, 10), (0, 200, 10, 10), (-10, 5, 10, 10), (5, 5, 0, 9), (5, 5, 9, -1)])
def test_a_box_outside_the_picture_is_a_fault(box):
    file = save(Path("scene.png"), colours(200, 300))
    with pytest.raises(DataError, match=r"scene.png: the face box .* lies outside the picture of 300 x 200"):
        read_picture(file, box=box)


JPEG = encode(colours(), ".jpg")
PNG = encode(colours(), ".png")
HUGE = PNG[:16] + struct.pack(">II", 50_000, 50_000) + PNG[24:]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (JPEG[:-2], "is cut short: the end of the JPEG is missing"),
        (JPEG[: len(JPEG) // 2], "is cut short"),
        (JPEG[:30], "is cut short"),
        (with_orientation(JPEG[:-2] + b"\0", 1), "is cut short"),
        (PNG[:-12], "is cut short: the end of the PNG is missing"),
        (PNG[:20], "is cut short"),
        (encode(colours(), ".webp")[:60], "is damaged: it cannot be decoded"),
        (encode(colours(), ".bmp")[:100], "is damaged: it cannot be decoded"),
        (encode(colours(), ".ppm")[:100], "is damaged: it cannot be decoded"),
        (b"<html>404</html>", "is not a picture"),
        (b"P5 is no picture", "is not a picture"),
        (b"RIFF....WAVEfmt data", "is not a picture"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git-LFS pointer"),
        (HUGE, "has 50,000 x 50,000 pixels, too many for a picture"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_a_faulty_file_is_named(data: bytes, words: str):
    Path("face.jpg").write_bytes(data)
    with pytest.raises(DataError, match=r"face\.jpg " + words):
        read_picture(Path("face.jpg"))


def test_what_is_no_file_is_named():
    with pytest.raises(DataError, match=r"none\.jpg does not exist"):
        read_picture(Path("none.jpg"))
    Path("folder.jpg").mkdir()
    with pytest.raises(DataError, match=r"folder\.jpg is not a file"):
        read_picture(Path("folder.jpg"))
    os.mkfifo("pipe.jpg")
    with pytest.raises(DataError, match=r"pipe\.jpg is not a file"):
        read_picture(Path("pipe.jpg"))
    with Path("big.jpg").open("wb") as handle:
        handle.truncate(MAX_BYTES + 1)
    with pytest.raises(DataError, match=r"big\.jpg has 268,435,457 bytes"):
        read_picture(Path("big.jpg"))


def test_no_bytes_whatever_give_another_error():
    rng = np.random.default_rng(1)
    for data in (*(encode(colours(), SUFFIX.get(kind, f".{kind}")) for kind in KINDS), with_orientation(JPEG, 3)):
        for _ in range(60):
            broken = bytearray(data[: rng.integers(2, len(data))])
            for place in rng.integers(0, min(len(broken), 60), 3):
                broken[place] = rng.integers(0, 256)
            found = read_header(bytes(broken))
            assert found is None or isinstance(found, Header)


def test_blocks_follow_the_order_and_say_where_a_fault_is():
    files = [save(Path(f"{index}.png"), np.full((20, 20, 3), index % 256, np.uint8)) for index in range(300)]
    blocks = list(picture_blocks(files, "gray", 16, lambda index: f"row {index}"))
    assert [block.shape for block in blocks] == [(256, 16, 16), (44, 16, 16)]
    assert np.concatenate(blocks)[:, 0, 0].tolist() == [index % 256 for index in range(300)]
    boxes = np.tile(np.array([2, 3, 8, 8]), (300, 1))
    assert next(picture_blocks(files, "rgb", 24, str, boxes)).shape == (256, 24, 24, 3)
    files[270].write_bytes(b"")
    with pytest.raises(DataError, match=r"row 270: 270\.png is empty"):
        list(picture_blocks(files, "gray", 16, lambda index: f"row {index}"))
    boxes[7] = (0, 90, 5, 5)
    with pytest.raises(DataError, match=r"row 7: 7\.png: the face box"):
        list(picture_blocks(files, "gray", 16, lambda index: f"row {index}", boxes))
