from __future__ import annotations

import resource
import subprocess
import sys

import cv2
import numpy as np
import pytest

from edgefer.camera.frame import Frame
from edgefer.camera.reading import FrameReading
from edgefer.camera.record import Recorder
from edgefer.errors import ArtifactError, UsageError


def reading(index, time, level=128, shape=(64, 96)):
    return FrameReading(Frame(index, time, np.full((*shape, 3), level, np.uint8)), ())


def frames_of(path):
    capture = cv2.VideoCapture(str(path))
    frames = []
    while True:
        ok, frame = capture.read()
        if not ok:
            return frames, capture.get(cv2.CAP_PROP_FPS)
        frames.append(frame)


@pytest.mark.parametrize("name", ["out.mp4", "out.avi", "out.mkv", "OUT.MP4"])
def test_every_frame_at_the_sources_rate(tmp_path, name):
    path = tmp_path / "new" / name
    recorder = Recorder(path, 12.5)
    for index in range(20):
        assert recorder.take(reading(index, index / 12.5, 10 * index))
        assert not path.exists()
    recorder.close()
    frames, fps = frames_of(path)
    assert len(frames) == recorder.pictures == 20
    assert fps == pytest.approx(12.5)
    assert recorder.files == (path,)
    assert [file.name for file in path.parent.iterdir()] == [name]
    assert int(frames[15][40, 60, 0]) == pytest.approx(150, abs=8)


def test_a_gap_in_a_live_source_lasts_as_long_in_the_film(tmp_path):
    recorder = Recorder(tmp_path / "out.avi", 10)
    for index, (time, level) in enumerate([(5.0, 10), (5.1, 20), (6.1, 250), (6.12, 90)]):
        recorder.take(reading(index, time, level))
    recorder.close()
    frames, _ = frames_of(tmp_path / "out.avi")
    assert len(frames) == recorder.pictures == 12
    assert int(frames[1][40, 60, 0]) == pytest.approx(20, abs=8)
    assert int(frames[11][40, 60, 0]) == pytest.approx(250, abs=8)


def test_a_run_without_frames_makes_no_file(tmp_path):
    recorder = Recorder(tmp_path / "out.mp4", 25)
    recorder.close()
    assert (recorder.files, recorder.pictures) == ((), 0)
    assert list(tmp_path.glob("*.mp4")) == []


def test_odd_and_changing_sizes(tmp_path):
    recorder = Recorder(tmp_path / "out.mp4", None)
    for index, shape in enumerate([(65, 97), (40, 200), (200, 40), (1, 1)]):
        recorder.take(reading(index, index / 25, 200, shape))
    recorder.close()
    frames, fps = frames_of(tmp_path / "out.mp4")
    assert [frame.shape for frame in frames] == [(64, 96, 3)] * 4
    assert fps == 25
    assert int(frames[2][5, 3, 0]) < 30, "a tall picture stands between black bars"
    assert int(frames[2][50, 48, 0]) > 150


def test_other_endings_are_refused_before_anything_runs(tmp_path):
    with pytest.raises(UsageError, match=r"\.mp4"):
        Recorder(tmp_path / "out.webm", 25)
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(ArtifactError, match="is a directory"):
        Recorder(tmp_path / "folder.mp4", 25)


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtifactError, match=r"cannot write .*/file/out.mp4"):
        Recorder(tmp_path / "file" / "out.mp4", 25)


def test_a_second_recording_to_the_same_name_is_refused(tmp_path):
    path = tmp_path / "out.avi"
    recorder = Recorder(path, 25)
    recorder.take(reading(0, 0.0))
    with pytest.raises(ArtifactError, match=r"/out.avi is being written by another run. name another file"):
        Recorder(path, 25)
    recorder.take(reading(1, 0.04))
    recorder.close()
    assert len(frames_of(path)[0]) == 2
    Recorder(path, 25).close()
    assert len(frames_of(path)[0]) == 2, "a run without frames leaves the film that was there"


KILLED = """
import os, signal, sys
import numpy as np
from pathlib import Path
from edgefer.camera.frame import Frame
from edgefer.camera.reading import FrameReading
from edgefer.camera.record import Recorder
recorder = Recorder(Path(sys.argv[1]), 25)
recorder.take(FrameReading(Frame(0, 0.0, np.zeros((64, 96, 3), np.uint8)), ()))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_recording_left_is_taken_over(tmp_path):
    path = tmp_path / "out.mp4"
    subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    left = ".out.mp4.unfinished.mp4"
    assert [file.name for file in tmp_path.glob("*out*")] == [left]
    recorder = Recorder(path, 25)
    recorder.take(reading(0, 0.0))
    recorder.close()
    assert list(tmp_path.glob("*out*")) == [path]
    assert len(frames_of(path)[0]) == 1


SMALL_DISK = """
import sys
import cv2
import numpy as np
from pathlib import Path
from edgefer.camera.frame import Frame
from edgefer.camera.reading import FrameReading
from edgefer.camera.record import Recorder
from edgefer.errors import ArtifactError
path = Path(sys.argv[1])
if sys.argv[2] == "full":
    (path.parent / "other").write_bytes(bytes(3_500_000))
recorder = Recorder(path, 25)
rng = np.random.default_rng(0)
try:
    for index in range(1000):
        picture = rng.integers(0, 256, (240, 320, 3), np.uint8)
        recorder.take(FrameReading(Frame(index, index / 25, picture), ()))
except ArtifactError as error:
    print(error)
recorder.close()
capture, found = cv2.VideoCapture(str(path)), 0
while capture.read()[0]:
    found += 1
print(recorder.pictures, found, *map(str, recorder.files))
print(*sorted(file.name for file in path.parent.iterdir()))
"""


def on_a_small_disk(folder, name, state):
    """What SMALL_DISK prints on a disk of 4 MiB, which is there for its process alone."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    script = 'mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" -c "$3" "$1/$4" "$5"'
    command = ["unshare", "-rm", "sh", "-c", script, "sh", folder, sys.executable, SMALL_DISK, name, state]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.mark.parametrize("name", ["out.mp4", "out.avi"])
def test_a_film_is_finished_before_the_disk_is_full(tmp_path, name):
    told, counts, there = on_a_small_disk(tmp_path, name, "empty")
    written, found, file = counts.split()
    assert 5 < int(written) == int(found) < 1000
    assert told == f"the disk is full: the recording {file} ends after {written} frames. free some space"
    assert there == name


def test_a_disk_that_is_full_from_the_start_gets_no_film(tmp_path):
    told, counts, there = on_a_small_disk(tmp_path, "out.mp4", "full")
    assert "ends after 0 frames" in told
    assert (counts, there) == ("0 0", "other")


FULL = """
import sys, resource
import numpy as np
from pathlib import Path
from edgefer.camera.frame import Frame
from edgefer.camera.reading import FrameReading
from edgefer.camera.record import Recorder
from edgefer.errors import ArtifactError
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
recorder = Recorder(Path(sys.argv[1]), 25)
rng = np.random.default_rng(0)
for index in range(60):
    picture = rng.integers(0, 256, (120, 160, 3), np.uint8)
    recorder.take(FrameReading(Frame(index, index / 25, picture), ()))
try:
    recorder.close()
except ArtifactError as error:
    print(error, recorder.pictures, recorder.files)
"""


@pytest.mark.parametrize("name", ["out.mp4", "out.avi"])
def test_a_full_disk_is_noticed_and_leaves_no_half_film(tmp_path, name):
    """The process may write 20 kB a file, which OpenCV's writer does not report."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    path = tmp_path / name
    result = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False)
    assert "did not survive" in result.stdout, result.stderr
    assert result.stdout.rstrip().endswith("0 ()")
    assert list(tmp_path.glob("*out*")) == []
