import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgefer import paths
from edgefer.errors import ArtifactError
from edgefer.paths import (
    atomic_dir,
    atomic_file,
    cache_dir,
    refuse_foreign,
    remove_unfinished,
    require_file,
    require_file_place,
    require_folder_place,
    sha256,
    sha256_of,
)
from tests.conftest import ROOT


def test_a_file_appears_whole_or_not_at_all():
    with atomic_file(Path("deep/x.txt")) as temporary:
        temporary.write_text("new")
        assert not Path("deep/x.txt").exists()
    assert Path("deep/x.txt").read_text() == "new"
    with pytest.raises(RuntimeError), atomic_file(Path("deep/x.txt")) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert Path("deep/x.txt").read_text() == "new"
    assert [path.name for path in Path("deep").iterdir()] == ["x.txt"]


def test_a_directory_is_replaced_as_a_whole():
    for content in ("a", "b"):
        with atomic_dir(Path("d")) as temporary:
            (temporary / content).touch()
    assert [path.name for path in Path("d").iterdir()] == ["b"]
    with pytest.raises(RuntimeError), atomic_dir(Path("d")) as temporary:
        (temporary / "c").touch()
        raise RuntimeError
    assert [path.name for path in Path().iterdir()] == ["d"]


# Writes a folder and is killed, or waits, with half of it written.
WRITES = """
import os, signal, sys
from pathlib import Path
from edgefer.paths import atomic_dir
with atomic_dir(Path("deep/d")) as temporary:
    (temporary / "half").touch()
    print(temporary, flush=True)
    if sys.argv[1] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stdin.read()
"""


def writing(how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITES, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def hidden() -> list[Path]:
    return [path for path in Path("deep").iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not():
    killed, living = writing("killed"), writing("waits")
    left, used = Path(killed.communicate()[0].strip()), Path(living.stdout.readline().strip())
    try:
        own = [Path("deep/.d.original"), Path("deep/.cache")]
        for folder in own:
            folder.mkdir()
        Path("deep/.link.edgefer-unfinished").symlink_to(Path("deep/.cache").resolve())
        with atomic_dir(Path("deep/other")) as temporary:
            assert not left.exists()
            assert (used / "half").exists()
            remove_unfinished(Path("deep"))
            assert temporary.exists(), "not one's own either"
        assert sorted(hidden()) == sorted([*own, Path("deep/.link.edgefer-unfinished"), used])
    finally:
        living.communicate()
    assert living.returncode == 0
    assert Path("deep/d/half").exists()
    assert not used.exists()


def test_a_folder_that_another_process_takes_for_unfinished_is_made_again(monkeypatch: pytest.MonkeyPatch):
    real, asked = paths._hold, []
    monkeypatch.setattr(paths, "_hold", lambda folder: asked.append(folder) or (real(folder) if asked[1:] else None))
    with atomic_dir(Path("d")) as temporary:
        (temporary / "a").touch()
        assert temporary == asked[1] != asked[0]
    assert list(Path().iterdir()) == [Path("d")]


def test_where_folders_cannot_be_held_they_are_written_all_the_same(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paths, "_hold", lambda _folder: None)
    with atomic_dir(Path("d")) as temporary:
        (temporary / "a").touch()
    assert list(Path().iterdir()) == [Path("d")]
    assert list(Path("d").iterdir()) == [Path("d/a")]


def test_new_files_have_the_users_permissions():
    with atomic_file(Path("x")) as temporary:
        temporary.touch()
    Path("plain").touch()
    assert Path("x").stat().st_mode == Path("plain").stat().st_mode


def test_a_place_of_the_wrong_kind_is_one_error():
    Path("file").touch()
    Path("folder").mkdir()
    with pytest.raises(ArtifactError, match="folder is a directory"), atomic_file(Path("folder")):
        pass
    with pytest.raises(ArtifactError, match="file is a file"), atomic_dir(Path("file")):
        pass
    with pytest.raises(ArtifactError, match="cannot write"), atomic_file(Path("file/x")):
        pass


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "Git-LFS pointer"),
    ],
)
def test_files_that_are_not_there_in_truth(content: bytes | None, expected: str):
    if content is not None:
        Path("x.onnx").write_bytes(content)
    with pytest.raises(ArtifactError, match=expected):
        require_file(Path("x.onnx"), "an ONNX file", "make one")
    with pytest.raises(ArtifactError, match="is a directory"):
        require_file(Path(), "an ONNX file", "make one")


def test_hashes():
    Path("x").write_bytes(b"abc")
    assert sha256(Path("x")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of("ab", "c") != sha256_of("a", "bc")
    assert sha256_of("a") == sha256_of(b"a")


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EDGEFER_HOME", "/somewhere")
    assert cache_dir() == Path("/somewhere")
    monkeypatch.delenv("EDGEFER_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert cache_dir() == Path("/cache/edgefer")


def test_only_ones_own_files_may_be_replaced(tmp_path):
    refuse_foreign(tmp_path / "new", ("*.engine",), "an engine")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.engine").touch()
    refuse_foreign(folder, ("*.engine",), "an engine")
    (folder / "thesis.tex").touch()
    with pytest.raises(ArtifactError, match=r"holds other things than an engine, such as thesis\.tex"):
        refuse_foreign(folder, ("*.engine",), "an engine")


def test_a_folder_inside_is_never_ones_own(tmp_path):
    (tmp_path / "out" / "b.engine").mkdir(parents=True)
    with pytest.raises(ArtifactError, match=r"b\.engine"):
        refuse_foreign(tmp_path / "out", ("*.engine",), "an engine")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ArtifactError, match="is a file"):
        refuse_foreign(tmp_path / "file", ("*.engine",), "an engine")


# Writes a file and is killed, or waits, with half of it written.
WRITES_FILE = """
import os, signal, sys
from pathlib import Path
from edgefer.paths import atomic_file
with atomic_file(Path("deep/[x].bin")) as temporary:
    temporary.write_text("half")
    print(temporary, flush=True)
    if sys.argv[1] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stdin.read()
"""


def writing_file(how: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES_FILE, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_half_a_file_of_a_killed_process_is_removed_by_a_later_write_and_no_other():
    killed, left = writing_file("killed")
    killed.wait()
    slow, used = writing_file("waits")
    own = [Path("deep/.[x].bin.mine"), Path("deep/.x.bin.edgefer-unfinished.bin"), Path("deep/other.bin")]
    for file in own:
        file.touch()
    try:
        with atomic_file(Path("deep/[x].bin")) as temporary:
            assert left.exists(), "it may be that of a process whose library wrote another file in its place"
            temporary.write_text("whole")
        for file in (left, used, *own):
            os.utime(file, (0, 0))
        with atomic_file(Path("deep/[x].bin")) as temporary:
            temporary.write_text("whole again")
        assert not left.exists()
        assert all(file.exists() for file in (used, *own))
    finally:
        slow.communicate("")
    assert Path("deep/[x].bin").read_text() == "half", "it was written to the end, last"
    assert sorted(Path("deep").iterdir()) == sorted([*own, Path("deep/[x].bin")])


@pytest.mark.parametrize("require", [require_file_place, require_folder_place])
def test_a_place_is_asked_for_before_the_work(tmp_path, require):
    (tmp_path / "notes").write_text("a file")
    (tmp_path / "folder").mkdir()
    require(tmp_path / "new" / "er")
    for bad in (tmp_path / "notes" / "below", Path("/proc/edgefer"), tmp_path / ("n" * 300) / "x"):
        with pytest.raises(ArtifactError, match="cannot write"):
            require(bad)
    with pytest.raises(ArtifactError, match=r"is a (file|directory)"):
        require(tmp_path / ("folder" if require is require_file_place else "notes"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "cwd") == ["folder", "notes"]
