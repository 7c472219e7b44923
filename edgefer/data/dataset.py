"""What a reader of a published dataset hands over: labels and splits at once, pictures as they are read."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from edgefer.data.faces import Pixels, Targets
from edgefer.errors import DataError, UsageError


@dataclass(frozen=True)
class Options:
    """What `edgefer data prepare` can be told beside the source; a dataset refuses an option that it does not know.

    images: where the pictures are, when not beside the labels. protocol: how votes become targets. classes: how many
    emotions to keep. size: side in pixels to store faces at.
    """

    images: Path | None = None
    protocol: str | None = None
    classes: int | None = None
    size: int | None = None

    def only(self, dataset: str, *known: str) -> None:
        """Raise UsageError when an option outside `known` is set."""
        for name, value in vars(self).items():
            if value is not None and name not in known:
                raise UsageError(f"--{name} is not for {dataset}", f"leave it out: edgefer data prepare {dataset}")

    def command(self, dataset: str, source: Path) -> str:
        """The line that prepares `dataset` so."""
        given = [f"--{name} {shlex.quote(str(value))}" for name, value in vars(self).items() if value is not None]
        return " ".join(["edgefer data prepare", dataset, "--source", shlex.quote(str(source)), *given])


@dataclass(frozen=True)
class Dataset:
    """A dataset as its authors publish it, in their order.

    name: what training and evaluation find its store by; variants of one dataset have names of their own, such as
    `ferplus-7`. command: the line that reads it again.
    labels: uint8 `[N]`, indices into `emotions`. codes: uint8 `[N]`, indices into `splits`, which stand in official
    order. targets: float32 `[N, classes]`, or None. size: height and width of a stored face.
    faces: makes an iterator of uint8 blocks `[n, H, W]` (`gray`) or `[n, H, W, 3]` (`rgb`), N faces in all, in order;
    it raises DataError, naming the file, for a picture that cannot be read.
    source: the name of the file or folder it was read from. source_sha256: hash of what it was read from.
    left_out: rows of the source that are not in it, by reason.
    """

    name: str
    emotions: tuple[str, ...]
    splits: tuple[str, ...]
    labels: npt.NDArray[np.uint8]
    codes: npt.NDArray[np.uint8]
    size: tuple[int, int]
    faces: Callable[[], Iterator[Pixels]]
    source: str
    source_sha256: str
    command: str
    colour: Literal["gray", "rgb"] = "gray"
    targets: Targets | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.labels):
            raise DataError(f"{self.source} holds no faces")
        if self.codes.shape != self.labels.shape:
            raise DataError(f"{self.source}: {len(self.labels)} labels but {len(self.codes)} splits")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all faces together, `(N, H, W)` or `(N, H, W, 3)`."""
        return (len(self), *self.size, 3) if self.colour == "rgb" else (len(self), *self.size)


@dataclass(frozen=True)
class Reader:
    """One entry of what `edgefer data prepare` knows.

    source: the file or folder that it wants, for help and messages. where: the sentence that says where the dataset is
    requested. fingerprint: hash of the source and of the options, quick enough to be taken at every call. read: the
    dataset, with that fingerprint as its `source_sha256`. store: the name that the dataset then has. The first two
    raise DataError for a fault in the source and UsageError for options that the dataset does not know.
    """

    name: str
    source: str
    where: str
    fingerprint: Callable[[Path, Options], str]
    read: Callable[[Path, Options], Dataset]
    store: Callable[[Path, Options], str]
