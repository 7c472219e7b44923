"""Sessions whose cost is known, for the benchmark to find out: factories named `subjects:NAME`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from edgefer.card import InputSpec, ModelCard
from edgefer.emotions import FER2013
from edgefer.errors import ArtifactError
from edgefer.runtime.session import PartTimes, Session

SPEC = InputSpec(height=48, width=48)
HOARD = 64_000_000
SLEEP = 0.02


class Known(Session):
    backend = "known cpu"

    def __init__(self, name: str) -> None:
        super().__init__(ModelCard(name=name, architecture="known", parameters=1, labels=FER2013, input=SPEC))

    def _infer(self, pixels):
        return np.zeros((len(pixels), len(FER2013)), np.float32)


class Sleeper(Known):
    """0.02 s a call, whatever the batch."""

    def _infer(self, pixels):
        time.sleep(SLEEP)
        return super()._infer(pixels)


class Hoarder(Known):
    """64 MB that are written, so that they are there."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.hoard = np.ones(HOARD, np.uint8)


class Mortal(Known):
    """Dies when it is given two faces."""

    def _infer(self, pixels):
        if len(pixels) > 1:
            print("a last word", file=sys.stderr, flush=True)
            os._exit(3)
        return super()._infer(pixels)


class Picky(Known):
    """Refuses two faces and goes on."""

    def _infer(self, pixels):
        if len(pixels) > 1:
            raise ArtifactError("takes one face only", "give it one")
        return super()._infer(pixels)


class Noisy(Known):
    """Prints where the answers go, as compilers do."""

    def _infer(self, pixels):
        print("noise", flush=True)
        os.write(1, b"more noise\n")
        return super()._infer(pixels)


class Silent(Known):
    """Never answers."""

    def _infer(self, pixels):
        time.sleep(60)
        return super()._infer(pixels)


class Numb(Known):
    """Answers no numbers."""

    def _infer(self, pixels):
        return np.full((len(pixels), len(FER2013)), np.nan, np.float32)


class Counting(Known):
    """Answers 1 for every label, and says how often it was asked."""

    asked = 0

    def _infer(self, pixels):
        self.asked += 1
        return super()._infer(pixels) + 1


class Fickle(Counting):
    """Never answers the same."""

    def _infer(self, pixels):
        return super()._infer(pixels) * self.asked


class Unsteady(Counting):
    """Answers what is nearly the same."""

    def _infer(self, pixels):
        return super()._infer(pixels) + 0.01 * (self.asked % 2)


class Tiring(Counting):
    """Loses its mind after its first round of calls."""

    def _infer(self, pixels):
        return super()._infer(pixels) * (1 if self.asked < 6 else np.nan)


class Gauge(Known):
    """Plays a GPU that knows where its time goes."""

    place = "cuda:0"

    def parts(self, pixels):
        return PartTimes(h2d_ms=0.1, compute_ms=0.5, d2h_ms=0.05, enqueue_ms=0.2)


class Parent(Known):
    """Starts a process of its own, whose number is its backend."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.backend = str(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid)


def numb():
    return Numb("numb")


def fickle():
    return Fickle("fickle")


def unsteady():
    return Unsteady("unsteady")


def tiring():
    return Tiring("tiring")


def gauge():
    return Gauge("gauge")


def parent():
    return Parent("parent")


def starving():
    raise MemoryError


def victim():
    os.kill(os.getpid(), signal.SIGKILL)


def curious():
    assert sys.stdin.read() == ""
    assert os.read(0, 10) == b""
    return Known("curious")


def vandal():
    """Finds the pipe to the asking process and writes into it."""
    for number in range(3, 64):
        with contextlib.suppress(OSError):
            if str(Path(f"/proc/self/fd/{number}").readlink()).startswith("pipe:"):
                os.write(number, b"garbage\n")
    return Known("vandal")


def quick():
    return Known("quick")


def sleeper():
    return Sleeper("sleeper")


def hoarder():
    return Hoarder("hoarder")


def mortal():
    return Mortal("mortal")


def picky():
    return Picky("picky")


def noisy():
    return Noisy("noisy")


def silent():
    return Silent("silent")


def broken():
    raise ValueError("no such weights\nand a second line")
