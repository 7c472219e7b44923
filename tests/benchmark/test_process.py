from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgefer.benchmark.process import Worker
from edgefer.errors import BackendError
from edgefer.runtime.session import PartTimes


@pytest.fixture
def start(known, tmp_path):
    workers = []

    def start(name):
        folder = tmp_path / name
        folder.mkdir()
        workers.append(Worker(known(name), folder))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close()


def test_a_worker_opens_warms_up_and_measures(start, faces):
    worker = start("quick")
    about = worker.open(faces, 60)
    assert about["backend"] == "known cpu"
    assert about["card"]["name"] == "quick"
    assert about["seconds"].keys() == {"import", "load", "first", "compile"}
    assert about["seconds"]["import"] > 0
    assert about["setup"] == {
        "device": "cpu",
        "threads": 1,
        "precision": "fp32",
        "cuda_graph": False,
        "transfers": False,
        "spin_wait": False,
        "compiled": False,
    }
    assert about["sizes"] == {"weights_bytes": None, "activation_bytes": None, "io_bytes": 4 * (48 * 48 + 7)}
    assert worker.warm_up(2, 0.01, 60)["RSS"] > 10e6
    samples = worker.measure(2, 0.01, 0.05, 3, 9, 60)
    assert len(samples) > 100
    assert min(samples) > 0


def test_what_a_library_prints_does_not_disturb_the_answers(start, faces):
    worker = start("noisy")
    worker.open(faces, 60)
    assert len(worker.measure(1, 0, 0.01, 3, 9, 60)) >= 3


def test_an_error_is_one_line_and_the_worker_goes_on(start, faces):
    worker = start("picky")
    worker.open(faces, 60)
    with pytest.raises(BackendError, match=r"^takes one face only$"):
        worker.measure(2, 0, 0.01, 3, 9, 60)
    assert worker.measure(1, 0, 0.01, 3, 9, 60)


def test_a_surprise_is_named_with_its_kind(start, faces):
    with pytest.raises(BackendError, match=r"^ValueError: no such weights$"):
        start("broken").open(faces, 60)


def test_a_death_is_told_with_the_last_word(start, faces):
    worker = start("mortal")
    worker.open(faces, 60)
    for _ in range(2):
        with pytest.raises(BackendError, match=r"exit code 3.*a last word"):
            worker.measure(2, 0, 0.01, 3, 9, 60)


def test_silence_has_a_limit_and_ends_the_process(start, faces):
    worker = start("silent")
    for _ in range(2):
        with pytest.raises(BackendError, match="no answer within 1 s"):
            worker.open(faces, 1)
    assert not Path(f"/proc/{worker.pid}").exists()


def test_the_interpreters_own_start_is_timed(start, faces):
    ordered = time.monotonic()
    worker = start("quick")
    about = worker.open(faces, 60)
    assert 0 < about["process"] < time.monotonic() - ordered


def test_few_calls_are_made_where_time_is_short(start, faces):
    worker = start("sleeper")
    worker.open(faces, 60)
    assert len(worker.measure(1, 0, 0.02, 100, 0.05, 60)) <= 4


@pytest.mark.parametrize(
    ("name", "says"),
    [("numb", "batch 1 hold NaN or infinity"), ("fickle", "change from call to call"), ("starving", "MemoryError")],
)
def test_a_candidate_that_answers_no_numbers_is_not_measured(start, faces, name, says):
    worker = start(name)
    with pytest.raises(BackendError, match=says):
        worker.open(faces, 60)
        worker.measure(1, 0, 0.01, 3, 9, 60)


def test_answers_may_differ_by_what_the_order_of_additions_does(start, faces):
    worker = start("unsteady")
    worker.open(faces, 60)
    assert worker.measure(1, 0, 0.01, 3, 9, 60)


def test_a_candidate_that_goes_wrong_later_is_found_out(start, faces):
    worker = start("tiring")
    worker.open(faces, 60)
    worker.measure(1, 0, 0.01, 3, 9, 60)
    with pytest.raises(BackendError, match="NaN"):
        worker.check(1, 60)


def test_garbage_where_answers_belong_ends_the_process(start, faces):
    worker = start("vandal")
    for _ in range(2):
        with pytest.raises(BackendError, match="wrote b'garbage' where its answer belongs"):
            worker.open(faces, 60)
    assert not Path(f"/proc/{worker.pid}").exists()


def test_a_candidate_that_reads_stdin_takes_no_request(start, faces):
    worker = start("curious")
    worker.open(faces, 60)
    assert worker.measure(1, 0, 0.01, 3, 9, 60)


def test_a_process_that_the_system_kills_may_have_run_out_of_memory(start, faces):
    worker = start("victim")
    with pytest.raises(BackendError, match=r"SIGKILL, as the system ends a process when memory runs out"):
        worker.open(faces, 60)


def test_what_a_candidate_started_ends_with_it(start, faces):
    worker = start("parent")
    child = int(worker.open(faces, 60)["backend"])
    worker.close()
    deadline = time.monotonic() + 5
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid):
    """Whether a process is there and is no zombie that nobody has asked for yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_candidate_on_a_cpu_has_no_parts(start, faces):
    worker = start("quick")
    worker.open(faces, 60)
    assert worker.parts(1, 5, 1, 60)[0] == []


def test_parts_are_what_the_session_tells(start, faces):
    worker = start("gauge")
    worker.open(faces, 60, largest=2)
    found, wall = worker.parts(2, 5, 1, 60)
    assert len(found) == 5
    assert 0 < wall < 1
    assert found[0] == PartTimes(h2d_ms=0.1, compute_ms=0.5, d2h_ms=0.05, enqueue_ms=0.2)
    assert len(worker.parts(2, 5, 0, 60)[0]) == 1


def test_closing_ends_the_process_and_can_be_repeated(start, faces):
    worker = start("quick")
    worker.open(faces, 60)
    worker.close()
    worker.close()
    assert not Path(f"/proc/{worker.pid}").exists()


def test_a_worker_ends_when_its_questions_do():
    """So it never outlives whoever asked, even one that was killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "edgefer.benchmark.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdin.write(json.dumps({"do": "measure"}).encode() + b"\n")
    process.stdin.flush()
    assert "nothing is open" in json.loads(process.stdout.readline())["error"]
    process.stdin.close()
    assert process.wait(30) == 0
    process.stdout.close()


def test_threads_reach_the_process(known, tmp_path):
    worker = Worker(known("quick").model_copy(update={"threads": 3}), tmp_path)
    try:
        deadline = time.monotonic() + 10
        environment = b""
        while b"OMP" not in environment and time.monotonic() < deadline:
            environment = Path(f"/proc/{worker.pid}/environ").read_bytes()
        assert b"OMP_NUM_THREADS=3\0" in environment
    finally:
        worker.close()
