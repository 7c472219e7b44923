"""The page, the section and the Markdown of a benchmark, from records made by hand."""

from __future__ import annotations

import html
import re

import pytest

from edgefer.benchmark.candidate import Role
from edgefer.benchmark.figures import Sizes
from edgefer.benchmark.result import BenchmarkResult
from edgefer.report import benchmark, benchmark_markdown, page
from tests.benchmark import results


@pytest.fixture
def undrawn(monkeypatch):
    """Figures without their pictures, which take long to draw."""

    def figure(draw, caption, alternative):
        return page.Html(f'<figure><img alt="{html.escape(alternative)}">{html.escape(caption)}</figure>')

    monkeypatch.setattr(page, "figure", figure)


def said(*sections):
    """The words of sections, without tags and pictures, and their HTML without pictures."""
    text = re.sub(r"data:image/png;base64,[\w+/=]+", "", page.render("t", "", sections))
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)), html.unescape(text)


def test_a_section_has_every_row_every_table_and_its_notes(undrawn):
    words, text = said(benchmark.section(results.result()))
    assert text.count("<figure>") == 2
    assert words.count("needs an NVIDIA GPU & a driver") == 1
    assert "Test CPU <1>" in words
    assert "Fastest: small, ONNX Runtime FP32, 0.160 ms" in words
    assert "165x (148-182)" in words
    assert "6,250" in words
    assert "note" not in words


def test_accuracies_on_different_faces_are_not_drawn_on_one_axis(undrawn):
    one, two = results.row("a", "r", 1.0, accuracy=0.5), results.row("b", "r", 2.0, accuracy=0.6)
    assert "Accuracy against latency" in said(benchmark.section(results.result([one, two])))[0]
    measured = two.card.measured[0].model_copy(update={"split": "PrivateTest"})
    two = two.model_copy(update={"card": two.card.but(measured=(measured,))})
    assert "Accuracy against latency" not in said(benchmark.section(results.result([one, two])))[0]
    three = results.row("c", "r", 2.0, accuracy=0.7)
    text = said(benchmark.section(results.result([one, two, three])))[1]
    assert "c, r 70.0%" in text
    assert "b, r 60.0%" not in text


def test_an_accuracy_that_int8_inherits_is_no_point_of_the_figure(undrawn):
    rows = [results.row("a", "r", 1.0, accuracy=0.5), results.row("b", "r", 2.0, accuracy=0.6, backend="torch cpu")]
    assert "b, r 60.0%, 2.00 ms" in said(benchmark.section(results.result(rows)))[1]
    rows[1] = rows[1].model_copy(update={"card": rows[1].card.but(precision="int8")})
    rows.append(results.row("c", "r", 3.0, accuracy=0.4))
    text = said(benchmark.section(results.result(rows)))[1]
    assert "c, r 40.0%, 3.00 ms" in text
    assert "b, r 60.0%" not in text


def test_a_benchmark_in_which_nothing_ran_is_still_a_section_and_a_page(undrawn):
    only = [row for row in results.result().rows if row.why]
    words, text = said(benchmark.section(results.result(only)))
    assert "<figure>" not in text
    assert "needs an NVIDIA GPU" in words
    assert "needs an NVIDIA GPU" in said(*benchmark.sections(results.result(only)))[0]


def test_the_page_has_verdicts_first_and_the_machine_last(undrawn):
    made = results.full()
    titles = [section.title for section in benchmark.sections(made)]
    assert titles == [
        "Verdicts", "Accuracy against latency", "Latency", "Throughput", "Size and memory", "Accuracy", "Start",
        "Energy", "Machine and protocol",
    ]  # fmt: skip
    words, text = said(*benchmark.sections(made))
    assert "Ship small in FP16: 264 times the teacher's speed." in words
    # The trade-off, latency, histograms, the sweep, memory.
    assert text.count("<figure>") == 5
    assert "load average before, after" in words
    assert "onnxruntime 1.31" in words


def test_every_figure_is_told_in_words(undrawn):
    text = said(*benchmark.sections(results.full()))[1]
    alternatives = re.findall(r'alt="([^"]*)"', text)
    assert len(alternatives) == 5
    tradeoff, latency, calls, sweep, memory = alternatives
    assert "small, TensorRT-RTX FP16 86.0%, 0.100 ms, 50 MB" in tradeoff
    assert "Not beaten: small, TensorRT-RTX FP16, big, PyTorch FP32 on GPU" in tradeoff
    assert "big, PyTorch FP32 on GPU 26.40 ms" in latency
    assert "small, TensorRT-RTX FP16: from 0.080 to 0.120 ms, 10 above" in calls
    assert "small, TensorRT-RTX FP16: 10,000 at batch 1, 16,000 at batch 32" in sweep
    assert "small, TensorRT-RTX FP16: weights 1.14 MB, activations 2.50 MB, RSS 60 MB, GPU 50 MB" in memory


@pytest.mark.parametrize(
    ("method", "bytes_of"), [("GPU", {"RSS": 1, "GPU": 2, "torch allocated": 3}), ("RSS", {"RSS": 1})]
)
def test_bubbles_are_the_memory_that_all_rows_have_the_gpus_first(method, bytes_of, undrawn):
    rows = [results.row(name, "r", 1.0, accuracy=0.5) for name in "ab"]
    rows = [results.memory_of(row, {name: size * 10**8 for name, size in bytes_of.items()}) for row in rows]
    text = said(*benchmark.sections(results.result(rows)))[0]
    assert f"the memory that the model adds to its process ({method})" in text


def test_without_a_common_memory_figure_there_are_dots(undrawn):
    rows = [results.memory_of(results.row("a", "r", 1.0, accuracy=0.5), {}), results.row("b", "r", 1.0, accuracy=0.6)]
    text = said(*benchmark.sections(results.result(rows)))[0]
    assert "Accuracy against latency" in text
    assert "bubble" not in text


def test_one_batch_size_is_no_sweep_and_a_row_without_memory_has_no_bars(undrawn):
    made = results.row("a", "r", 1.0)
    made = results.memory_of(made, {}).model_copy(update={"cells": results.memory_of(made, {}).cells[:1]})
    text = said(*benchmark.sections(results.result([made])))[1]
    assert "Faces a second against" not in text
    assert "Memory at batch" not in text
    sized = made.model_copy(update={"sizes": Sizes(weights_bytes=3_000_000)})
    assert "a, r: weights 3.00 MB" in said(*benchmark.sections(results.result([sized])))[1]


def test_record_page_and_markdown_are_written_side_by_side(tmp_path):
    made = results.full()
    written = benchmark.write(tmp_path / "out", made)
    assert [path.name for path in written] == ["benchmark.json", "benchmark.html", "benchmark.md"]
    assert BenchmarkResult.from_json(written[0].read_bytes(), "it") == made
    assert "<title>Benchmark</title>" in written[1].read_text()
    assert "Measured on Test CPU &lt;1&gt; on 2026-11-21" in written[1].read_text()
    assert written[2].read_text() == benchmark_markdown.render(made)


def test_markdown_has_the_tables_of_the_terminal():
    text = benchmark_markdown.render(results.full())
    assert text.startswith("# Benchmark of 2026-11-21\n")
    assert "\n- Ship small in FP16: 264 times the teacher's speed.\n" in text
    assert "| small | TensorRT-RTX FP16 | 0.100 (0.098-0.104) | 0.090 |" in text
    assert "| small | TensorRT-RTX FP16 | 10,000 | 16,000 |" in text
    assert "| libraries | onnxruntime 1.31 |" in text
    assert "\n- enqueue: the time the CPU takes" in text
    assert "Test CPU \\<1\\>" in text


def test_every_line_of_a_markdown_table_has_all_its_cells():
    rows = [*results.result().rows, results.row("a|b", "r", 1.0, Role.STUDENT)]
    text = benchmark_markdown.render(results.result(rows))
    assert "a\\|b" in text
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, block
    assert "| small | TensorRT-RTX INT8 | needs an NVIDIA GPU & a driver |  |" in text
