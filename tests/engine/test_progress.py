from __future__ import annotations

import os
import signal
import threading

import pytest

from edgefer.engine.clock import Clock
from edgefer.engine.progress import watching
from edgefer.errors import Interrupted
from edgefer.trt.flavour import load
from tests import fake_gpu


@pytest.fixture
def flavour(monkeypatch):
    fake_gpu.install(monkeypatch)
    return load("tensorrt")


def test_ctrl_c_becomes_a_no_to_tensorrt_and_one_error(flavour, capfd):
    def build():
        with watching(flavour, "compiling x", Clock()) as monitor:
            monitor.phase_start("Building engine", None, 4)
            answers.append(monitor.step_complete("Building engine", 0))
            os.kill(os.getpid(), signal.SIGINT)
            answers.append(monitor.step_complete("Building engine", 1))

    answers = []
    with pytest.raises(Interrupted, match="stopped: compiling x"):
        build()
    assert answers == [True, False]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_tensorrt_reports_sets_the_clock(flavour, capfd):
    clock = Clock()
    with watching(flavour, "compiling x", clock) as monitor:
        monitor.phase_start("Building engine", None, 2)
        assert monitor.step_complete("Building engine", 0)
        assert (clock.phase, clock.percent) == ("Building engine", 50)
        monitor.phase_finish("Building engine")
        clock.succeed()
    assert list(clock.marks) == ["Building engine"]
    assert "compiling x: done in" in capfd.readouterr().err


def test_another_thread_leaves_signals_alone(flavour):
    handlers = []

    def work():
        with watching(flavour, "compiling x", Clock()):
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]
