from __future__ import annotations

from edgefer.benchmark.candidate import Kind, Role
from edgefer.benchmark.table import WIDTH, render_table
from edgefer.card import Passport
from tests.benchmark import results


def line(text, *parts):
    """The first line that holds all parts."""
    return next(line for line in text.splitlines() if all(part in line for part in parts))


def table(text, title):
    """The lines under one title."""
    return text[text.index(title) :].split("\n\n")[0]


def test_a_row_that_did_not_run_says_why_once():
    text = render_table(results.result())
    assert text.count("needs an NVIDIA GPU & a driver") == 1
    assert "needs an NVIDIA GPU & a driver" in line(text, "TensorRT-RTX INT8")


def test_figures_of_a_row():
    text = render_table(results.result())
    fast = line(text, "small", "ONNX Runtime FP32")
    assert fast.split()[4:9] == ["0.160", "0.144", "0.176", "0.192", "0.240"]
    ratios = line(table(text, "Times as fast as the teacher with 1 face"), "small", "FP32")
    assert ratios.endswith("165x (148-182)        41.2x (37.1-45.4)")
    assert line(text, "median").split()[2:7] == ["median", "min", "p90", "p95", "p99"]
    assert "teacher in PyTorch  teacher in ONNX Runtime" in text


def test_the_median_has_its_interval_where_there_is_one():
    assert "0.100 (0.098-0.104)" in line(render_table(results.full()), "small")
    assert "(" not in table(render_table(results.result([results.row("a", "r", 1.0)])), "Latency").partition("\n")[2]


def test_a_teacher_is_once_as_fast_as_itself():
    rows = table(render_table(results.result()), "Times as fast")
    assert line(rows, "big", "PyTorch FP32").split()[3] == "1x"
    assert line(rows, "big", "ONNX Runtime FP32").endswith(" 1x")
    assert "TensorRT" not in rows


def test_teachers_of_one_framework_are_told_apart_by_their_precision():
    rows = [
        results.row("big", "PyTorch FP32", 26.0, Role.TEACHER),
        results.row("big", "PyTorch FP16", 13.0, Role.TEACHER),
        results.row("s", "r", 1.0, over=[("big, PyTorch FP32", 26.0), ("big, PyTorch FP16", 13.0)]),
    ]
    text = render_table(results.result(rows))
    assert "teacher in PyTorch FP32  teacher in PyTorch FP16" in text


def test_throughput_is_a_table_of_its_own_by_batch():
    rows = table(render_table(results.result()), "Throughput")
    assert line(rows, "model").split() == ["model", "runtime", "batch", "1", "batch", "32"]
    assert line(rows, "small", "FP32").split()[-2:] == ["6,250", "10,000"]
    assert "TensorRT" not in rows


def test_parts_of_a_call_on_the_gpu():
    rows = table(render_table(results.full()), "Parts of a call with 1 face")
    assert line(rows, "model").split()[2:] == ["H2D", "GPU", "compute", "D2H", "together", "enqueue"]
    assert line(rows, "small").split()[-5:] == ["0.011", "0.062", "0.007", "0.081", "0.021"]
    assert "big" not in rows


def test_sizes():
    rows = table(render_table(results.full()), "Size, MB")
    assert rows.splitlines()[1].split()[2:] == ["parameters", "file", "weights", "activations"]
    assert line(rows, "small").split()[-4:] == ["5,000", "2.29", "1.14", "2.50"]
    assert line(rows, "big").split()[-4:] == ["5,000", "2.29", "-", "-"]


def test_memory_by_method_less_what_was_there_before():
    text = render_table(results.full())
    rows = table(text, "Memory that")
    heads = "RSS, batch 1 RSS, batch 32 GPU, batch 1 GPU, batch 32 torch allocated, batch 1 torch allocated, batch 32"
    assert " ".join(rows.splitlines()[1].split()).endswith(heads)
    assert line(rows, "small").split()[3:] == ["60", "50", "50", "-", "-", "-"]
    # torch counts from nothing, whatever its runtime's import took.
    assert line(rows, "big").split()[-2:] == ["330", "330"]
    assert "torch allocated: the most that PyTorch's tensors took" in text


def test_the_whole_gpus_memory_stands_in_where_the_processs_own_share_is_not_to_be_had():
    bare = results.memory_of(results.row("a", "r", 1.0), {"RSS": 150_000_000, "GPU device": 9_000_000})
    assert "GPU device, batch 1" in render_table(results.result([bare]))
    own = results.memory_of(results.row("b", "r", 1.0), {"RSS": 150_000_000, "GPU": 7_000_000, "PSS": 1})
    text = render_table(results.result([bare, own]))
    assert "GPU, batch 1" in text
    assert "GPU device" not in text
    assert "PSS" not in text


def test_start_has_the_compiling_apart():
    rows = table(render_table(results.full()), "Cold start")
    assert line(rows, "small").split()[-6:] == ["0.050", "0.50", "0.25", "0.20", "0.013", "0.81"]
    assert line(rows, "big").split()[-6:] == ["-", "0.50", "0.25", "-", "0.013", "0.76"]


def test_energy_above_idle():
    text = render_table(results.full())
    rows = table(text, "Energy a face")
    # 12 J over 4,000 faces is 3 mJ; at rest the board would have drawn 7 of them.
    assert line(rows, "small").split()[-3:] == ["3", "1.25", "6.0"]
    assert "note: energy: NVML, the board" in text


def test_accuracy_and_the_worst_emotion():
    rows = table(render_table(results.full()), "How well each labels")
    assert "fear 48.4" in line(rows, "small")
    assert " - " in line(rows, "big")
    assert "demo PublicTest" in line(rows, "small")


def test_setup_is_shown_where_it_differs():
    text = render_table(results.full())
    rows = table(text, "How each was run")
    assert line(rows, "model").split()[2:] == ["CUDA", "graph", "transfers"]
    assert line(rows, "small").split()[-2:] == ["yes", "yes"]
    assert line(rows, "big").split()[-2:] == ["no", "no"]
    assert "every row: device cuda:0, threads 2" in " ".join(text.split())


def test_a_setup_that_all_share_is_no_table():
    assert "How each was run" not in render_table(results.result())


def test_columns_that_no_row_has_are_left_out():
    text = render_table(results.result())
    for head in (
        "activations",
        "weights",
        "GPU compute",
        "of it compiling",
        "Energy",
        "worst emotion",
        "torch allocated",
    ):
        assert head not in text


def test_verdicts_are_sentences_after_the_tables():
    text = render_table(results.full())
    said = [line for line in text.splitlines() if line.startswith("verdict: ")]
    assert said == [
        "verdict: Ship small in FP16: 264 times the teacher's speed.",
        "verdict: big waits for its enqueue.",
    ]
    assert text.index("How each was run") < text.index("verdict: ") < text.index("note: ")
    assert "verdict" not in render_table(results.result())


def test_no_line_is_wider_than_a_terminal_of_140_signs():
    runtimes = (
        "PyTorch FP32", "PyTorch FP16 compiled", "ONNX Runtime FP32", "ONNX Runtime FP32, 1 thread",
        "ONNX Runtime INT8, 1 thread", "TensorRT-RTX INT8, CUDA graph",
    )  # fmt: skip
    teachers = [results.row("resemotenet (teacher)", name, 26.0, Role.TEACHER) for name in runtimes[:3]]
    over = [(row.name, 20.0) for row in teachers]
    rows = [*teachers, *(results.row("mini-resemotenet-c", name, 1.0, over=over) for name in runtimes)]
    rows.append(
        rows[-1].model_copy(
            update={
                "candidate": rows[-1].candidate.model_copy(update={"model": "refused"}),
                "cells": (),
                "why": "this engine " * 30,
            }
        )
    )
    methods = dict.fromkeys(("RSS", "GPU", "torch allocated", "jtop GPU"), 150000000)
    text = render_table(results.result([results.memory_of(row, methods) for row in rows]))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.count("teacher in ONNX Runtime") == 1
    # Columns that do not fit go on below, under the same names.
    memory = text[text.index("Memory that") :]
    first, second = (memory.split("\n\n")[place].splitlines() for place in (0, 1))
    assert [line.split("  ")[0] for line in first[2:]] == [line.split("  ")[0] for line in second[1:]]
    assert "jtop GPU, batch 32" in second[0]
    assert "jtop GPU, batch 32" not in first[1]
    assert text.count("this engine") == 30


def test_accuracies_from_different_faces_are_named_each():
    one, two = results.row("a", "r", 1.0, accuracy=0.5), results.row("b", "r", 2.0, accuracy=0.6)
    measured = two.card.measured[0].model_copy(update={"split": "PrivateTest"})
    two = two.model_copy(update={"card": two.card.but(measured=(measured,))})
    rows = table(render_table(results.result([one, two])), "How well each labels")
    assert "demo PublicTest" in line(rows, "50.0")
    assert "demo PrivateTest" in line(rows, "60.0")


def test_an_accuracy_that_was_not_measured_on_the_file_itself_is_marked():
    rows = [results.row("a", "r", 1.0, accuracy=0.5, backend="torch cpu"), results.row("b", "r", 2.0, accuracy=0.6)]
    text = render_table(results.result(rows))
    assert "torch cpu *" in line(text, "50.0")
    assert "*" not in line(text, "60.0")
    assert "* measured on the network that this file was made from" in text


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
    assert "onnxruntime cpu, before compiling" in line(text, "48.0")
    assert " *" not in text
    assert "before compiling: accuracy of the very ONNX file" in text
    assert "before compiling" not in render_table(results.result())


def test_when_nothing_ran_the_reasons_stand_alone():
    only = [row for row in results.result().rows if row.why]
    text = render_table(results.result(only))
    assert "needs an NVIDIA GPU & a driver" in line(text, "TensorRT")
    assert "Throughput" not in text
