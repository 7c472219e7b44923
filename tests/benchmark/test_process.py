from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgefer.benchmark.process import Worker
from edgefer.errors import BackendError


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
    assert about["seconds"].keys() == {"import", "load", "first"}
    assert worker.warm_up(2, 0.01, 60)["RSS"] > 10e6
    samples = worker.measure(2, 0.01, 0.05, 3, 60)
    assert len(samples) > 100
    assert min(samples) > 0


def test_what_a_library_prints_does_not_disturb_the_answers(start, faces):
    worker = start("noisy")
    worker.open(faces, 60)
    assert len(worker.measure(1, 0, 0.01, 3, 60)) >= 3


def test_an_error_is_one_line_and_the_worker_goes_on(start, faces):
    worker = start("picky")
    worker.open(faces, 60)
    with pytest.raises(BackendError, match=r"^takes one face only$"):
        worker.measure(2, 0, 0.01, 3, 60)
    assert worker.measure(1, 0, 0.01, 3, 60)


def test_a_surprise_is_named_with_its_kind(start, faces):
    with pytest.raises(BackendError, match=r"^ValueError: no such weights$"):
        start("broken").open(faces, 60)


def test_a_death_is_told_with_the_last_word(start, faces):
    worker = start("mortal")
    worker.open(faces, 60)
    for _ in range(2):
        with pytest.raises(BackendError, match=r"exit code 3.*a last word"):
            worker.measure(2, 0, 0.01, 3, 60)


def test_silence_has_a_limit_and_ends_the_process(start, faces):
    worker = start("silent")
    for _ in range(2):
        with pytest.raises(BackendError, match="no answer within 1 s"):
            worker.open(faces, 1)
    assert not Path(f"/proc/{worker.pid}").exists()


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
