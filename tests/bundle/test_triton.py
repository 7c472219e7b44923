from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.bundle.make import make_bundle
from edgefer.bundle.material import material_of
from edgefer.bundle.pbtxt import parse
from edgefer.bundle.target import Target
from edgefer.bundle.triton import check_triton
from edgefer.card import Precision
from edgefer.emotions import FER2013
from edgefer.errors import ArtifactError, BuildError
from tests import tiny_net
from tests.bundle.made import engine, quantised

CONFIG = Path("models/tiny/config.pbtxt")


def bundled(model: Path, batch=None) -> Path:
    return make_bundle(model, Target.TRITON, Path("out"), batch).path


def protobuf(path: Path):
    """The configuration by Triton's own definition of it."""
    reason = "Triton's protobuf is not here: pip install --no-deps tritonclient grpcio python-rapidjson"
    config = pytest.importorskip("tritonclient.grpc.model_config_pb2", reason=reason)
    from google.protobuf import text_format

    return text_format.Parse(path.read_text(), config.ModelConfig())


def test_an_onnx_repository_says_what_the_card_says():
    out = bundled(tiny_net.write(Path("tiny.onnx")))
    found = parse((out / CONFIG).read_text())
    assert (found["name"], found["backend"], found["max_batch_size"]) == (["tiny"], ["onnxruntime"], [32])
    assert found["input"] == [{"name": ["pixels"], "data_type": ["TYPE_FP32"], "dims": [1, 32, 32]}]
    (output,) = found["output"]
    assert output == {"name": ["logits"], "data_type": ["TYPE_FP32"], "dims": [7], "label_filename": ["labels.txt"]}
    assert found["instance_group"] == [{"kind": ["KIND_AUTO"], "count": [1]}]
    assert (out / "models/tiny/labels.txt").read_text().splitlines() == list(FER2013)
    assert (out / "models/tiny/1/model.onnx").read_bytes() == Path("tiny.onnx").read_bytes()


def test_a_plans_repository_has_its_profile():
    plan = engine(Path("engines/tiny"))
    out = bundled(plan)
    found = parse((out / CONFIG).read_text())
    assert (found["backend"], found["max_batch_size"]) == (["tensorrt"], [16])
    assert found["dynamic_batching"][0]["preferred_batch_size"] == [4, 16]
    assert [warm["batch_size"] for warm in found["model_warmup"]] == [[1], [4], [16]]
    assert found["instance_group"][0]["kind"] == ["KIND_GPU"]
    assert (out / "models/tiny/1/model.plan").read_bytes() == plan.read_bytes()
    assert "sm89 alone, in a container whose TensorRT is 10.13.3.9 exactly" in (out / "README.md").read_text()


def test_tritons_own_protobuf_reads_both():
    config = protobuf(bundled(tiny_net.write(Path("tiny.onnx"))) / CONFIG)
    assert (config.name, config.max_batch_size, list(config.input[0].dims)) == ("tiny", 32, [1, 32, 32])
    assert config.input[0].data_type == config.output[0].data_type == 11  # TYPE_FP32
    assert list(config.dynamic_batching.preferred_batch_size) == [8, 32]
    assert [warm.batch_size for warm in config.model_warmup] == [1, 8, 32]
    assert config.model_warmup[0].inputs["pixels"].random_data
    config = protobuf(make_bundle(engine(Path("e")), Target.TRITON, Path("plan")).path / CONFIG)
    assert (config.backend, config.instance_group[0].kind) == ("tensorrt", 1)  # KIND_GPU
    assert config.default_model_filename == "model.plan"


def test_one_face_at_a_time_has_no_batcher():
    found = parse((bundled(tiny_net.write(Path("tiny.onnx")), (1, 1, 1)) / CONFIG).read_text())
    assert "dynamic_batching" not in found
    assert [warm["batch_size"] for warm in found["model_warmup"]] == [[1]]


@pytest.mark.parametrize(
    ("facts", "what", "fix"),
    [
        ({"flavour": "tensorrt_rtx", "version": "1.7.1.116"}, "no backend for", "--flavour tensorrt"),
        ({"stripped": True}, "without its weights", "build-engine e/model.onnx --precision fp16 --flavour tensorrt"),
        ({"version_compatible": True}, "lean runtime", "build-engine e/model.onnx"),
        ({"batch": (4, 4, 4)}, "from 4 on leaves out single faces", "--batch 1:4:4"),
        ({"tools": {"torch_tensorrt": "2.14"}}, "torch-tensorrt", "build-engine MODEL"),
    ],
)
def test_engines_that_triton_cannot_serve_are_refused_with_the_line_that_builds_another(facts, what, fix):
    with pytest.raises(BuildError) as refused:
        bundled(engine(Path("e"), **facts))
    assert what in refused.value.what
    assert fix in refused.value.fix
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"precision": Precision.BF16}, "is bf16, which ONNX Runtime"),
        ({"precision": Precision.FP8}, "is fp8"),
        ({"precision": Precision.INT8, "tools": {"mixed": "int8+fp16"}}, "mixes int8"),
    ],
)
def test_onnx_files_that_onnx_runtime_gets_wrong_are_refused(changes, what):
    with pytest.raises(BuildError, match=what):
        bundled(quantised(Path("tiny.onnx"), **changes))
    with pytest.raises(BuildError, match="name a range from 1 on: --batch 1:8:8"):
        bundled(tiny_net.write(Path("plain.onnx")), (2, 4, 8))


@pytest.mark.parametrize("change", ["damaged", "other", "labels"])
def test_a_repository_that_does_not_say_what_was_meant_is_not_kept(change):
    model = tiny_net.write(Path("tiny.onnx"))
    out = bundled(model)
    path = out / CONFIG
    if change == "labels":
        (out / "models/tiny/labels.txt").write_text("anger\n")
    else:
        text = path.read_text()
        path.write_text(text + "{" if change == "damaged" else text.replace("[ 1, 32, 32 ]", "[ 32, 32, 1 ]", 1))
    with material_of(model) as material, pytest.raises(ArtifactError):
        check_triton(material, out)


# The part of Triton's model_config.proto that is written: fields, and the message of those that hold one.
FIELDS = {
    "ModelConfig": {
        "name": "", "backend": "", "max_batch_size": "", "default_model_filename": "", "input": "ModelInput",
        "output": "ModelOutput", "instance_group": "ModelInstanceGroup", "dynamic_batching": "ModelDynamicBatching",
        "model_warmup": "ModelWarmup",
    },
    "ModelInput": {"name": "", "data_type": "", "dims": ""},
    "ModelOutput": {"name": "", "data_type": "", "dims": "", "label_filename": ""},
    "ModelInstanceGroup": {"kind": "", "count": ""},
    "ModelDynamicBatching": {"preferred_batch_size": "", "max_queue_delay_microseconds": ""},
    "ModelWarmup": {"name": "", "batch_size": "", "inputs": "InputsEntry"},
    "InputsEntry": {"key": "", "value": "Input"},
    "Input": {"data_type": "", "dims": "", "random_data": ""},
}  # fmt: skip


def test_every_field_is_one_of_tritons():
    def check(message, kind):
        assert set(message) <= set(FIELDS[kind])
        for name, values in message.items():
            if inner := FIELDS[kind][name]:
                for value in values:
                    check(value, inner)

    for model in (tiny_net.write(Path("tiny.onnx")), engine(Path("e"))):
        check(parse((bundled(model) / CONFIG).read_text()), "ModelConfig")
