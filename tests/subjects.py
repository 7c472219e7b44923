"""Sessions whose cost is known, for the benchmark to find out: factories named `subjects:NAME`."""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from edgefer.card import InputSpec, ModelCard
from edgefer.emotions import FER2013
from edgefer.errors import ArtifactError
from edgefer.runtime.session import Session

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
