from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgefer.data.dataset import Options
from edgefer.data.readers.picture_files import (
    Files,
    fingerprint,
    first_file,
    first_folder,
    list_files,
    list_folders,
    nothing_at,
)
from edgefer.errors import DataError


def tree(*names: str) -> Path:
    for name in names:
        file = Path("root") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"12345")
        os.utime(file, (1, 1))
    return Path("root")


def listed() -> Files:
    return list_files(Path("root"), 1, "fix")


def test_pictures_are_listed_to_the_depth_asked_for():
    root = tree(
        "b.JPG", "a/c.png", "a/d.txt", "a/deep/e.png", ".hidden/f.png", "a/.g.png", "__MACOSX/h.png", "Thumbs.db"
    )
    found = list_files(root, 1, "fix")
    assert found.names == ("a/c.png", "b.JPG")
    assert (found.others, found.deeper) == (1, ("a/deep",))
    assert list_files(root, 0, "fix").names == ("b.JPG",)
    assert list_files(root, 2, "fix").names == ("a/c.png", "a/deep/e.png", "b.JPG")
    assert list_files(root, 1, "fix", {".txt"}).names == ("a/d.txt",)
    assert list_folders(root, "fix") == ("a",)


@pytest.mark.parametrize("change", ["name", "size", "time", "folder"])
def test_the_hash_follows_names_sizes_and_times(change: str):
    file = tree("a/x.png", "b/y.png") / "a/x.png"
    before = listed().sha256
    assert listed().sha256 == before
    if change == "name":
        file.rename(file.with_name("z.png"))
    elif change == "size":
        file.write_bytes(b"123456")
        os.utime(file, (1, 1))
    elif change == "time":
        os.utime(file, (1, 1.5))
    else:
        Path("root/a").rename("root/c")
    assert listed().sha256 != before


def test_a_fingerprint_is_of_labels_options_and_pictures_but_not_of_places():
    tree("a/x.png")
    Path("list.txt").write_text("x 1")

    def of(name: str = "rafdb", **options: object) -> str:
        return fingerprint(name, Options(**options), [Path("list.txt")], [listed()])  # type: ignore[arg-type]

    first = of()
    assert of(images=Path("root")) == first
    assert len({first, of("expw"), of(size=48), of(classes=7), of(protocol="x")}) == 5
    Path("list.txt").write_text("x 2")
    assert of() != first


def test_what_cannot_be_listed_is_named():
    with pytest.raises(DataError, match=r"none does not exist\. fix"):
        list_files(Path("none"), 0, "fix")
    Path("file").write_text("")
    with pytest.raises(DataError, match="file is not a folder"):
        list_folders(Path("file"), "fix")


def test_the_first_folder_of_several_places():
    Path("b").mkdir()
    Path("a").write_text("")
    Path("a").chmod(0o755)
    assert first_folder([Path("a"), Path("b"), Path()]) == Path("b")
    assert first_folder([Path("a"), Path("none")]) is None
    assert first_file([Path("none"), Path("b"), Path("a")]) == Path("a")
    assert first_file([Path("b")]) is None


def test_a_link_that_leads_nowhere_is_named():
    tree("a/x.png")
    Path("root/a/y.png").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"cannot read root/a/y\.png: No such file"):
        listed()


def test_what_stands_at_a_source_is_said():
    Path("file").write_text("")
    tree("a.png")
    assert str(nothing_at(Path("none"), "no x", "fix")) == "none does not exist. fix"
    assert str(nothing_at(Path("root"), "no x", "fix")) == "root holds no x. fix"
    assert str(nothing_at(Path("file"), "no x", "fix")) == "file is not a folder that can be opened. fix"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_place_that_may_not_be_entered_is_no_traceback():
    tree("a/x.png")
    Path("root").chmod(0)
    try:
        assert first_file([Path("root/a/x.png")]) is None
        with pytest.raises(DataError, match="cannot list root"):
            listed()
    finally:
        Path("root").chmod(0o700)
