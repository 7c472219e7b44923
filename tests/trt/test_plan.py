from __future__ import annotations

import pytest

from edgefer.errors import ArtifactError
from edgefer.trt.plan import PlanHeader, is_plan, read_header, same_version
from tests.fake_gpu import plan_bytes


@pytest.mark.parametrize(("flavour", "version"), [("tensorrt", "10.3.0.26"), ("tensorrt_rtx", "1.7.1.116")])
def test_flavour_and_version_are_read(tmp_path, flavour, version):
    path = tmp_path / "a.engine"
    path.write_bytes(plan_bytes(flavour, version))
    assert is_plan(path)
    assert read_header(path) == PlanHeader(flavour, version, path.stat().st_size)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello, this is no engine at all\n", "is a text file, not a TensorRT engine"),
        ("Grüße\n".encode(), "is a text file"),
        (b"\x08\x0a\x12\xff\xfe" * 20, "is some other binary file"),
        (b"", "is empty"),
        (b"ftrt" + bytes(10), "is cut off"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git-LFS pointer"),
    ],
)
def test_what_is_no_plan_is_named(tmp_path, content, words):
    path = tmp_path / "a.engine"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=words) as caught:
        read_header(path)
    assert caught.value.fix


def test_a_folder_and_nothing_are_named(tmp_path):
    with pytest.raises(ArtifactError, match="is a directory"):
        read_header(tmp_path)
    with pytest.raises(ArtifactError, match="does not exist"):
        read_header(tmp_path / "none.engine")


def test_versions_match_on_the_parts_that_both_name():
    assert same_version("10.3.0.26", "10.3.0")
    assert same_version("1.7.1.116", "1.7.1.116")
    assert not same_version("1.7.1.116", "1.7.1.117")
    assert not same_version("10.3.0.26", "10.13.3.9")
