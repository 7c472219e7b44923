from __future__ import annotations

import re
import shlex

import pytest

from edgefer.benchmark.candidate import Kind
from edgefer.benchmark.figures import Cell, Setup
from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.trtexec import render_trtexec, trtexec_text
from edgefer.errors import UsageError
from tests.benchmark import measured

HOW = protocol_for((1, 8), seconds=3.0, calls=200, warm_s=0.1)
FIELDS = [
    "Throughput",
    "Latency",
    "Enqueue Time",
    "H2D Latency",
    "GPU Compute Time",
    "D2H Latency",
    "Total Host Walltime",
    "Total GPU Compute Time",
]


def engine(parts=None, setup=None, batch=1, **changes):
    row = measured.row(
        kind=Kind.ENGINE,
        device="cuda:0",
        runtime="TensorRT FP16",
        precision="fp16",
        target="engines/a b/m.engine",
        times={batch: 0.2},
        parts=parts or measured.parts(wall_s=0.5),
        **changes,
    )
    how = {"device": "cuda:0", "threads": 2, "transfers": True, **(setup or {})}
    return row.model_copy(update={"setup": Setup(**how)})


def text(row):
    return trtexec_text(row, row.cells[0], HOW)


def fields(shown):
    return dict(one.split(": ", 1) for one in shown.splitlines() if not one.startswith(("#", "*", "=", "t")))


def command(row):
    return shlex.split(text(row).splitlines()[-1])


def test_the_fields_of_trtexec_in_its_order_and_units():
    found = fields(text(engine()))
    assert list(found) == FIELDS
    assert found["Throughput"] == "400 qps"  # 200 calls in 0.5 s
    assert found["GPU Compute Time"] == (
        "min = 0.09 ms, max = 0.2 ms, mean = 0.101 ms, median = 0.1 ms, percentile(90%) = 0.11 ms, "
        "percentile(95%) = 0.12 ms, percentile(99%) = 0.15 ms"
    )
    assert found["Total Host Walltime"] == "0.5 s"
    assert found["Total GPU Compute Time"] == "0.0202 s"  # 200 calls of 0.101 ms on average
    assert "median = 0.115 ms" in found["Latency"]
    medians = [float(re.search(r"median = (\S+) ms", found[name])[1]) for name in FIELDS[2:6]]
    assert medians == [0.02, 0.01, 0.1, 0.005]


def test_our_own_time_stands_beside_as_a_remark():
    assert "# our own call, from pixels in memory to logits in memory: median = 0.2 ms" in text(engine())


def test_records_without_a_wall_time_have_that_of_the_host_s_calls():
    found = fields(text(engine(parts=measured.parts())))
    assert found["Throughput"] == "5000 qps"
    assert found["Total Host Walltime"] == "0.04 s"


def test_what_is_not_known_is_left_out():
    parts = measured.parts(wall_s=0.5).model_copy(update={"latency": None, "compute": measured.spread(0.1, samples=50)})
    found = fields(text(engine(parts=parts)))
    assert "Latency" not in found
    assert "percentile(99%)" not in found["GPU Compute Time"]
    assert "percentile(99%)" in found["D2H Latency"]


def test_a_cpu_has_throughput_and_latency_on_the_host_and_says_so():
    shown = text(measured.row())
    assert list(fields(shown)) == FIELDS[:2]
    assert fields(shown)["Throughput"] == "6250 qps"
    assert "median = 0.16 ms" in fields(shown)["Latency"]
    assert "without a GPU a call has no transfers and no queue" in shown
    assert shown.endswith("no command measures this row")


def test_a_runtime_on_a_gpu_that_tells_no_parts_says_so():
    assert "this runtime does not tell where a call's time goes" in text(measured.row(device="cuda:0"))


def test_its_warnings():
    shown = text(engine(parts=measured.parts(enqueue=0.1, wall_s=0.5)))
    assert "* the host takes 0.100 ms to queue" in shown
    assert "a CUDA graph queues it" in shown
    assert "a CUDA graph queues it" not in text(
        engine(parts=measured.parts(enqueue=0.1, wall_s=0.5), setup={"cuda_graph": True})
    )
    assert "* " not in text(engine())


@pytest.mark.parametrize(
    ("version", "flavour", "setup", "flags"),
    [
        ("10.3.0", "tensorrt", {}, []),
        ("10.3.0", "tensorrt", {"cuda_graph": True, "spin_wait": True}, ["--useCudaGraph", "--useSpinWait"]),
        ("10.3.0", "tensorrt", {"transfers": False}, ["--noDataTransfers"]),
        ("11.0.1", "tensorrt", {}, ["--noCudaGraph", "--includeDataTransfers", "--noSpinWait"]),
        ("11.0.1", "tensorrt", {"cuda_graph": True, "spin_wait": True, "transfers": False}, []),
        (
            "1.7.1",
            "tensorrt_rtx",
            {},
            ["--rtxCudaGraphStrategy=disable", "--includeDataTransfers", "--noSpinWait"],
        ),
        ("1.7.1", "tensorrt_rtx", {"cuda_graph": True}, ["--includeDataTransfers", "--noSpinWait"]),
    ],
)
def test_the_command_measures_the_same_whatever_its_version_s_defaults(version, flavour, setup, flags):
    found = command(engine(version=version, flavour=flavour, setup=setup))
    assert found == [
        "trtexec" if flavour == "tensorrt" else "tensorrt_rtx",
        "--loadEngine=engines/a b/m.engine",
        "--shapes=pixels:1x1x32x32",
        "--warmUp=100",
        "--duration=3",
        "--iterations=200",
        *flags,
    ]


def test_a_batch_that_the_engine_does_not_take_has_no_command():
    shown = text(engine(batch=8, largest=4))
    assert shown.splitlines()[-1] == "# the engine takes 4 faces at once: no command measures this row at batch 8"


def test_every_measured_row_and_batch_has_a_paragraph():
    shown = render_trtexec(measured.result(measured.row(times={1: 0.16, 8: 1.0}), engine()))
    heads = [one for one in shown.splitlines() if one.startswith("===")]
    assert heads == [
        "=== Performance summary === small, ONNX Runtime FP32, batch 1",
        "=== Performance summary === small, ONNX Runtime FP32, batch 8",
        "=== Performance summary === small, TensorRT FP16, batch 1",
    ]


def test_nothing_measured_is_one_line():
    lost = measured.row().model_copy(update={"cells": (Cell(batch=1, why="out of memory"),)})
    with pytest.raises(UsageError, match="no row of this record was measured"):
        render_trtexec(measured.result(lost))
    with pytest.raises(UsageError, match=r"was not measured at batch 1\. out of memory"):
        text(lost)
