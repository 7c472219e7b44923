from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgefer.benchmark import discover, fresh
from edgefer.benchmark.candidate import Kind, Role
from edgefer.benchmark.discover import default_models, student_rows
from edgefer.benchmark.rows import torch_row
from edgefer.card import Passport, Precision
from edgefer.errors import ArtifactError, UsageError
from edgefer.models.checkpoint import save
from edgefer.models.registry import build
from tests import tiny_net

FACES = np.zeros((4, 48, 48), np.uint8)
CARD = tiny_net.card(
    name="mini-c",
    architecture="mini-resemotenet-c",
    trimmed=False,
    input=tiny_net.SPEC.model_copy(update={"height": 48, "width": 48}),
)


def checkpoint(path, name="mini-c"):
    path.parent.mkdir(parents=True, exist_ok=True)
    card = CARD.but(name=name, provenance=CARD.provenance.model_copy(update={"teacher": "big"}))
    save(path, build("mini-resemotenet-c", channels=1, classes=7), card)
    return path


def onnx(path, name="mini-c", precision=Precision.FP32, seed=0, **changes):
    return tiny_net.write(path, tiny_net.model(seed=seed), tiny_net.card(name=name, precision=precision, **changes))


def engine(folder, name="mini-c", precision=Precision.INT8):
    folder.mkdir(parents=True)
    passport = Passport(
        flavour="tensorrt_rtx",
        version="1.7",
        targets=("sm89",),
        batch=(1, 8, 32),
        plan_sha256="0" * 64,
        onnx_sha256="0" * 64,
    )
    (folder / f"{name}.engine").write_bytes(precision.value.encode())
    (folder / "card.json").write_text(tiny_net.card(name=name, precision=precision, engine=passport).to_json())
    return folder / f"{name}.engine"


def rows(tmp_path, *models):
    workspace = tmp_path / "workspace"
    workspace.mkdir(exist_ok=True)
    return student_rows(models, FACES, workspace, 1)


def names(found):
    return [row.name for row in found]


def test_an_onnx_file_is_one_row(tmp_path):
    (row,) = rows(tmp_path, onnx(tmp_path / "a.onnx"))
    assert (row.name, row.kind, row.why) == ("mini-c, ONNX Runtime FP32", Kind.ONNXRUNTIME, "")


def test_an_engine_is_one_row_named_by_its_card(tmp_path):
    (row,) = rows(tmp_path, engine(tmp_path / "e"))
    assert (row.name, row.kind) == ("mini-c, TensorRT-RTX INT8", Kind.ENGINE)
    assert row.card.engine.batch == (1, 8, 32)


def test_a_checkpoint_is_a_row_in_torch_and_the_files_beside_it(tmp_path):
    path = checkpoint(tmp_path / "run" / "best.safetensors")
    onnx(path.with_name("fp32.onnx"))
    onnx(path.with_name("int8.onnx"), precision=Precision.INT8, seed=1, tools={"target": "cpu"})
    onnx(path.with_name("tensorrt.onnx"), precision=Precision.INT8, seed=2)
    onnx(path.with_name("another.onnx"), name="another", seed=3)
    found = rows(tmp_path, path)
    assert names(found) == ["mini-c, PyTorch FP32", "mini-c, ONNX Runtime FP32", "mini-c, ONNX Runtime INT8"]
    assert not any(row.why for row in found)


def test_a_checkpoint_alone_is_exported(tmp_path):
    torch, fp32 = rows(tmp_path, checkpoint(tmp_path / "run" / "best.safetensors"))
    assert torch.kind is Kind.TORCH
    assert Path(fp32.target).is_file()
    assert fp32.card.trimmed


def test_a_folder_is_everything_in_it_but_what_only_engines_use(tmp_path):
    folder = tmp_path / "run"
    checkpoint(folder / "best.safetensors")
    checkpoint(folder / "last.safetensors")
    onnx(folder / "mini-c.onnx")
    onnx(folder / "int8-cpu.onnx", precision=Precision.INT8, seed=6, tools={"target": "cpu"})
    engine(folder / "engines" / "int8")
    onnx(folder / "engines" / "int8" / "int8.onnx", precision=Precision.INT8, seed=1)
    onnx(folder / "engines" / "int8" / "model.onnx", precision=Precision.INT8, seed=2, tools={"mixed": "int8+fp16"})
    engine(folder / "engines" / "fp16", precision=Precision.FP16)
    onnx(folder / "engines" / "fp16" / "model.onnx", precision=Precision.FP16, seed=3)
    onnx(folder / "engines" / "bf16" / "model.onnx", precision=Precision.BF16, seed=4)
    onnx(folder / "engines" / "fp8" / "fp8.onnx", precision=Precision.FP8, seed=5)
    assert names(rows(tmp_path, folder)) == [
        "mini-c, PyTorch FP32",
        "mini-c, ONNX Runtime FP32",
        "mini-c, ONNX Runtime INT8",
        "mini-c, TensorRT-RTX FP16",
        "mini-c, TensorRT-RTX INT8",
    ]


def test_an_engines_own_file_is_measured_when_it_is_named(tmp_path):
    plan = engine(tmp_path / "e")
    own = onnx(plan.with_name("int8.onnx"), precision=Precision.INT8, seed=1)
    assert names(rows(tmp_path, own)) == ["mini-c, ONNX Runtime INT8"]


def test_runs_inside_a_run_are_left_out_but_a_folder_of_runs_is_all_of_them(tmp_path):
    for run, name in (("x", "mini-c"), ("x/teacher", "big"), ("y", "other")):
        checkpoint(tmp_path / "runs" / run / "best.safetensors", name)
        onnx(tmp_path / "runs" / run / "m.onnx", name, seed=len(run))
    assert {row.model for row in rows(tmp_path, tmp_path / "runs" / "x")} == {"mini-c"}
    assert {row.model for row in rows(tmp_path, tmp_path / "runs")} == {"mini-c", "big", "other"}


def test_an_architecture_by_name_has_fresh_weights_and_the_size_asked_for(tmp_path, monkeypatch):
    """Its export is held by the teacher's test, which is made in the same way."""
    monkeypatch.setattr(
        fresh,
        "exported_row",
        lambda path, _faces, _workspace, threads, role, note: torch_row(path, threads, role, note),
    )
    (tmp_path / "w").mkdir()
    spec = CARD.input.model_copy(update={"height": 64, "width": 64})
    found = student_rows(["mini-resemotenet-c"], FACES, tmp_path / "w", 1, spec=spec)
    assert {row.model for row in found} == {"mini-resemotenet-c"}
    assert {row.role for row in found} == {Role.STUDENT}
    assert all("untrained" in row.note and row.card.input.shape == (1, 64, 64) for row in found)


def test_a_shipped_student_by_name_is_its_checkpoint_and_its_file_alone(tmp_path, monkeypatch):
    path = checkpoint(tmp_path / "s" / "mini.safetensors")
    onnx(path.with_name("mini.onnx"))
    onnx(path.with_name("other.onnx"), name="other", seed=1)
    monkeypatch.setattr("edgefer.runtime.find._folder", lambda: path.parent)
    assert names(rows(tmp_path, "mini")) == ["mini-c, PyTorch FP32", "mini-c, ONNX Runtime FP32"]
    monkeypatch.setattr(discover, "has_torch", lambda: False)
    assert names(rows(tmp_path, "mini")) == ["mini-c, ONNX Runtime FP32"]


@pytest.mark.parametrize(("name", "near"), [("mini-resemotnet-c", "mini-resemotenet-c"), ("mimi", "mini")])
def test_a_misspelt_name_is_corrected(tmp_path, monkeypatch, name, near):
    path = onnx(tmp_path / "s" / "mini.onnx")
    monkeypatch.setattr("edgefer.runtime.find._folder", lambda: path.parent)
    with pytest.raises(UsageError, match=f"did you mean '{near}'"):
        rows(tmp_path, name)


def test_a_folder_without_models_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match="no checkpoint, ONNX file or engine"):
        rows(tmp_path, tmp_path / "empty")


def test_a_copy_of_a_file_is_not_measured_twice(tmp_path):
    first = onnx(tmp_path / "a" / "m.onnx")
    second = tmp_path / "b" / "model.onnx"
    second.parent.mkdir()
    second.write_bytes(first.read_bytes())
    assert len(rows(tmp_path, first, second)) == 1


def test_models_of_one_name_get_their_folder_and_then_their_path(tmp_path):
    one, two = onnx(tmp_path / "a" / "m.onnx"), onnx(tmp_path / "b" / "m.onnx", seed=1)
    three = onnx(tmp_path / "b" / "n.onnx", seed=2)
    found = [row.model for row in rows(tmp_path, one, two)]
    assert found == ["mini-c (a)", "mini-c (b)"]
    assert len(set(names(rows(tmp_path, one, two, three)))) == 3


@pytest.mark.parametrize("name", ["gone.onnx", "gone"])
def test_what_does_not_exist_is_an_error(tmp_path, name):
    with pytest.raises(ArtifactError, match="does not exist"):
        rows(tmp_path, tmp_path / name)


@pytest.mark.parametrize(
    ("name", "says"),
    [("bad.onnx", "not an ONNX file"), ("bad.safetensors", "not a safetensors"), ("bad.engine", "card.json")],
)
def test_a_damaged_file_keeps_its_row_and_says_why(tmp_path, name, says):
    (tmp_path / name).write_bytes(b"this is text")
    found = rows(tmp_path, tmp_path / name)
    assert says in found[0].why
    assert all(row.why for row in found)


def test_by_default_the_newest_student_and_its_engines():
    student = checkpoint(Path("runs/x/best.safetensors"))
    ours = engine(Path("engines/mini-c-int8"))
    engine(Path("engines/other-int8"), name="other")
    Path("engines/broken").mkdir()
    Path("engines/broken/x.engine").write_bytes(b"")
    models, reason = default_models()
    assert models == [student, ours.parent]
    assert "newest student" in reason


def test_candidates_travel_as_json(tmp_path):
    for row in rows(tmp_path, engine(tmp_path / "e")):
        assert type(row).model_validate(json.loads(row.model_dump_json())) == row
