from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgefer.bundle.deepstream import check_deepstream
from edgefer.bundle.make import make_bundle
from edgefer.bundle.material import material_of
from edgefer.bundle.target import Target
from edgefer.card import InputSpec, Precision
from edgefer.errors import ArtifactError, BuildError
from edgefer.runtime.onnx import OnnxSession, open_graph
from edgefer.runtime.session import softmax
from tests import tiny_net
from tests.bundle.made import engine, quantised

CONFIG = "config_infer_tiny.txt"


def bundled(model: Path, batch=None) -> Path:
    return make_bundle(model, Target.DEEPSTREAM, Path("out"), batch).path


def read(out: Path) -> dict[str, str]:
    reader = configparser.ConfigParser(interpolation=None)
    reader.read(out / CONFIG)
    return dict(reader["property"])


def test_pixels_go_in_as_they_are_and_probabilities_come_out():
    model = tiny_net.write(Path("tiny.onnx"))
    out = bundled(model, (1, 8, 16))
    found = read(out)
    assert (found["net-scale-factor"], found["offsets"], found["model-color-format"]) == ("1", "0", "2")
    assert (found["process-mode"], found["network-type"], found["batch-size"]) == ("2", "1", "16")
    assert (found["infer-dims"], found["output-blob-names"]) == ("1;32;32", "probabilities")
    faces = np.random.default_rng(0).integers(0, 256, (3, 1, 32, 32)).astype(np.float32)
    # What nvinfer feeds: factor * (pixel - offset).
    fed = np.float32(found["net-scale-factor"]) * (faces - np.float32(found["offsets"]))
    (probabilities,) = open_graph(out / found["onnx-file"]).run([found["output-blob-names"]], {"pixels": fed})
    with OnnxSession(model) as session:
        np.testing.assert_allclose(probabilities, softmax(session.infer(faces)), atol=1e-6)


def test_labels_stand_in_one_line_as_nvinfer_splits_them():
    out = bundled(tiny_net.write(Path("tiny.onnx")))
    lines = (out / read(out)["labelfile-path"]).read_text().split("\n")
    assert [line.split(";") for line in lines if line] == [list(tiny_net.card().labels)]


@pytest.mark.parametrize(("precision", "mode"), [(Precision.FP32, "0"), (Precision.FP16, "2"), (Precision.INT8, "1")])
def test_the_mode_is_that_of_the_precision(precision, mode):
    assert read(bundled(quantised(Path("tiny.onnx"), precision=precision)))["network-mode"] == mode


@pytest.mark.parametrize("precision", [Precision.BF16, Precision.FP8])
def test_a_precision_without_a_mode_is_refused(precision):
    with pytest.raises(BuildError, match="no network-mode for"):
        bundled(quantised(Path("tiny.onnx"), precision=precision))


def test_colour_has_its_own_format():
    import onnx
    from onnx import numpy_helper

    made = tiny_net.model()
    made.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 3
    for item in made.graph.initializer:
        if item.name == "stem.weight":
            item.CopyFrom(numpy_helper.from_array(np.ones((16, 3, 3, 3), np.float32), "stem.weight"))
    onnx.checker.check_model(made, full_check=True)
    spec = InputSpec(height=32, width=32, channels=3, colour="rgb", mean=(0.5,) * 3, std=(0.2,) * 3, crop_margin=0.1)
    out = bundled(tiny_net.write(Path("rgb.onnx"), made, tiny_net.card(input=spec)))
    assert (read(out)["model-color-format"], read(out)["offsets"]) == ("0", "0;0;0")
    assert "widened by 10%" in (out / "README.md").read_text()


def test_an_engine_gives_logits_and_its_onnx_file_is_named_instead():
    with pytest.raises(BuildError, match=r"gives logits.*edgefer bundle e/model\.onnx --for deepstream"):
        bundled(engine(Path("e")))


def test_the_plan_that_the_configuration_names_is_the_one_that_the_script_builds(tmp_path):
    out = bundled(tiny_net.write(Path("tiny.onnx")))
    tool = tmp_path / "trtexec"
    tool.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    tool.chmod(0o755)
    done = subprocess.run([out / "build_engine.sh"], env={"PATH": "/usr/bin:/bin", "TRTEXEC": str(tool)}, capture_output=True, text=True)  # fmt: skip
    words = done.stdout.split()
    assert f"--saveEngine={read(out)['model-engine-file']}" in words
    assert {"--stronglyTyped", "--maxShapes=pixels:32x1x32x32"} <= set(words)


@pytest.mark.parametrize("change", ["damaged", "other", "labels"])
def test_a_configuration_that_does_not_say_what_was_meant_is_not_kept(change):
    model = tiny_net.write(Path("tiny.onnx"))
    out = bundled(model)
    path = out / CONFIG
    if change == "labels":
        (out / "labels.txt").write_text("\n".join(tiny_net.card().labels))
    else:
        text = path.read_text()
        path.write_text("no section" if change == "damaged" else text.replace("factor=1", "factor=0.0039"))
    with material_of(model) as material, pytest.raises(ArtifactError):
        check_deepstream(material, out)
