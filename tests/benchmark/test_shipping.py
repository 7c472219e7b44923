from __future__ import annotations

import pytest

from edgefer.benchmark.candidate import Kind, Role
from edgefer.benchmark.figures import VerdictKind
from edgefer.benchmark.shipping import shipping
from tests.benchmark import measured


def onnx(precision, median, **changes):
    return measured.row(
        runtime=f"ONNX Runtime {precision.upper()}", precision=precision, times={1: median, 32: 20 * median}, **changes
    )


def engine(precision, median, **changes):
    how = {"kind": Kind.ENGINE, "device": "cuda:0", "runtime": f"TensorRT {precision.upper()}", **changes}
    return measured.row(precision=precision, times={1: median}, **how)


def verdicts(*rows):
    return list(shipping(measured.result(*rows)))


def test_int8_slower_than_float_on_a_cpu_is_said_with_what_it_would_save_and_cost():
    found = verdicts(
        onnx("fp32", 0.16, accuracy=0.860, bytes_=2_290_000), onnx("int8", 0.20, accuracy=0.858, bytes_=890_000)
    )
    assert [one.kind for one in found] == [VerdictKind.SLOWER]
    assert found[0].text == (
        "small in ONNX Runtime with 2 threads: INT8 is slower than FP32 here, 1.25x (1.25-1.25): ship FP32; "
        "INT8 saves 1.40 MB and costs 0.2 points"
    )
    assert found[0].rows == ("small, ONNX Runtime INT8", "small, ONNX Runtime FP32")


def test_int8_faster_is_shipped_while_it_is_cheap():
    found = verdicts(onnx("fp32", 0.20, accuracy=0.860), onnx("int8", 0.16, accuracy=0.851, bytes_=890_000))
    assert [one.kind for one in found] == [VerdictKind.SHIP]
    assert "INT8 is faster than FP32 here, 1.25x" in found[0].text
    assert found[0].text.endswith("ship INT8; INT8 saves 1.40 MB and costs 0.9 points")


def test_int8_faster_and_dear_is_not():
    found = verdicts(onnx("fp32", 0.20, accuracy=0.860), onnx("int8", 0.16, accuracy=0.840))
    assert [one.kind for one in found] == [VerdictKind.SHIP]
    assert "INT8 is faster than FP32 here, 1.25x (1.25-1.25), but not free: ship FP32" in found[0].text
    assert found[0].text.endswith("costs 2.0 points")


def test_noise_shows_no_difference():
    found = verdicts(onnx("fp32", 0.16), onnx("int8", 0.20, shape=measured.NOISY))
    assert [one.kind for one in found] == [VerdictKind.SAME]
    assert "between INT8 and FP32 no difference that this run can show" in found[0].text
    assert "ship FP32" in found[0].text


def test_what_may_be_noise_is_not_shipped():
    found = verdicts(onnx("fp32", 0.20), onnx("int8", 0.16, shape=measured.NOISY))
    assert [one.kind for one in found] == [VerdictKind.SAME]
    assert "ship FP32" in found[0].text


def test_every_other_precision_is_held_against_the_one_to_ship():
    found = verdicts(engine("int8", 0.131), engine("fp32", 0.3), engine("fp16", 0.1))
    assert [(one.kind, one.rows[0]) for one in found] == [
        (VerdictKind.SHIP, "small, TensorRT FP32"),
        (VerdictKind.SLOWER, "small, TensorRT INT8"),
    ]
    assert "FP16 is faster than FP32 here, 3.00x" in found[0].text
    assert "small in TensorRT: INT8 is slower than FP16 here, 1.31x" in found[1].text
    assert all("ship FP16" in one.text for one in found)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "another"},
        {"threads": 1},
        {"device": "cuda:0"},
        {"cuda_graph": True},
        {"role": Role.TEACHER},
        {"kind": Kind.TORCH},
    ],
)
def test_rows_that_differ_in_more_than_precision_are_not_compared(other):
    assert verdicts(onnx("fp32", 0.16), onnx("int8", 0.2)) != []
    assert verdicts(onnx("fp32", 0.16), onnx("int8", 0.2, **other)) == []


@pytest.mark.parametrize(
    "other",
    [{"split": "PrivateTest"}, {"accuracy": None}, {"backend": "torch cpu"}],
    ids=["other faces", "not measured", "measured on the network that it was made from"],
)
def test_accuracy_is_compared_on_the_same_faces_of_the_same_file_alone(other):
    found = verdicts(onnx("fp32", 0.20, accuracy=0.9), onnx("int8", 0.16, **{"accuracy": 0.5, **other}))
    assert "points" not in found[0].text
    assert found[0].text.endswith("and what it costs in accuracy was not measured on the same faces (--evaluate)")
    assert "ship INT8" in found[0].text


def test_the_float_file_has_the_accuracy_of_its_network():
    found = verdicts(onnx("fp32", 0.20, accuracy=0.9, backend="torch cpu"), onnx("int8", 0.16, accuracy=0.9))
    assert found[0].text.endswith("and costs no accuracy")


def test_a_narrow_file_may_be_larger_and_better():
    found = verdicts(onnx("fp32", 0.20, accuracy=0.9, bytes_=1_000_000), onnx("int8", 0.16, accuracy=0.904))
    assert found[0].text.endswith("INT8 takes 1.29 MB more and gains 0.4 points")
