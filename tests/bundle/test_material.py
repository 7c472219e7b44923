from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.bundle.material import find_model, material_of
from edgefer.errors import ArtifactError, UntrustedError, UsageError
from edgefer.evaluate.agreement import Agreement
from edgefer.export.checkpoint import Exported
from edgefer.runtime.find import DEFAULT, shipped_students
from tests import tiny_net
from tests.bundle.made import engine


def test_an_onnx_file_brings_its_card_its_tensors_and_the_default_range():
    with material_of(tiny_net.write(Path("tiny.onnx"))) as material:
        assert (material.card.name, material.plan) == ("tiny", None)
        assert material.tensors == ("pixels", "logits")
        assert material.batch == (1, 8, 32)
        assert material.shape(8) == "8x1x32x32"


def test_a_checkpoint_is_exported_for_the_time_being(monkeypatch):
    # The export itself has tests of its own, and takes a while.
    def export(checkpoint: Path, out: Path) -> Exported:
        assert checkpoint == Path("best.safetensors")
        return Exported(tiny_net.write(out), tiny_net.card(), Agreement(1, 1.0, 0.0, 0.0))

    monkeypatch.setattr("edgefer.export.checkpoint.export_checkpoint", export)
    Path("best.safetensors").write_bytes(b"weights")
    with material_of(Path("best.safetensors"), (1, 2, 4)) as material:
        assert material.onnx.is_file()
        assert material.batch == (1, 2, 4)
    assert not material.onnx.exists()


def test_an_engine_has_its_own_range_and_takes_no_other():
    plan = engine(Path("engines/tiny"))
    with material_of(plan.parent) as material:
        assert (material.plan, material.batch) == (plan, (1, 4, 16))
        assert material.onnx == plan.parent / "model.onnx"
    with pytest.raises(UsageError, match="leave --batch out"), material_of(plan, (1, 2, 4)):
        pass


def test_an_altered_plan_is_not_vouched_for():
    plan = engine(Path("e"))
    plan.write_bytes(plan.read_bytes() + b"x")
    with pytest.raises(UntrustedError, match=r"SHA-256 differs.*edgefer build-engine e/model\.onnx"), material_of(plan):
        pass


def test_an_engine_whose_onnx_file_is_another_is_refused():
    plan = engine(Path("e"))
    tiny_net.write(Path("e/model.onnx"), tiny_net.model(seed=1))
    with pytest.raises(ArtifactError, match="is not the file that the engine was built from"), material_of(plan):
        pass
    Path("e/model.onnx").unlink()
    with pytest.raises(ArtifactError, match="is not there"), material_of(plan):
        pass


def test_a_fixed_batch_and_labels_that_break_a_label_file_are_refused():
    fixed = tiny_net.write(Path("fixed.onnx"), tiny_net.model(batch=4))
    with pytest.raises(ArtifactError, match="takes 4 faces at once and no other number"), material_of(fixed):
        pass
    labels = ("a;b", *tiny_net.card().labels[1:])
    odd = tiny_net.write(Path("odd.onnx"), own_card=tiny_net.card(labels=labels))
    with pytest.raises(ArtifactError, match=r"'a;b', a label of odd\.onnx"), material_of(odd):
        pass


def test_weights_in_other_files_are_refused():
    import onnx

    tiny_net.write(Path("tiny.onnx"))
    onnx.save(onnx.load("tiny.onnx"), "outside.onnx", save_as_external_data=True, size_threshold=0)
    with pytest.raises(ArtifactError, match="keeps its weights in other files"), material_of(Path("outside.onnx")):
        pass


def test_names_paths_and_nothing():
    assert find_model(DEFAULT) == (shipped_students()[DEFAULT], "")
    assert find_model(None) == (shipped_students()[DEFAULT], "the student that edgefer ships")
    Path(DEFAULT).mkdir()
    assert find_model(DEFAULT) == (Path(DEFAULT), "")
    with pytest.raises(UsageError, match=f"did you mean '{DEFAULT}'"):
        find_model(DEFAULT.replace("best", "bset"))
