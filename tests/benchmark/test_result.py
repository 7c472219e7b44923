from __future__ import annotations

import pytest
from pydantic import ValidationError

from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.benchmark.figures import Cell, Latency
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.card import Measurement, Passport, Precision
from edgefer.errors import ArtifactError

FIGURES = {
    "samples": 200,
    "min_ms": 1.0,
    "median_ms": 2.0,
    "mean_ms": 2.1,
    "p90_ms": 3.0,
    "p95_ms": 3.5,
    "p99_ms": 4.0,
    "max_ms": 5.0,
    "rounds_ms": (2.0, 2.0),
    "variation": 0.0,
}


def test_percentiles_that_fall_are_refused():
    with pytest.raises(ValidationError, match="percentiles"):
        Latency(**FIGURES | {"p90_ms": 1.5})


def test_a_cell_has_a_latency_or_a_reason():
    with pytest.raises(ValidationError, match="either"):
        Cell(batch=1)
    with pytest.raises(ValidationError, match="either"):
        Cell(batch=1, latency=Latency(**FIGURES), why="no")


def test_throughput_counts_faces_not_calls():
    assert Cell(batch=8, latency=Latency(**FIGURES)).faces_per_second == pytest.approx(8 / 0.0021)


def row(*measured):
    from tests import tiny_net

    candidate = Candidate(model="m", runtime="r", kind=Kind.ONNXRUNTIME, target="m.onnx")
    return Row(
        candidate=candidate,
        card=tiny_net.card(measured=measured),
        idle={"RSS": 100, "PSS": 90},
        cells=(Cell(batch=1, latency=Latency(**FIGURES), memory={"RSS": 170}),),
    )


def measurement(split, accuracy):
    return Measurement(
        dataset="d",
        split=split,
        faces=9,
        backend="b",
        accuracy=accuracy,
        balanced_accuracy=0.1,
        macro_f1=0.1,
        recall={},
    )


def test_memory_is_warm_minus_idle_by_one_method():
    assert row().memory_delta(1) == 70
    assert row().memory_delta(1, "PSS") is None
    assert row().memory_delta(2) is None


def test_the_accuracy_shown_is_the_last_on_publictest():
    assert row().measurement is None
    assert row(measurement("Training", 0.9)).measurement.accuracy == 0.9
    public = [measurement("PublicTest", 0.5), measurement("PublicTest", 0.6), measurement("PrivateTest", 0.7)]
    assert row(*public).measurement.accuracy == 0.6
    others = [public[1].model_copy(update=change) for change in ({"protocol": "leak-free"}, {"tta": "flip"})]
    assert row(*public, *others).measurement == public[1]


def engine_row(before, after, *measured):
    passport = Passport(
        flavour="tensorrt_rtx", version="1.7.1", targets=("sm89",), batch=(1, 8, 32), plan_sha256="", onnx_sha256="",
        before=before, after=after,
    )  # fmt: skip
    made = row(*measured)
    candidate = made.candidate.model_copy(update={"kind": Kind.ENGINE})
    return made.model_copy(update={"candidate": candidate, "card": made.card.but(engine=passport)})


def test_an_engine_shows_what_was_measured_on_the_file_that_was_compiled():
    before, after = measurement("PublicTest", 0.65), measurement("PublicTest", 0.64)
    found = engine_row(before, after, measurement("PublicTest", 0.66))
    assert found.measurement == after
    assert not found.inherited
    assert engine_row(before, after).measurement == after
    unmeasured = engine_row(None, None, measurement("PublicTest", 0.66))
    assert unmeasured.measurement.accuracy == 0.66
    assert unmeasured.inherited
    # A table compares figures of one set of faces.
    elsewhere = engine_row(before, measurement("Validation", 0.9), measurement("PublicTest", 0.66))
    assert elsewhere.measurement.accuracy == 0.66
    assert elsewhere.inherited
    # The same card beside an ONNX file says nothing about that file.
    onnx = found.model_copy(update={"candidate": row().candidate})
    assert onnx.measurement.accuracy == 0.66


@pytest.mark.parametrize(("backend", "inherited"), [("torch cuda", True), ("torch cuda, fp16", False)])
def test_half_precision_has_the_accuracy_of_the_float_network_until_its_own_is_measured(backend, inherited):
    made = row(measurement("PublicTest", 0.6).model_copy(update={"backend": backend}))
    changes = {"kind": Kind.TORCH, "precision": Precision.FP16}
    assert made.model_copy(update={"candidate": made.candidate.model_copy(update=changes)}).inherited is inherited


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 1}', "[1]", "not json"])
def test_what_is_no_record_is_refused_in_one_line(text):
    with pytest.raises(ArtifactError, match=r"old\.json is no benchmark record") as caught:
        BenchmarkResult.from_json(text, "old.json")
    assert "\n" not in str(caught.value)
