from __future__ import annotations

import contextlib
import signal
import statistics
import subprocess
import sys
import threading
import time
from operator import truediv
from pathlib import Path

import pytest

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.suite import run_suite, steps
from edgefer.errors import UsageError
from edgefer.runtime.weights import initialiser_bytes
from tests import subjects, tiny_net
from tests.benchmark.conftest import known_candidate, write_faces
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """One suite over everything that can happen to a row; too slow to run for each test."""
    folder = tmp_path_factory.mktemp("suite")
    onnx = tiny_net.write(folder / "tiny.onnx")
    candidates = [
        known_candidate("sleeper", Role.TEACHER),
        Candidate(model="tiny", runtime="ONNX Runtime FP32", kind=Kind.ONNXRUNTIME, target=str(onnx), threads=1),
        known_candidate("hoarder"),
        known_candidate("mortal"),
        known_candidate("broken"),
        Candidate(model="gone", runtime="x", kind=Kind.ONNXRUNTIME, target=str(folder / "gone.onnx"), threads=1),
        Candidate(
            model="never", runtime="x", kind=Kind.ENGINE, target="", threads=1, why="not built", card=tiny_net.card()
        ),
    ]
    ticks = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        result = run_suite(
            candidates,
            write_faces(folder / "faces.npy"),
            protocol_for((2, 1), rounds=2, seconds=0.12, calls=6, warm_s=0.01),
            step=lambda advance, note: ticks.append(advance),
        )
    assert sum(ticks) == steps(candidates, result.protocol)
    return result


@pytest.fixture
def rows(result):
    return {row.candidate.model: row for row in result.rows}


def test_no_row_is_dropped_and_batches_are_in_order(result):
    models = [row.candidate.model for row in result.rows]
    assert models == ["sleeper", "tiny", "hoarder", "mortal", "broken", "gone", "never"]
    assert result.protocol.batches == (1, 2)


def test_a_candidate_that_sleeps_is_measured_right(rows):
    latency = rows["sleeper"].cell(1).latency
    # How close it is to the sleeper's own clock is in test_timing; on a busy machine sleepers oversleep.
    assert 1000 * subjects.SLEEP <= latency.min_ms <= latency.median_ms
    assert len(latency.rounds_ms) == 2
    assert latency.low_ms <= latency.median_ms <= latency.high_ms
    assert latency.histogram.above + sum(latency.histogram.counts) == latency.samples
    assert latency.ended in {"6 calls and 0.12 s", "the limit of 10 s"}
    both = rows["sleeper"].cell(2)
    assert both.faces_per_second == pytest.approx(2000 / both.latency.mean_ms)


@pytest.mark.parametrize("method", ["RSS", "PSS", "USS"])
def test_a_candidate_that_allocates_is_found_out(rows, method):
    assert rows["hoarder"].memory_delta(1, method) == pytest.approx(subjects.HOARD, rel=0.05)
    assert rows["sleeper"].memory_delta(1, method) < 0.1 * subjects.HOARD


def test_a_row_knows_its_file_its_card_and_its_start(rows):
    tiny = rows["tiny"]
    assert (tiny.backend, tiny.card.name) == ("onnxruntime cpu", "tiny")
    assert tiny.file_bytes == Path(tiny.candidate.target).stat().st_size
    start = tiny.start
    assert start.total_s == pytest.approx(start.process_s + start.import_s + start.load_s + start.first_s)
    assert min(start.process_s, start.import_s, start.load_s, start.first_s) > 0
    assert start.compile_s is None
    assert (tiny.setup.device, tiny.setup.threads, tiny.setup.precision) == ("cpu", 1, "fp32")
    assert tiny.sizes.weights_bytes == initialiser_bytes(tiny_net.model())
    assert tiny.sizes.io_bytes == 2 * 4 * (32 * 32 + 7)


def test_rows_are_compared_with_the_teacher(rows):
    (speedup,) = rows["tiny"].cell(1).speedups
    assert speedup.over == "sleeper, known"
    over, under = (rows[name].cell(1).latency.rounds_ms for name in ("sleeper", "tiny"))
    assert speedup.value == pytest.approx(statistics.median(map(truediv, over, under)))
    assert rows["sleeper"].cell(1).speedups == ()


def test_a_row_whose_process_dies_says_so_and_others_go_on(rows):
    assert "a last word" in rows["mortal"].cell(1).why
    assert "a last word" in rows["mortal"].cell(2).why
    assert rows["tiny"].cell(2).latency is not None


def test_a_row_that_cannot_open_says_why(rows):
    assert rows["broken"].why == "ValueError: no such weights"
    assert rows["gone"].why.startswith("does not exist")
    assert (rows["never"].why, rows["never"].card.name) == ("not built", "tiny")
    assert rows["never"].cells == ()


def test_the_machine_is_on_record(result):
    machine = result.environment
    assert machine.cores >= 1
    assert machine.date.endswith("+00:00")
    assert machine.libraries["onnxruntime"]
    assert machine.gpu
    assert machine.other_work is None or machine.other_work >= 0


def test_energy_is_a_figure_or_a_reason_and_counts_the_faces_of_its_own_window(known, faces, monkeypatch):
    from edgefer.benchmark.energy import Energy
    from edgefer.benchmark.process import Worker

    asked = []

    def energy(self, batch, seconds, limit):
        asked.append((batch, seconds))
        return Energy(joules=2.0, seconds=1.0, faces=10 * batch, idle_watts=1.0, method="made up", scope="board")

    real = run_suite([known("quick")], faces, protocol_for((1,), 1, 0.01, 3, 0)).rows[0].cell(1).energy
    assert bool(real.why) != (real.faces is not None and real.faces > 10)
    monkeypatch.setattr(Worker, "energy", energy)
    (row,) = run_suite([known("quick")], faces, protocol_for((1, 2), 1, 0.01, 3, 0)).rows
    assert asked == [(1, 1.0), (2, 1.0)]
    assert row.cell(2).energy.joules_per_face == pytest.approx(0.1)


def test_json_gives_the_same_result_back(result):
    assert BenchmarkResult.from_json(result.to_json(), "here") == result
    assert '"schema": 2' in result.to_json()


def test_rounds_are_interleaved_and_every_second_one_runs_backwards(known, faces, monkeypatch):
    from edgefer.benchmark.process import Worker

    order = []
    original = Worker.measure

    def noting(self, batch, *rest):
        order.append((self._candidate.model, batch))
        return original(self, batch, *rest)

    monkeypatch.setattr(Worker, "measure", noting)
    monkeypatch.setattr("edgefer.benchmark.effort.done", lambda *_: "")
    run_suite([known("quick"), known("picky")], faces, protocol_for((1,), 3, 0.03, 9, 0))
    assert [model for model, _ in order] == ["quick", "picky", "picky", "quick", "quick", "picky"]


def test_a_cell_that_is_measured_enough_is_not_visited_again(known, faces, monkeypatch):
    from edgefer.benchmark.process import Worker

    order = []
    original = Worker.measure

    def noting(self, *rest):
        order.append(self._candidate.model)
        # Every call of `quick` takes 1 ms, those of `picky` ever longer.
        number = order.count(self._candidate.model)
        original(self, *rest)
        return [1_000_000 * (1 if self._candidate.model == "quick" else number)] * 10

    monkeypatch.setattr(Worker, "measure", noting)
    candidates = [known("quick", Role.TEACHER), known("picky")]
    result = run_suite(candidates, faces, protocol_for((1,), 5, 0.03, 100, 0))
    assert (order.count("quick"), order.count("picky")) == (3, 5)
    first, second = (row.cell(1) for row in result.rows)
    assert first.latency.ended == "the interval is tight: 0.0% of the median"
    assert len(second.latency.rounds_ms) == 5
    # The first three rounds are what both have: 1/1, 1/2, 1/3.
    assert second.speedups[0].value == pytest.approx(1 / 2)


def test_parts_of_a_gpu_are_beside_the_latency(known, faces):
    result = run_suite([known("gauge"), known("quick")], faces, protocol_for((1,), 2, 0.02, 8, 0))
    gauge, quick = result.rows
    parts = gauge.cell(1).parts
    assert (parts.h2d.median_ms, parts.compute.median_ms) == (0.1, 0.5)
    assert parts.enqueue.samples >= 4
    assert parts.latency.median_ms == pytest.approx(0.65)
    assert parts.wall_s > 0
    assert (gauge.setup.device, gauge.setup.transfers) == ("cuda:0", True)
    assert (quick.cell(1).parts, quick.setup.transfers) == (None, False)


def test_a_candidate_that_goes_wrong_has_no_figures(known, faces):
    result = run_suite([known("tiring")], faces, protocol_for((1,), 2, 0.01, 3, 0))
    assert "NaN or infinity" in result.rows[0].cell(1).why


def test_one_batch_that_fails_does_not_spoil_the_other(known, faces):
    result = run_suite([known("picky")], faces, protocol_for((1, 2), 1, 0.01, 3, 0))
    (row,) = result.rows
    assert row.cell(1).latency.samples >= 3
    assert row.cell(2).why == "takes one face only"


def test_few_faces_fill_a_large_batch(known, faces):
    result = run_suite([known("quick")], faces, protocol_for((9,), 1, 0.01, 3, 0))
    assert result.rows[0].cell(9).latency is not None


@pytest.mark.parametrize(("names", "says"), [([], "nothing to measure"), (["quick", "quick"], "two rows")])
def test_a_suite_that_makes_no_sense_is_refused(known, faces, names, says):
    with pytest.raises(UsageError, match=says):
        run_suite([known(name) for name in names], faces)


@pytest.mark.parametrize("stops", [False, True])
def test_no_worker_outlives_its_suite(known, faces, monkeypatch, stops):
    from edgefer.benchmark.process import Worker

    seen = []
    original = Worker.measure

    def noting(self, *rest):
        seen.append(self.pid)
        if stops:
            raise RuntimeError("something unforeseen")
        return original(self, *rest)

    monkeypatch.setattr(Worker, "measure", noting)
    with pytest.raises(RuntimeError) if stops else contextlib.nullcontext():
        run_suite([known("quick"), known("picky")], faces, protocol_for((1,), 1, 0.01, 3, 0))
    assert seen
    assert not any(Path(f"/proc/{pid}").exists() for pid in seen)


def test_ctrl_c_ends_every_worker(known, faces):
    """In a process of its own, as the signal would also end the tests."""
    script = f"""
import json, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from edgefer.benchmark import process
from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.suite import run_suite
made = [Candidate(model=n, runtime="r", kind=Kind.FACTORY, target="tests.subjects:" + n, threads=1) for n in ("quick", "sleeper")]
original = process.Worker.measure
def telling(self, *rest):
    print(self.pid, flush=True)
    return original(self, *rest)
process.Worker.measure = telling
try:
    run_suite(made, Path({str(faces)!r}), protocol_for((1,), rounds=1000, seconds=20))
except KeyboardInterrupt:
    print("stopped", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        pids = {int(process.stdout.readline()) for _ in range(4)}
        assert len(pids) == 2
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        watchdog.cancel()
    assert rest.endswith("stopped\n")
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
