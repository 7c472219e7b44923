from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgefer.bundle import make
from edgefer.bundle.make import make_bundle
from edgefer.bundle.sums import check_sums, read_sums
from edgefer.bundle.target import Target
from edgefer.card import Measurement, Precision
from edgefer.errors import ArtifactError, UsageError
from tests import tiny_net
from tests.bundle.made import quantised

FOLDERS = (Target.TRITON, Target.DEEPSTREAM, Target.TRTEXEC)


@pytest.mark.parametrize("target", FOLDERS)
def test_every_file_is_in_the_manifest_and_the_default_place_tells_what_it_is(target):
    made = make_bundle(tiny_net.write(Path("tiny.onnx")), target)
    assert made.path == Path(f"bundles/tiny-{target.value}")
    assert read_sums(made.path) == made.files
    check_sums(made.path)
    assert {"README.md", "card.json"} <= set(made.files)
    assert made.to_dict()["target"] == target.value


def test_a_bundle_is_replaced_and_anything_else_is_not():
    model = tiny_net.write(Path("tiny.onnx"))
    first = make_bundle(model, Target.TRTEXEC, Path("out"), (1, 2, 4))
    second = make_bundle(model, Target.TRITON, Path("out"))
    assert set(read_sums(Path("out"))) == set(second.files) != set(first.files)
    Path("out/notes").write_text("mine")
    with pytest.raises(ArtifactError, match="such as notes"):
        make_bundle(model, Target.TRITON, Path("out"))
    assert Path("out/notes").read_text() == "mine"


def test_the_model_of_a_bundle_is_not_replaced_by_one():
    made = make_bundle(tiny_net.write(Path("tiny.onnx")), Target.TRTEXEC, Path("out"))
    with pytest.raises(UsageError, match="lies in out, which would be replaced"):
        make_bundle(made.path / "model.onnx", Target.TRITON, Path("out"))
    check_sums(made.path)


def test_what_does_not_read_back_is_not_kept(monkeypatch):
    def wrong(*_):
        raise ArtifactError("not as meant")

    monkeypatch.setitem(make._RECIPES, Target.TRITON, replace(make._RECIPES[Target.TRITON], check=wrong))
    monkeypatch.setattr(make, "check_edge", wrong)
    model = tiny_net.write(Path("tiny.onnx"))
    for target, out in ((Target.TRITON, Path("out")), (Target.EDGE, Path("out.tar.gz"))):
        with pytest.raises(ArtifactError, match="not as meant"):
            make_bundle(model, target, out)
    assert [path.name for path in Path().iterdir()] == ["tiny.onnx"]


def test_the_readme_tells_accuracy_and_calibration():
    measured = Measurement(
        dataset="fer2013", split="PublicTest", faces=3589, backend="onnxruntime cpu",
        accuracy=0.681, balanced_accuracy=0.6, macro_f1=0.6, recall={},
    )  # fmt: skip
    model = quantised(
        Path("tiny.onnx"), precision=Precision.INT8, measured=(measured,), tools={"calibration": "entropy"}, left_in_float=("a", "b")
    )  # fmt: skip
    text = (make_bundle(model, Target.DEEPSTREAM, Path("out")).path / "README.md").read_text()
    assert "68.10% on fer2013 PublicTest (3,589 faces, onnxruntime cpu)" in text
    assert "ranges by entropy; 2 convolutions were left in float" in text
    assert "no other calibration is to be given" in text
