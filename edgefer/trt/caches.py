"""What TensorRT learns and would learn again: kernel times of a build, kernels compiled at run time. Kept between runs.

A timing cache (standard TensorRT) holds what a build measured on a GPU. A runtime cache (TensorRT-RTX) holds the kernels
that one engine had compiled for a GPU. Each lies in the cache folder with a first line that says what it is bound to;
one that does not fit is ignored, with a word, and written anew. None is ever needed, so nothing here fails a command.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefer.console import say
from edgefer.errors import ArtifactError
from edgefer.json_text import read_json
from edgefer.paths import atomic_file, cache_dir
from edgefer.trt.driver import Driver
from edgefer.trt.flavour import Flavour

FOLDER = "tensorrt"


@dataclass(frozen=True)
class Bound:
    """What a cache is good for. driver: empty where TensorRT itself judges whether another driver's cache fits."""

    flavour: str
    version: str
    gpu: str
    target: str
    driver: str = ""


@dataclass(frozen=True)
class Cache:
    """A cache's file and what it must be bound to. kind: for messages, such as `timing cache`."""

    kind: str
    path: Path
    bound: Bound

    def read(self) -> bytes:
        """What was kept; empty when there is nothing, or nothing that fits, of which the user is told."""
        try:
            head, _, data = self.path.read_bytes().partition(b"\n")
        except OSError:
            return b""
        if problem := self._problem(head, data):
            self.ignored(problem)
            return b""
        return data

    def ignored(self, problem: str) -> None:
        """Tell the user that what was kept is not used."""
        say(f"the {self.kind} {self.path} {problem}: ignored, and written anew")

    def write(self, data: bytes) -> None:
        """Keep `data`; a folder that cannot be written costs no more than a word."""
        head = json.dumps({**asdict(self.bound), "sha256": hashlib.sha256(data).hexdigest()})
        try:
            with atomic_file(self.path) as temporary:
                temporary.write_bytes(head.encode() + b"\n" + data)
        except ArtifactError as error:
            say(f"the {self.kind} was not kept: {error.what}")

    def _problem(self, head: bytes, data: bytes) -> str:
        try:
            said = read_json(head)
            kept = {name: str(said[name]) for name in (*asdict(self.bound), "sha256")}
        except (ValueError, KeyError, TypeError):
            return "is damaged"
        for name, here in asdict(self.bound).items():
            if kept[name] != here:
                return f"was made with {name} {kept[name] or 'unknown'}, not {here or 'unknown'}"
        return "" if kept["sha256"] == hashlib.sha256(data).hexdigest() else "is damaged"


def timing_cache(flavour: Flavour, machine: Driver) -> Cache:
    """The kernel times that builds by a flavour on this machine's GPU share."""
    bound = _bound(flavour, machine, machine.version)
    return Cache("timing cache", _path("timing", flavour.name, bound.gpu, bound.target), bound)


def runtime_cache(flavour: Flavour, machine: Driver, plan: bytes) -> Cache:
    """The kernels that one engine had compiled on this machine's GPU."""
    bound = _bound(flavour, machine)
    return Cache("runtime cache", _path("runtime", hashlib.sha256(plan).hexdigest()[:16], bound.gpu), bound)


@contextlib.contextmanager
def timed_before(flavour: Flavour, machine: Driver, config: Any) -> Iterator[None]:
    """Give a build inside the block the kernel times of earlier ones, and keep what it measures, however it ends.

    Does nothing for a flavour without a timing cache.
    """
    if not flavour.supports_timing_cache:
        yield
        return
    kept = timing_cache(flavour, machine)
    data = kept.read()
    if not _attach(config, data) and data:
        kept.ignored(f"is refused by {flavour.title}")
        _attach(config, b"")
    try:
        yield
    finally:
        cache = config.get_timing_cache()
        measured = bytes(cache.serialize()) if cache is not None else b""
        if measured and measured != data:
            kept.write(measured)


@dataclass(frozen=True)
class Kernels:
    """A runtime cache in use. before: the bytes that it began with."""

    kept: Cache
    cache: Any
    before: bytes

    def keep(self) -> None:
        """Write what was compiled meanwhile, if anything was."""
        data = bytes(self.cache.serialize())
        if data and data != self.before:
            self.kept.write(data)


def compiled_before(flavour: Flavour, machine: Driver, plan: bytes, config: Any) -> Kernels | None:
    """Give a context made from `config` (IRuntimeConfig) the kernels of earlier runs; None for a flavour without them.

    Needs a current CUDA context.
    """
    if not flavour.supports_runtime_cache:
        return None
    kept = runtime_cache(flavour, machine, plan)
    data, cache = kept.read(), config.create_runtime_cache()
    if data and not cache.deserialize(data):
        kept.ignored(f"is refused by {flavour.title}")
        data = b""
    config.set_runtime_cache(cache)
    return Kernels(kept, cache, data)


def _attach(config: Any, data: bytes) -> bool:
    cache = config.create_timing_cache(data)
    return cache is not None and bool(config.set_timing_cache(cache, False))


def _bound(flavour: Flavour, machine: Driver, driver: str = "") -> Bound:
    gpu = machine.gpus[0]
    return Bound(flavour.name, flavour.version, gpu.name, gpu.target, driver)


def _path(*facts: str) -> Path:
    name = re.sub(r"[^\w.+-]+", "-", "-".join(facts)).lower()
    return cache_dir() / FOLDER / f"{name}.cache"
