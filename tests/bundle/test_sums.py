from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from edgefer.bundle.sums import check_sums, read_sums, refuse_foreign_folder, write_sums
from edgefer.errors import ArtifactError


@pytest.fixture
def folder() -> Path:
    folder = Path("a bundle")
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "inner" / "with space.bin").write_bytes(b"\0\1")
    write_sums(folder)
    return folder


def test_what_was_written_is_whole_and_sha256sum_agrees(folder):
    assert list(read_sums(folder)) == ["a.txt", "inner/with space.bin"]
    check_sums(folder)
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": OK") == 2


@pytest.mark.parametrize("change", ["altered", "missing", "added"])
def test_each_difference_is_found(folder, change):
    if change == "altered":
        (folder / "a.txt").write_text("b")
    elif change == "missing":
        (folder / "a.txt").unlink()
    else:
        (folder / "new").write_text("")
    with pytest.raises(ArtifactError, match=r"(a\.txt|new) is not as SHA256SUMS has it"):
        check_sums(folder)


@pytest.mark.parametrize("line", ["no hash", f"{'0' * 64}  ../outside", f"{'0' * 64}  /etc/passwd", f"{'0' * 63}  a"])
def test_a_damaged_manifest_and_paths_out_of_the_folder_are_refused(folder, line):
    (folder / "SHA256SUMS").write_text(line + "\n")
    with pytest.raises(ArtifactError, match="is damaged"):
        read_sums(folder)


def test_only_an_untouched_bundle_may_be_replaced(folder, tmp_path):
    refuse_foreign_folder(folder)
    refuse_foreign_folder(tmp_path / "not there")
    (folder / "a.txt").write_text("mine")
    with pytest.raises(ArtifactError, match=r"a\.txt was changed since it was made, and would be lost"):
        refuse_foreign_folder(folder)
    (folder / "plan").write_text("")
    with pytest.raises(ArtifactError, match="holds other things than a bundle, such as plan"):
        refuse_foreign_folder(folder)
    with pytest.raises(ArtifactError, match="is a file"):
        refuse_foreign_folder(folder / "a.txt")


def test_a_folder_of_somebody_else_may_not(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ArtifactError, match=r"such as .*thesis\.tex"):
        refuse_foreign_folder(tmp_path)
