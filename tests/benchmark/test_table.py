from __future__ import annotations

from edgefer.benchmark.candidate import Kind
from edgefer.benchmark.table import notes, render_table
from edgefer.card import Passport
from tests.benchmark import results


def line(text, *parts):
    """The first line that holds all parts."""
    return next(line for line in text.splitlines() if all(part in line for part in parts))


def test_every_row_stands_in_every_table():
    text = render_table(results.result())
    assert text.count("TensorRT-RTX INT8") == 3
    assert "needs an NVIDIA GPU & a driver" in line(text, "TensorRT-RTX INT8")


def test_figures_of_a_row():
    text = render_table(results.result())
    fast = line(text, "small", "ONNX Runtime FP32")
    assert "0.160" in fast
    assert "6,250" in fast
    assert "165x (148-182)" in fast
    assert "41.2x (37.1-45.4)" in fast
    assert "vs PyTorch teacher" in text
    assert "vs ONNX Runtime teacher" in text


def test_a_teacher_is_once_as_fast_as_itself():
    assert " 1x " in line(render_table(results.result()), "big", "PyTorch FP32", "26.40")
    assert line(render_table(results.result()), "big", "ONNX Runtime FP32", "6.60").endswith(" 1x")


def test_sizes_memory_start_and_accuracy():
    text = render_table(results.result())
    small = text.splitlines().index(line(text, "parameters"))
    sizes = "\n".join(text.splitlines()[small:])
    assert "accuracy, demo PublicTest" in sizes
    assert (
        " ".join(line(sizes, "small", "FP32").split())
        == "small ONNX Runtime FP32 5,000 2.29 50 50 0.50 0.25 12.50 86.0%"
    )
    assert line(sizes, "TensorRT").split()[-6:] == ["-"] * 6


def test_accuracies_from_different_faces_are_named_each():
    one, two = results.row("a", "r", 1.0, accuracy=0.5), results.row("b", "r", 2.0, accuracy=0.6)
    measured = two.card.measured[0].model_copy(update={"split": "PrivateTest"})
    two = two.model_copy(update={"card": two.card.but(measured=(measured,))})
    text = render_table(results.result([one, two]))
    assert "50.0% demo PublicTest" in text
    assert "60.0% demo PrivateTest" in text


def test_an_accuracy_that_was_not_measured_on_the_file_itself_is_marked():
    rows = [results.row("a", "r", 1.0, accuracy=0.5, backend="torch cpu"), results.row("b", "r", 2.0, accuracy=0.6)]
    text = render_table(results.result(rows))
    assert "50.0% *" in text
    assert "60.0% *" not in text
    assert "* measured in torch cpu on the network that this file was made from" in text


def test_an_engines_accuracy_is_that_of_the_file_it_was_compiled_from():
    made = results.row("a", "TensorRT-RTX INT8", 1.0, accuracy=0.5, backend="torch cpu")
    after = made.card.measured[0].model_copy(update={"accuracy": 0.48, "backend": "onnxruntime cpu"})
    passport = Passport(
        flavour="tensorrt_rtx", version="1.7.1", targets=("sm89",), batch=(1, 8, 32), plan_sha256="", onnx_sha256="",
        before=made.card.measured[0], after=after,
    )  # fmt: skip
    candidate = made.candidate.model_copy(update={"kind": Kind.ENGINE})
    made = made.model_copy(update={"card": made.card.but(engine=passport), "candidate": candidate})
    text = render_table(results.result([made, results.row("b", "r", 2.0, accuracy=0.6)]))
    assert "48.0%" in text
    assert " *" not in text
    assert "accuracy of engines: of the very ONNX files that were compiled" in text
    assert "accuracy of engines" not in render_table(results.result())


def test_what_is_doubtful_is_said():
    text = render_table(results.result())
    assert "0.200 ~" in line(text, "small", "ONNX Runtime INT8")
    said = "\n".join(notes(results.result()))
    assert "~ unstable" in said
    assert "p99 -: fewer than 100 samples" in said
    assert "RSS" in said
    assert "busy" not in said


def test_a_stable_benchmark_raises_no_doubts():
    said = "\n".join(notes(results.result([results.row("a", "r", 1.0)])))
    assert "~" not in said
    assert "p99" not in said


def test_a_busy_machine_is_named():
    busy = results.MACHINE.model_copy(update={"other_work": 1.26})
    assert "other processes kept 1.3 of 4 cores busy" in "\n".join(notes(results.result(machine=busy)))


def test_remarks_are_said_once():
    rows = [results.row("a", "r", 1.0), results.row("b", "r", 1.0)]
    rows = [
        row.model_copy(update={"candidate": row.candidate.model_copy(update={"note": "untrained"})}) for row in rows
    ]
    said = [note for note in notes(results.result(rows)) if "untrained" in note]
    assert said == ["a, r; b, r: untrained"]
