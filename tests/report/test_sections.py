from __future__ import annotations

import html
import re

import numpy as np

from edgefer.emotions import FER2013
from edgefer.evaluate.evaluate import Evaluation
from edgefer.report import benchmark, evaluation, page, training
from tests.benchmark import results


def said(section):
    """The words of a section, without tags and pictures."""
    text = re.sub(r"data:image/png;base64,[\w+/=]+", "", page.render("t", "", [section]))
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)), text


def test_an_evaluation_has_its_figures_and_names_its_commonest_mistake():
    counts = 10 * np.eye(7, dtype=np.int64)
    counts[FER2013.index("fear"), FER2013.index("sad")] = 7
    counts[FER2013.index("disgust")] = 0
    words, text = said(
        evaluation.section(Evaluation("small", "onnxruntime cpu", "demo", "PublicTest", "h", FER2013, counts, 0.5))
    )
    assert "89.6%" in words
    assert "small (onnxruntime cpu) on demo PublicTest" in words
    assert "7 faces of fear were called sad" in words
    assert text.count("<tr>") == 8
    assert re.search(r"disgust\s+0\s+-\s+-\s+-", words)


def test_a_faultless_evaluation_has_no_mistake():
    words, _ = said(evaluation.section(Evaluation("m", "b", "d", "s", "h", FER2013, np.eye(7, dtype=np.int64), 0.0)))
    assert "No face was given a wrong label" in words


def test_a_benchmark_has_every_row_every_figure_and_its_notes():
    words, text = said(benchmark.section(results.result()))
    assert text.count("<figure>") == 3
    assert text.count("TensorRT-RTX INT8") == 3
    assert words.count("needs an NVIDIA GPU & a driver") == 2
    assert "Test CPU <1>" in words
    assert "Fastest: small, ONNX Runtime FP32, 0.160 ms" in words
    assert "165x (148-182)" in words


def test_accuracies_on_different_faces_are_not_drawn_on_one_axis():
    one, two = results.row("a", "r", 1.0, accuracy=0.5), results.row("b", "r", 2.0, accuracy=0.6)
    assert "Accuracy against latency" in said(benchmark.section(results.result([one, two])))[0]
    measured = two.card.measured[0].model_copy(update={"split": "PrivateTest"})
    two = two.model_copy(update={"card": two.card.but(measured=(measured,))})
    assert "Accuracy against latency" not in said(benchmark.section(results.result([one, two])))[0]


def test_an_accuracy_that_int8_inherits_is_no_point_of_the_figure():
    rows = [results.row("a", "r", 1.0, accuracy=0.5), results.row("b", "r", 2.0, accuracy=0.6, backend="torch cpu")]
    assert "b, r 60.0%, 2.00 ms" in said(benchmark.section(results.result(rows)))[1]
    rows[1] = rows[1].model_copy(update={"card": rows[1].card.but(precision="int8")})
    rows.append(results.row("c", "r", 3.0, accuracy=0.4))
    words = said(benchmark.section(results.result(rows)))[1]
    assert "c, r 40.0%, 3.00 ms" in words
    assert "b, r 60.0%" not in words


def test_a_benchmark_in_which_nothing_ran_is_still_a_section():
    only = [row for row in results.result().rows if row.why]
    words, text = said(benchmark.section(results.result(only)))
    assert "<figure>" not in text
    assert "needs an NVIDIA GPU" in words


def test_training_runs_have_a_line_each():
    epochs = [
        {"epoch": n, "accuracy": a, "loss": 1.0, "learning_rate": 0.1, "seconds": 2.0}
        for n, a in ((1, 0.5), (2, 0.8), (3, 0.7))
    ]
    words, text = said(training.section({"teacher": epochs, "student": epochs[:1]}))
    assert re.search(r"teacher\s+3\s+80\.0\s+2\s+6", words)
    assert re.search(r"student\s+1\s+50\.0\s+1\s+2", words)
    assert text.count("<figure>") == 1
