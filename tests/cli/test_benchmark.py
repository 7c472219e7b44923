from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest

from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.rows import torch_row
from edgefer.benchmark.run import benchmark_models
from edgefer.benchmark.variants import Wish
from tests import tiny_net
from tests.benchmark.test_variants import CPU
from tests.conftest import one_line

QUICK = ("--rounds", 1, "--seconds", 0.02, "--calls", 3, "--threads", 1, "--no-int8")


@pytest.fixture
def models(tmp_path):
    teacher = tiny_net.write(tmp_path / "t.onnx", tiny_net.model(seed=1), tiny_net.card(name="big"))
    return tiny_net.write(tmp_path / "s.onnx"), teacher


def test_a_table_and_its_files(cli, models, tmp_path):
    student, teacher = models
    done = cli(
        "benchmark", student, "--teacher", teacher, "--batch", 1, "--batch", 3, *QUICK, "--out", tmp_path / "out"
    )
    assert done.code == 0, done.err
    assert "batch 1  batch 3\n" in done.out
    assert "big (teacher)" in done.out
    assert "teacher in ONNX Runtime" in done.out
    record = BenchmarkResult.from_json((tmp_path / "out" / "benchmark.json").read_bytes(), "it")
    assert record.protocol.batches == (1, 3)
    assert "big (teacher)" in (tmp_path / "out" / "benchmark.html").read_text()
    assert "big (teacher)" in (tmp_path / "out" / "benchmark.md").read_text()


def test_json_carries_its_schema_and_every_row(cli, models):
    student, teacher = models
    done = cli("benchmark", student, "--teacher", teacher, "--batch", 1, *QUICK, "--json")
    values = json.loads(done.out)
    assert values["schema"] == 2
    assert [row["candidate"]["model"] for row in values["rows"]] == ["big (teacher)", "tiny"]
    latency = values["rows"][1]["cells"][0]["latency"]
    assert latency["median_ms"] > 0
    assert "unstable" in latency


def test_a_student_in_every_way_that_a_cpu_has(cli, models, monkeypatch):
    student, teacher = models
    monkeypatch.setattr("edgefer.benchmark.run.probe", lambda: CPU)
    done = cli("benchmark", student, "--teacher", teacher, "--quick", "--seconds", 0.02, "--calls", 3, "--json")
    values = json.loads(done.out)
    assert [row["candidate"]["runtime"] for row in values["rows"]] == [
        "ONNX Runtime FP32",
        "ONNX Runtime FP32",
        "ONNX Runtime FP32, 1 thread",
        "ONNX Runtime INT8",
        "ONNX Runtime INT8, 1 thread",
    ]
    assert (values["protocol"]["batches"], values["protocol"]["rounds"]) == ([1], 3)
    assert values["left_out"]
    assert "left out: " in done.err
    assert "5 rows, about " in done.err


def test_architectures_by_name_at_a_size(cli, models, monkeypatch):
    """That fresh networks are exported is held in tests/benchmark; here they are rows in torch alone."""
    monkeypatch.setattr(
        "edgefer.benchmark.fresh.exported_row",
        lambda path, _faces, _place, threads, role, note: torch_row(path, threads, role, note).model_copy(
            update={"runtime": "again"}
        ),
    )
    done = cli("benchmark", "mini-resemotenet-c", "--teacher", models[1], "--size", 32, "--batch", 1, *QUICK, "--json")
    first, *rows = json.loads(done.out)["rows"]
    assert first["candidate"]["role"] == "teacher"
    assert {row["candidate"]["model"] for row in rows} == {"mini-resemotenet-c"}
    assert {(row["card"]["input"]["height"], row["card"]["input"]["width"]) for row in rows} == {(32, 32)}
    assert all(row["cells"][0]["latency"] for row in rows)


def test_a_sweep_of_batch_sizes(cli, models):
    student, teacher = models
    done = cli("benchmark", student, "--teacher", teacher, "--sweep", "1:4", *QUICK, "--json")
    assert json.loads(done.out)["protocol"]["batches"] == [1, 2, 4]


def test_accuracy_of_each_file_on_request(cli, models, monkeypatch):
    student, teacher = models
    monkeypatch.setattr("edgefer.data.load.load_faces", lambda _data, split: tiny_net.faces(14, split=split))
    done = cli("benchmark", student, "--teacher", teacher, "--batch", 1, *QUICK, "--evaluate", "--json")
    rows = json.loads(done.out)["rows"]
    assert [row["card"]["measured"][-1]["dataset"] for row in rows] == ["noise", "noise"]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A record of this machine: a tiny student and teacher, as the command writes it, measured once."""
    folder = tmp_path_factory.mktemp("record")
    student = tiny_net.write(folder / "s.onnx")
    teacher = tiny_net.write(folder / "t.onnx", tiny_net.model(seed=1), tiny_net.card(name="big"))
    how = protocol_for((1,), 2, 0.02, 3)
    wish = Wish(threads=(1,), int8=False)
    result = benchmark_models([student], str(teacher), tiny_net.faces(2), how=how, wish=wish)
    return result.model_copy(update={"faces": "demo PublicTest"})


@pytest.fixture
def again(monkeypatch, record):
    """The command with a benchmark that gives the same record again; holds what it was asked."""
    asked = {}

    def measure(*_words, **options):
        asked.update(options)
        return record

    monkeypatch.setattr("edgefer.benchmark.run.benchmark_models", measure)
    return asked


def written(folder, record, **changes):
    path = folder / "old.json"
    path.write_text(record.model_copy(update=changes).to_json())
    return path


def grown(record, factor):
    """The record of a machine on which files were smaller."""
    rows = tuple(row.model_copy(update={"file_bytes": int(row.file_bytes / factor)}) for row in record.rows)
    return {"rows": rows}


def test_what_changed_since_an_older_record(cli, models, again, record, tmp_path):
    old = written(tmp_path, record)
    done = cli("benchmark", models[0], "--compare", old)
    assert done.code == 0, done.err
    assert "beside the teacher" in done.out
    assert "tiny, ONNX Runtime FP32" in done.out
    # Measured as the older one was, unless something else is asked for.
    assert again["how"] == record.protocol
    cli("benchmark", models[0], "--compare", old, "--rounds", 7)
    assert again["how"].rounds == 7


def test_a_regression_past_the_limit_exits_1(cli, models, again, record, tmp_path):
    old = written(tmp_path, record, **grown(record, 2))
    failed = cli("benchmark", models[0], "--compare", old, "--max-regression", 50)
    assert failed.code == 1
    assert "worse by more than 50%" in one_line(failed)
    assert cli("benchmark", models[0], "--compare", old, "--max-regression", 150).code == 0


def test_a_comparison_is_in_the_json_too(cli, models, again, record, tmp_path):
    done = cli("benchmark", models[0], "--compare", written(tmp_path, record), "--json")
    values = json.loads(done.out)
    assert values["comparison"]["changes"]
    assert BenchmarkResult.from_json(done.out, "it") == record


def test_what_was_measured_is_not_lost_when_it_cannot_be_compared(cli, models, again, record, tmp_path):
    old = written(tmp_path, record, faces="other faces")
    failed = cli("benchmark", models[0], "--compare", old, "--out", tmp_path / "out", "--json")
    assert failed.code == 2
    assert "other faces" in one_line(failed)
    assert json.loads(failed.out)["schema"] == 2
    assert (tmp_path / "out" / "benchmark.json").is_file()


def test_markdown_and_the_fields_of_trtexec(cli, models, again, tmp_path):
    done = cli("benchmark", models[0], "--trtexec", "--markdown", tmp_path / "b.md")
    assert done.code == 0, done.err
    assert "percentile(99%)" in done.out or "percentile(95%)" in done.out
    assert "Throughput: " in done.out
    assert (tmp_path / "b.md").read_text().startswith("# Benchmark of ")


def test_an_engine_that_cannot_run_keeps_its_row_and_the_rest_is_measured(cli, models, tmp_path):
    student, teacher = models
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "x.engine").write_bytes(b"text")
    done = cli("benchmark", student, tmp_path / "e" / "x.engine", "--teacher", teacher, "--batch", 1, *QUICK)
    assert done.code == 0
    assert "card.json" in next(line for line in done.out.splitlines() if line.startswith("x "))


def test_when_nothing_runs_the_reasons_are_printed_and_the_exit_says_so(cli, tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"text")
    failed = cli("benchmark", tmp_path / "bad.onnx", "--teacher", tmp_path / "gone.onnx", "--batch", 1, *QUICK)
    assert failed.code == 1
    assert "not an ONNX file" in failed.out
    assert "no row could be measured" in one_line(failed)


def test_a_teacher_alone_is_no_result_of_the_models_that_were_asked_for(cli, models, tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"text")
    failed = cli("benchmark", tmp_path / "bad.onnx", "--teacher", models[1], "--batch", 1, *QUICK, "--json")
    assert failed.code == 1
    assert "none of the models could be measured, such as bad: " in one_line(failed)
    assert "not an ONNX file" in one_line(failed)
    first, bad = json.loads(failed.out)["rows"]
    assert first["cells"][0]["latency"]
    assert not any(cell["latency"] for cell in bad["cells"])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("gone.onnx",), 1, "does not exist"),
        (("s.onnx", "--teacher", "resemotnet"), 2, "did you mean 'resemotenet'"),
        (("s.onnx", "--data", "dmeo"), 2, "did you mean 'demo'"),
        (("mini-resemotenet-d",), 2, "did you mean 'mini-resemotenet-"),
        (("s.onnx", "--compare", "gone.json"), 1, "does not exist"),
        (("s.onnx", "--out", "s.onnx"), 1, "s.onnx is a file"),
        (("s.onnx", "--markdown", "s.onnx/b.md"), 1, "cannot write s.onnx/b.md"),
        (("s.onnx", "--max-regression", "5"), 2, "--compare OLD.json"),
        (("s.onnx", "--json", "--trtexec"), 2, "leave one of them out"),
        (("s.onnx", "--sweep", "64"), 2, "--sweep 1:64"),
        (("s.onnx", "--sweep", "1:8", "--batch", "1"), 2, "leave one of them out"),
        ((), 1, "edgefer distill"),
    ],
)
def test_wrong_names_give_one_line(cli, models, monkeypatch, arguments, code, says):
    monkeypatch.chdir(models[0].parent)
    monkeypatch.setattr("edgefer.runtime.find.shipped_students", dict)
    failed = cli("benchmark", *arguments)
    assert failed.code == code
    assert says in one_line(failed)
    assert failed.out == ""


def test_ctrl_c_is_one_line_and_130(models):
    """As a terminal sends it: to the whole process group."""
    import os
    import signal

    student, teacher = map(str, models)
    command = [sys.executable, "-m", "edgefer", "benchmark", student, "--teacher", teacher, "--rounds", "5000"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        said = process.stderr.readline()
        # Python handles the signal from here on; a little later the suite is under way, earlier it is starting: both must do.
        os.killpg(process.pid, signal.SIGINT)
        out, rest = process.communicate()
        watchdog.cancel()
    assert process.returncode == 130, said + rest
    assert "error: the benchmark was stopped" in rest
    assert "Traceback" not in rest
    assert out == ""
