"""A real network, compiled by a fake of torch-tensorrt with its real parameters, becomes an engine's row."""

from __future__ import annotations

import sys

import pytest

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.rows import onnx_row, torch_row
from edgefer.benchmark.torch_tensorrt import RUNTIME, with_torch_tensorrt
from edgefer.card import Precision
from edgefer.engine import torch_compiler
from tests import fake_gpu, fake_torch_tensorrt, nets


@pytest.fixture
def compiler(monkeypatch):
    fake_gpu.install(monkeypatch, version="11.4.0.106", driver=fake_gpu.RTX4090)
    module = fake_torch_tensorrt.module("2.13.0", "11.4.0.106")
    versions = {"torch": "2.13.0+cu130", "torch-tensorrt": "2.13.0"}
    monkeypatch.setattr(torch_compiler, "version", versions.__getitem__)
    monkeypatch.setattr(torch_compiler, "_DEVICE", "cpu")
    monkeypatch.setitem(sys.modules, "torch_tensorrt", module)
    return module


@pytest.fixture
def rows(tmp_path):
    nets.write_checkpoint(tmp_path / "s.safetensors")
    nets.write_onnx(tmp_path / "s.onnx")
    both = [torch_row(tmp_path / "s.safetensors", 1, Role.STUDENT), onnx_row(tmp_path / "s.onnx", 1, Role.STUDENT)]
    return [both[0].model_copy(update={"model": "big (teacher)", "role": Role.TEACHER}), *both]


def test_each_student_gets_an_engine_and_the_teacher_none(compiler, rows, tmp_path):
    found = with_torch_tensorrt(rows, tmp_path)
    assert found[:3] == rows
    (made,) = found[3:]
    assert (made.model, made.runtime, made.kind, made.why) == ("tiny", RUNTIME, Kind.ENGINE, "")
    assert made.card.precision is Precision.FP16
    assert len(compiler.calls) == 1


def test_what_cannot_be_built_keeps_its_row(compiler, rows, tmp_path):
    compiler.broken = RuntimeError("unsupported")
    made = with_torch_tensorrt(rows, tmp_path)[-1]
    assert made.runtime == RUNTIME
    assert "unsupported" in made.why


def test_a_student_without_an_onnx_file_is_passed_over(rows, tmp_path):
    alone = [rows[1]]
    assert with_torch_tensorrt(alone, tmp_path) == alone
    broken = Candidate(model="tiny", runtime="ONNX Runtime FP32", kind=Kind.ONNXRUNTIME, target="", why="damaged")
    assert with_torch_tensorrt([rows[1], broken], tmp_path) == [rows[1], broken]
