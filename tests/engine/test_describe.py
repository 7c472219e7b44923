from __future__ import annotations

import json
import struct
import sys

import pytest

from edgefer.card import KEY, Precision
from edgefer.engine.build import build_engine
from edgefer.engine.inspect import describe
from edgefer.errors import ArtifactError
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.fp8 import to_fp8
from edgefer.quantize.fp16 import to_fp16
from edgefer.quantize.int8 import to_int8
from edgefer.quantize.pool import screen
from edgefer.trt import driver
from tests import fake_gpu, tiny_net
from tests.datasets import dataset_of


def checkpoint(path, card=None):
    """A safetensors file made by hand: what `describe` must read without the library."""
    metadata = {KEY: (card or tiny_net.card()).to_json()}
    header = {
        "__metadata__": metadata,
        "conv.weight": {"dtype": "F32", "shape": [4, 1, 3, 3], "data_offsets": [0, 144]},
        "bn.num_batches_tracked": {"dtype": "I64", "shape": [], "data_offsets": [144, 152]},
    }
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(152))
    return path


def test_a_checkpoint_needs_no_torch(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    found = describe(checkpoint(tmp_path / "best.safetensors"))
    assert found.kind == "checkpoint"
    assert found.card == tiny_net.card()
    assert found.facts == {"tensors": 2, "values": {"f32": 36, "i64": 1}}
    assert found.problems == ()
    assert describe(tmp_path) == found


def test_a_truncated_checkpoint_is_a_problem(tmp_path):
    path = checkpoint(tmp_path / "best.safetensors")
    path.write_bytes(path.read_bytes()[:-20])
    assert "cut off" in describe(path).problems[0]


def test_an_onnx_file_tells_what_it_is(tmp_path):
    src = tiny_net.write(tmp_path / "a.onnx")
    found = describe(src)
    assert (found.kind, found.card, found.problems) == ("onnx", tiny_net.card(), ())
    assert found.facts["input"] == ["pixels: float [batch, 1, 32, 32]"]
    assert found.facts["output"] == ["logits: float [batch, 7]"]
    assert found.facts["opset"] == {"ai.onnx": 20}
    assert found.facts["operators"]["Conv"] == 4
    assert found.facts["census"] == {"conv float": 4, "matmul float": 4}
    to_fp16(src, tmp_path / "b.onnx")
    half = describe(tmp_path / "b.onnx")
    assert half.facts["weights"]["float16"] == found.facts["weights"]["float"] == found.facts["parameters"]
    assert "quantisers" not in half.facts
    assert half.card.precision is Precision.FP16


@pytest.mark.parametrize(("write", "kind"), [(to_int8, "int8"), (to_fp8, "float8e4m3fn")])
def test_a_quantised_onnx_file_tells_its_quantisers_and_counts_its_parameters(tmp_path, write, kind):
    src = tiny_net.write(tmp_path / "a.onnx")
    made = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 14, tmp_path / "set")
    write(src, made, tmp_path / "b.onnx")
    facts = describe(tmp_path / "b.onnx").facts
    convolutions = 4 if write is to_int8 else 3
    # conv1 and the shortcut take the same tensor, and so the same pair.
    assert facts["quantisers"] == {"QuantizeLinear": convolutions - 1, "DequantizeLinear": 2 * convolutions - 1}
    assert facts["parameters"] == describe(src).facts["parameters"]
    stored = 16 * 16 * 9 * 2 + 16 * 16 + (16 * 9 if write is to_int8 else 0)
    assert stored <= facts["weights"][kind] < stored + 100


def test_a_strangers_onnx_file_is_described_and_named_a_problem(tmp_path):
    import onnx

    onnx.save(tiny_net.model(), str(tmp_path / "a.onnx"))
    found = describe(tmp_path / "a.onnx")
    assert found.card is None
    assert "no edgefer model card" in found.problems[0]
    assert found.facts["census"]["conv float"] == 4


def test_a_real_engine_is_sound_until_a_byte_changes(tmp_path):
    pytest.importorskip("tensorrt_rtx")
    onnx = tiny_net.write(tmp_path / "a.onnx")
    result = build_engine(onnx, Precision.FP16, tmp_path / "e", targets=["sm89"], flavour="tensorrt_rtx")
    for path in (result.engine, result.folder, result.folder / "card.json"):
        found = describe(path)
        assert (found.kind, found.path, found.problems) == ("engine", result.engine, ())
    assert found.facts["flavour"] == "tensorrt_rtx"
    assert found.facts["targets"] == ["sm89"]
    assert found.facts["census"] == result.card.engine.census
    kept = json.loads((result.folder / "layers.json").read_text())
    assert found.facts["weights bytes"] == kept["weights_bytes"] > 0
    assert found.facts["activation bytes"] == kept["activation_bytes"] > 0
    assert [layer["name"] for layer in found.facts["layers"]] == [layer["name"] for layer in kept["layers"]]
    assert {layer["arithmetic"] for layer in found.facts["layers"] if layer["kind"] == "conv"} == {"half"}
    assert describe(result.folder / "layers.json") == found
    (result.folder / "layers.json").unlink()
    assert "layers" not in describe(result.engine).facts
    kept["plan_sha256"] = "0" * 64
    (result.folder / "layers.json").write_text(json.dumps(kept))
    assert "tells of another engine" in describe(result.engine).problems[0]
    altered = bytearray(result.engine.read_bytes())
    altered[-1] ^= 1
    result.engine.write_bytes(altered)
    assert "SHA-256 differs" in describe(result.engine).problems[0]


def test_a_strangers_engine_is_described_without_its_tensorrt(tmp_path):
    path = tmp_path / "theirs.plan"
    path.write_bytes(fake_gpu.plan_bytes("tensorrt", "8.6.1.6"))
    found = describe(path)
    assert found.facts["flavour"] == "tensorrt"
    assert found.facts["version"] == "8.6.1.6"
    assert found.card is None
    assert "card.json" in found.problems[0]
    assert found.facts["runs here"].startswith("no, it ")


def test_an_engine_says_whether_it_runs_here(tmp_path, monkeypatch):
    onnx = tiny_net.write(tmp_path / "a.onnx")
    fake_gpu.install(monkeypatch)
    result = build_engine(onnx, Precision.FP16, tmp_path / "e")
    assert describe(result.engine).facts["runs here"] == "yes"
    monkeypatch.setattr(driver, "probe", lambda: fake_gpu.NONE)
    assert describe(result.engine).facts["runs here"] == "no, it needs an NVIDIA GPU, and no NVIDIA driver is installed"


def test_a_calibration_set_and_a_data_store_are_told_apart(tmp_path):
    from edgefer.data.store import write_store

    made = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 7, tmp_path / "set")
    found = describe(tmp_path / "set")
    assert found.kind == "calibration set"
    assert found.facts["faces"] == 7
    assert found.facts["faces hash"] == made.sha256
    faces = tiny_net.faces()
    write_store(tmp_path / "noise", dataset_of([faces]))
    store = describe(tmp_path / "noise")
    assert store.kind == "data store"
    assert sum(store.facts["splits"]["Training"].values()) == 140
    assert describe(tmp_path / "noise" / "manifest.json") == store


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"hello", "notes.txt is nothing that edgefer knows"),
        ("a.engine", b"hello, I am text\n", "is a text file, not a TensorRT engine"),
        ("a.onnx", b"hello, I am text\n", "is not an ONNX file"),
        ("a.onnx", bytes(100), "is not an ONNX file"),
        ("best.safetensors", b"hello, I am text\n", "is not a safetensors checkpoint"),
        ("a.onnx", b"", "is empty"),
        ("a.onnx", b"version https://git-lfs.github.com/spec/v1\n", "Git-LFS pointer"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=words) as caught:
        describe(path)
    assert "\n" not in str(caught.value)
    assert caught.value.fix


def test_an_empty_folder_and_nothing_are_one_line(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match="holds nothing that edgefer knows"):
        describe(tmp_path / "empty")
    with pytest.raises(ArtifactError, match="does not exist"):
        describe(tmp_path / "none.onnx")


def test_descriptions_are_json(tmp_path):
    found = describe(tiny_net.write(tmp_path / "a.onnx"))
    values = json.loads(json.dumps(found.to_dict()))
    assert values["kind"] == "onnx"
    assert values["card"]["name"] == "tiny"
    assert values["size_bytes"] == (tmp_path / "a.onnx").stat().st_size
