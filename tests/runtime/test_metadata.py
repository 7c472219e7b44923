from __future__ import annotations

import subprocess
import sys

import onnx
import pytest

from edgefer.runtime.find import shipped_students
from edgefer.runtime.metadata import read_metadata
from tests import tiny_net


@pytest.fixture
def tiny(tmp_path):
    return tiny_net.write(tmp_path / "tiny.onnx")


def props(path):
    return {item.key: item.value for item in onnx.load(str(path)).metadata_props}


@pytest.mark.parametrize("name", shipped_students())
def test_it_is_what_onnx_reads(name):
    path = shipped_students()[name]
    assert read_metadata(path) == props(path)


def test_several_entries_of_any_length_and_alphabet(tiny):
    model = onnx.load(str(tiny))
    wanted = {"a": "", "": "no key", "long": "é" * 70_000, "quoted": '{"x": 1}'}
    onnx.helper.set_model_props(model, wanted)
    onnx.save(model, str(tiny))
    assert read_metadata(tiny) == wanted


def test_a_file_without_metadata(tiny):
    model = onnx.load(str(tiny))
    del model.metadata_props[:]
    onnx.save(model, str(tiny))
    assert read_metadata(tiny) == {}


def test_fields_of_every_kind_are_passed_over(tiny):
    # Fields 100 to 102: an integer, eight bytes and four bytes, as later versions of the format may bring.
    unknown = b"\xa0\x06\x96\x01" + b"\xa9\x06" + bytes(8) + b"\xb5\x06" + bytes(4)
    wanted = props(tiny)
    tiny.write_bytes(unknown + tiny.read_bytes() + unknown)
    assert read_metadata(tiny) == wanted == props(tiny)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"hello, I am text\n", bytes(100), b"\xff" * 64, b"\x08\x0a", b"\x3a" + b"\xff" * 9 + b"\x01"],
)
def test_no_onnx_file(tmp_path, content):
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011 - the caller words it
        read_metadata(tmp_path / "a.onnx")


@pytest.mark.parametrize("kept", [0.05, 0.5, 0.999])
def test_a_file_that_is_cut_short(tiny, kept):
    data = tiny.read_bytes()
    tiny.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ValueError):  # noqa: PT011 - the caller words it
        read_metadata(tiny)


def test_a_fixed_field_behind_the_end(tiny):
    tiny.write_bytes(tiny.read_bytes() + b"\xa9\x06" + bytes(3))
    with pytest.raises(ValueError, match="cut short"):
        read_metadata(tiny)


def test_running_a_file_imports_neither_onnx_nor_what_downloads(tiny):
    watch = (
        "import sys\n"
        "from pathlib import Path\n"
        "import edgefer.camera.loop, edgefer.camera.detect\n"
        "from edgefer.runtime.open import open_session\n"
        f"open_session(Path({str(tiny)!r}), threads=1)\n"
        "print([name for name in ('onnx', 'urllib.request', 'torch') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
