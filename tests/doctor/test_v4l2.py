from __future__ import annotations

import struct

import pytest

from edgefer.doctor.probes.v4l2 import Mode, query

QUERYCAP, ENUM_FMT, ENUM_SIZES, ENUM_RATES = 0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B
CAPTURE, MPLANE, METADATA, DEVICE_CAPS = 0x1, 0x1000, 0x00800000, 0x80000000


def fourcc(letters):
    return int.from_bytes(letters.encode(), "little")


class Camera:
    """A driver of straw. formats: by fourcc, sizes with the time between frames as fractions."""

    def __init__(self, formats, caps=CAPTURE | DEVICE_CAPS, own=CAPTURE, buffer=1):
        self.formats, self.caps, self.own, self.buffer = formats, caps, own, buffer

    def __call__(self, descriptor, request, block):
        assert len(block) == request >> 16 & 0x3FFF
        if request == QUERYCAP:
            struct.pack_into("16s32s32sIII", block, 0, b"uvcvideo", b"HD Webcam", b"usb-1", 0, self.caps, self.own)
            return
        index, second = struct.unpack_from("II", block)
        try:
            if request == ENUM_FMT:
                assert second == self.buffer
                struct.pack_into("I", block, 44, fourcc(list(self.formats)[index]))
                return
            sizes = next(sizes for letters, sizes in self.formats.items() if fourcc(letters) == second)
            if request == ENUM_SIZES:
                kind, *numbers = list(sizes)[index]
                struct.pack_into(f"I{len(numbers)}I", block, 8, kind, *numbers)
                return
            assert request == ENUM_RATES
            wanted = struct.unpack_from("II", block, 8)
            rates = next(rates for size, rates in sizes.items() if wanted in (size[1:3], (size[2], size[-2])))
            struct.pack_into("III", block, 16, 1, *rates[index])
        except IndexError as error:
            raise OSError(22, "Invalid argument") from error


WEBCAM = {
    "MJPG": {(1, 640, 480): [(1, 30)], (1, 1280, 720): [(1, 15), (1, 30), (1001, 30000)]},
    "YUYV": {(1, 640, 480): [(1, 30)], (1, 1280, 720): [(1, 10)]},
}


def test_a_webcam_names_its_modes():
    found = query(0, Camera(WEBCAM))
    assert found.name == "HD Webcam"
    assert found.modes == (
        Mode("MJPG", 640, 480, 30.0),
        Mode("MJPG", 1280, 720, 30.0),
        Mode("YUYV", 640, 480, 30.0),
        Mode("YUYV", 1280, 720, 10.0),
    )
    assert [str(mode) for mode in found.best()] == ["MJPG 1280x720 at 30 fps", "YUYV 1280x720 at 10 fps"]


def test_a_range_of_sizes_is_named_by_its_largest():
    sensor = {"RG10": {(3, 16, 3280, 2, 16, 2464, 2): [(1, 21)]}}
    found = query(0, Camera(sensor, MPLANE, 0, buffer=9))
    assert found.modes == (Mode("RG10", 3280, 2464, 21.0),)


def test_a_driver_that_tells_no_rates():
    assert str(query(0, Camera({"GREY": {(1, 160, 120): []}})).modes[0]) == "GREY 160x120"


@pytest.mark.parametrize(("caps", "own"), [(0x2, 0), (CAPTURE | METADATA | DEVICE_CAPS, METADATA)])
def test_what_gives_no_pictures_is_no_camera(caps, own):
    assert query(0, Camera({}, caps, own)) is None


def test_a_list_without_an_end_is_left():
    def endless(descriptor, request, block):
        if request == QUERYCAP:
            Camera({})(descriptor, request, block)

    assert len(query(0, endless).modes) <= 64 * 64
