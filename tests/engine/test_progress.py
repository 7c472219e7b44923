from __future__ import annotations

import os
import signal
import threading

import pytest

from edgefer.engine.progress import Share, watching
from edgefer.errors import Interrupted
from edgefer.trt.flavour import load
from tests import fake_gpu


def test_phases_inside_phases_make_one_share():
    share, seen = Share(), []
    share.start("build", None, 2)
    seen.append(share.advance("build", 0))  # half of it
    share.start("inner", "build", 5)
    seen += [share.advance("inner", step) for step in range(5)]
    seen.append(share.finish("inner"))
    seen.append(share.advance("build", 1))
    seen.append(share.finish("build"))
    assert seen[:6] == [50, 10, 10, 10, 10, 9]  # the last point waits for the end
    assert sum(seen) == 100
    assert share.rest() == 0


def test_the_share_never_goes_back_and_ends_at_the_whole():
    share, total = Share(), 0
    share.start("build", None, 3)
    for phase in ("a", "b", "c", "d"):
        share.start(phase, "build", 4)
        for step in range(4):
            new = share.advance(phase, step)
            assert new >= 0
            total += new
        total += share.finish(phase)
    total += share.advance("build", 2)
    total += share.advance("unknown phase", 1)
    total += share.finish("build")
    assert total == 100


@pytest.fixture
def flavour(monkeypatch):
    fake_gpu.install(monkeypatch)
    return load("tensorrt")


def test_ctrl_c_becomes_a_no_to_tensorrt_and_one_error(flavour, capfd):
    def build():
        with watching(flavour, "compiling x") as monitor:
            monitor.phase_start("Building engine", None, 4)
            answers.append(monitor.step_complete("Building engine", 0))
            os.kill(os.getpid(), signal.SIGINT)
            answers.append(monitor.step_complete("Building engine", 1))

    answers = []
    with pytest.raises(Interrupted, match="stopped: compiling x"):
        build()
    assert answers == [True, False]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_finished_build_is_shown_as_whole(flavour, capfd):
    with watching(flavour, "compiling x") as monitor:
        monitor.phase_start("Building engine", None, 1)
        assert monitor.step_complete("Building engine", 0)
        monitor.phase_finish("Building engine")
    assert "compiling x: 100/100" in capfd.readouterr().err


def test_another_thread_leaves_signals_alone(flavour):
    handlers = []

    def work():
        with watching(flavour, "compiling x"):
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]
