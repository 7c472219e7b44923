from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgefer.camera.outfile import LineFile, claim
from edgefer.errors import ArtifactError


def test_each_line_is_in_the_file_at_once(tmp_path):
    path = tmp_path / "new" / "out.jsonl"
    file = LineFile(str(path))
    assert file.write("one")
    assert path.read_text() == "one\n"
    assert file.write("zwei ü")
    assert path.read_text(encoding="utf-8") == "one\nzwei ü\n"
    file.close()
    assert file.files == (path,)


def test_what_was_there_before_is_overwritten(tmp_path):
    path = tmp_path / "out"
    path.write_text("a long line of another run\n" * 9)
    file = LineFile(str(path))
    file.write("one")
    file.close()
    assert path.read_text() == "one\n"


def test_a_second_run_is_refused_and_harms_nothing(tmp_path):
    path = tmp_path / "out"
    first = LineFile(str(path))
    first.write("one")
    script = f"from edgefer.camera.outfile import LineFile; LineFile({str(path)!r})"
    second = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "is being written by another run. name another file, or end that run first" in second.stderr
    first.write("two")
    assert path.read_text() == "one\ntwo\n"
    first.close()
    LineFile(str(path)).close()


def test_devices_are_free_for_all():
    os.close(claim(Path("/dev/null")))
    first, second = LineFile("/dev/null"), LineFile("/dev/null")
    assert second.write("x")
    first.close()
    second.close()


FULL = """
import resource, sys
from edgefer.camera.outfile import LineFile
from edgefer.errors import ArtifactError
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
file = LineFile(sys.argv[1])
try:
    for number in range(100):
        file.write(f"{number:069d}")
except ArtifactError as error:
    print(number, error)
file.close()
"""


def test_a_full_disk_leaves_whole_lines(tmp_path):
    """The process may write 1000 bytes a file; the fifteenth line of 70 would fit by half."""
    path = tmp_path / "out"
    result = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False)
    assert result.stdout == f"14 cannot write {path}: File too large. free some space\n", result.stderr
    assert path.read_text() == "".join(f"{number:069d}\n" for number in range(14))


def test_a_reader_of_a_pipe_that_leaves_is_no_error(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    file = LineFile(str(path))
    assert file.write("one")
    assert os.read(reader, 100) == b"one\n"
    os.close(reader)
    assert not file.write("two")
    file.close()


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(ArtifactError, match="is a directory"):
        claim(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtifactError, match="cannot write"):
        claim(tmp_path / "file" / "out")
