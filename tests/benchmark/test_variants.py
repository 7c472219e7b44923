from __future__ import annotations

from dataclasses import replace

import pytest

from edgefer.benchmark import variants as ways
from edgefer.benchmark.abilities import Abilities
from edgefer.benchmark.candidate import Candidate, Kind, Provider, Role
from edgefer.benchmark.variants import Wish, left_out, variants
from edgefer.card import Precision
from tests import tiny_net

NO_GPU = "no NVIDIA driver is installed"
CPU = Abilities(
    cores=2,
    gpu=NO_GPU,
    torch_gpu=NO_GPU,
    half="this processor has no fast half precision in PyTorch",
    compiler="",
    providers={Provider.CUDA: NO_GPU, Provider.TENSORRT: NO_GPU},
    torch_tensorrt=NO_GPU,
)
GPU = Abilities(
    cores=8,
    gpu="",
    torch_gpu="",
    half="",
    compiler="",
    providers={Provider.CUDA: "", Provider.TENSORRT: "without it"},
    torch_tensorrt="not installed",
)


def row(kind=Kind.TORCH, runtime="PyTorch FP32", role=Role.STUDENT, **changes):
    return Candidate(model="m", runtime=runtime, kind=kind, target="x", role=role, threads=2, **changes)


def onnx(precision=Precision.FP32, role=Role.STUDENT):
    return row(Kind.ONNXRUNTIME, "ONNX Runtime FP32", role, card=tiny_net.card(precision=precision))


def runtimes(found):
    return [one.runtime for one in found]


@pytest.mark.parametrize(
    "student", [row(), onnx(), onnx(Precision.INT8)], ids=["torch", "onnx runtime", "onnx runtime int8"]
)
def test_on_a_cpu_students_run_with_all_threads_and_with_one(student):
    found = variants(student, CPU, Wish())
    assert [(one.runtime, one.threads) for one in found] == [
        (student.runtime, 2),
        (f"{student.runtime}, 1 thread", 1),
    ]


def test_one_core_is_one_row():
    assert runtimes(variants(onnx(), replace(CPU, cores=1), Wish())) == ["ONNX Runtime FP32"]


@pytest.mark.parametrize("teacher", [row(role=Role.TEACHER), onnx(role=Role.TEACHER)])
def test_the_teacher_runs_with_all_threads(teacher):
    assert [one.threads for one in variants(teacher, CPU, Wish())] == [2]


@pytest.mark.parametrize("role", list(Role))
def test_threads_that_are_asked_for_are_those_of_every_row(role):
    found = variants(onnx(role=role), CPU, Wish(threads=(1, 4, 1)))
    assert [(one.runtime, one.threads) for one in found] == [
        ("ONNX Runtime FP32", 4),
        ("ONNX Runtime FP32, 1 thread", 1),
    ]


def test_half_precision_on_a_cpu_only_where_it_is_fast():
    found = variants(row(role=Role.TEACHER), replace(CPU, half=""), Wish())
    assert [(one.runtime, one.precision) for one in found] == [
        ("PyTorch FP32", Precision.FP32),
        ("PyTorch FP16", Precision.FP16),
    ]


@pytest.mark.parametrize(("asked", "there"), [(None, False), (True, True), (False, False)])
def test_torch_compile_on_a_cpu_only_when_asked_for(asked, there):
    found = variants(row(role=Role.TEACHER), CPU, Wish(compiled=asked))
    assert any(one.compiled for one in found) is there


def test_torch_compile_needs_a_compiler_even_when_asked_for():
    here = replace(CPU, compiler="no C++ compiler is installed")
    assert not any(one.compiled for one in variants(row(), here, Wish(compiled=True)))
    assert any("no C++ compiler" in one for one in left_out([row()], here, Wish(compiled=True)))


def test_torch_on_a_gpu_has_half_precision_compiled_and_a_graph():
    found = variants(row(), GPU, Wish())
    assert [(one.runtime, one.precision, one.compiled, one.cuda_graph) for one in found] == [
        ("PyTorch FP32", Precision.FP32, False, False),
        ("PyTorch FP16", Precision.FP16, False, False),
        ("PyTorch FP16, torch.compile", Precision.FP16, True, False),
        ("PyTorch FP16, CUDA graph", Precision.FP16, False, True),
    ]


def test_onnx_runtime_on_a_gpu_with_the_providers_that_it_has():
    found = variants(onnx(), GPU, Wish())
    assert [(one.runtime, one.provider) for one in found if one.provider is not Provider.CPU] == [
        ("ONNX Runtime FP32, CUDA", Provider.CUDA)
    ]


def test_int8_for_cpus_is_not_tried_on_a_gpu():
    assert {one.provider for one in variants(onnx(Precision.INT8), GPU, Wish())} == {Provider.CPU}


@pytest.mark.parametrize(("runs", "expected"), [(True, [False, True]), (False, [False])])
def test_an_engine_runs_with_and_without_a_graph(monkeypatch, runs, expected):
    monkeypatch.setattr(ways, "runs_here", lambda _path: runs)
    found = variants(row(Kind.ENGINE, "TensorRT FP16"), GPU, Wish())
    assert [one.cuda_graph for one in found] == expected
    assert len({one.name for one in found}) == len(found)


def test_an_engine_without_a_gpu_is_one_row_with_its_reason():
    (only,) = variants(row(Kind.ENGINE, "TensorRT FP16"), CPU, Wish())
    assert only.why == f"needs an NVIDIA GPU, and {NO_GPU}"


def test_a_row_that_cannot_run_stays_alone():
    broken = row(why="damaged")
    assert variants(broken, GPU, Wish()) == [broken]


def test_what_is_left_out_is_told_once_a_reason():
    told = left_out([row(), onnx()], CPU, Wish())
    assert len(told) == 3
    (gpu,) = (one for one in told if NO_GPU in one)
    assert "CUDA graphs" in gpu
    assert "torch-tensorrt" in gpu
    assert "TensorRT" in gpu
    assert any("FP16: this processor has no fast half" in one for one in told)
    assert any("--compile" in one for one in told)


def test_what_the_user_does_not_want_is_not_told_as_left_out():
    assert not any("compile" in one for one in left_out([row()], CPU, Wish(compiled=False)))


def test_nothing_is_left_out_of_runtimes_that_nobody_asked_for():
    assert left_out([row(Kind.ENGINE, "TensorRT FP16")], CPU, Wish()) == ()
    assert not any("PyTorch" in one for one in left_out([onnx()], CPU, Wish()))
