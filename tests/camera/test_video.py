from __future__ import annotations

import pytest

from edgefer.camera.video import VideoFile
from edgefer.errors import SourceError
from tests.films import cut, film, until_error


@pytest.mark.parametrize("name", ["a.avi", "a.mkv", "a.mp4"])
def test_every_frame_in_order_with_its_time(tmp_path, name):
    levels = [10 * i for i in range(24)]
    with VideoFile(film(tmp_path / name, levels, fps=12)) as source:
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(24))
    assert [frame.time for frame in frames] == pytest.approx([i / 12 for i in range(24)], abs=0.002)
    assert all(abs(int(frame.picture[8, 8, 0]) - level) < 6 for frame, level in zip(frames, levels, strict=True))
    assert source.fps == pytest.approx(12)
    assert source.description == f"{name}, 96x64 at 12 fps"


@pytest.mark.parametrize(("name", "share"), [("a.avi", 0.5), ("a.mkv", 0.5), ("a.avi", 0.9)])
def test_a_truncated_file_gives_its_frames_and_then_says_so(tmp_path, name, share):
    source = VideoFile(cut(film(tmp_path / name, range(60)), share))
    frames = []
    with pytest.raises(SourceError, match=r"breaks off after \d+ of about 60 frames"):
        frames.extend(frame.index for frame in source)


def test_frames_before_the_break_are_given(tmp_path):
    source = VideoFile(cut(film(tmp_path / "a.avi", range(60)), 0.5))
    frames, _ = until_error(source)
    assert 15 < len(frames) < 40


def test_a_whole_file_of_one_frame_ends_well(tmp_path):
    assert len(list(VideoFile(film(tmp_path / "a.avi", [9])))) == 1


def test_gif_ends_well(shared):
    with VideoFile(shared / "data/media/face-demographics-walking-and-pause.gif") as source:
        assert len(list(source)) == 41


@pytest.mark.parametrize("clip", ["eat.mkv", "book.mkv", "want.mkv"])
def test_real_clips_end_well(shared, clip):
    with VideoFile(shared / "data/media" / clip) as source:
        assert len(list(source)) > 40


def test_stop_ends_without_complaint(tmp_path):
    source = VideoFile(film(tmp_path / "a.avi", range(30)))
    seen = []
    for frame in source:
        seen.append(frame.index)
        if frame.index == 4:
            source.stop()
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"not a film at all\n" * 50, "is a text file"),
        ("text.txt", "Ärger\n".encode() * 500, "is a text file"),
        ("pointer.mp4", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git-LFS pointer"),
        ("noise.mp4", bytes(range(256)) * 20, "gives no frame"),
    ],
)
def test_what_is_no_video_is_one_line(tmp_path, capfd, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as error:
        VideoFile(path)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_a_header_without_frames_is_refused(tmp_path):
    with pytest.raises(SourceError, match="gives no frame"):
        VideoFile(cut(film(tmp_path / "a.mkv", range(60)), 0.01))


def test_an_unreadable_file_is_refused(tmp_path):
    with pytest.raises(SourceError, match="cannot read"):
        VideoFile(tmp_path / "missing.mp4")
