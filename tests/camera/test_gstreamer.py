from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.camera.asked import Asked
from edgefer.camera.gstreamer import csi_pipeline, h264_pipeline


def test_the_line_of_a_csi_camera():
    assert csi_pipeline(0, Asked()) == (
        "nvarguscamerasrc sensor-id=0 ! video/x-raw(memory:NVMM), width=1280, height=720, format=NV12, framerate=30/1 ! "
        "nvvidconv flip-method=0 ! video/x-raw, format=BGRx ! videoconvert ! video/x-raw, format=BGR ! "
        "appsink drop=true max-buffers=1 sync=false"
    )
    asked = csi_pipeline(1, Asked((1920, 1080), 60), flip=2)
    assert "sensor-id=1 " in asked
    assert "width=1920, height=1080, format=NV12, framerate=60/1 ! nvvidconv flip-method=2 !" in asked


@pytest.mark.parametrize(("fps", "rate"), [(29.97, "30000/1001"), (30, "30/1"), (7.5, "7500/1000"), (0.5, "500/1000")])
def test_the_line_of_a_camera_that_sends_h264(fps, rate):
    assert h264_pipeline(Path("/dev/video2"), Asked((640, 480), fps)).startswith(
        f"v4l2src device=/dev/video2 ! video/x-h264, width=640, height=480, framerate={rate} ! h264parse ! avdec_h264 ! "
    )
    assert "video/x-h264 ! h264parse" in h264_pipeline(Path("/dev/video0"), Asked())
