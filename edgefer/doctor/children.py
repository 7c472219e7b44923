"""Asks all probes at once, each in a process of its own with its own time limit."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from edgefer.doctor.child import ANSWER
from edgefer.doctor.finding import Finding, from_values, grave
from edgefer.doctor.probe import Probe

PATIENCE_S = 4.0  # after which the user is told what is waited for
_LAST_WORDS = 4096
# Modules are looked for where this process would find them, never first in the folder where the doctor was asked.
_CODE = "import sys; sys.path[:] = {path!r}; from edgefer.doctor.child import main; main({target!r})"


class _Child:
    """A probe on its way. `deadline`: of `time.monotonic()`."""

    def __init__(self, probe: Probe, limit: float) -> None:
        self.probe = probe
        self.deadline = time.monotonic() + limit
        self.out = self.err = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CODE.format(path=sys.path, target=probe.target)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            # It and whatever it starts are ended together, here.
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.answers, self.words = self.process.stdout, self.process.stderr
        os.set_blocking(self.words.fileno(), False)

    def read(self) -> bool:
        """Take what has come of its answer; whether more may come."""
        block = os.read(self.answers.fileno(), 1 << 16)
        self.out += block
        return bool(block)

    def listen(self) -> bool:
        """Keep the last of what it prints; whether more may come."""
        try:
            block = os.read(self.words.fileno(), 1 << 16)
        except BlockingIOError:
            return True
        self.err = (self.err + block)[-_LAST_WORDS:]
        return bool(block)

    def end(self) -> None:
        """End it with all that it started; one that the kernel holds is left to the kernel."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        self.answers.close()
        self.words.close()

    def findings(self) -> tuple[Finding, ...]:
        """What it found, after its answers have ended; else one finding that says how it died."""
        lines = [line for line in self.out.decode("utf-8", "replace").splitlines() if line.startswith(ANSWER)]
        try:
            answer = json.loads(lines[-1].removeprefix(ANSWER))
            if "failed" in answer:
                return (died(self.probe, f"its probe failed: {answer['failed']}"),)
            return tuple(from_values(values) for values in answer["findings"])
        except (IndexError, ValueError, KeyError, TypeError):
            return (died(self.probe, self._obituary()),)

    def _obituary(self) -> str:
        self.listen()
        try:
            code = self.process.wait(1)
        except subprocess.TimeoutExpired:
            return "its process closed its output and went on without an answer"
        how = f"exit code {code}"
        if code < 0:
            with contextlib.suppress(ValueError):
                how = signal.Signals(-code).name
        said = [line.strip() for line in self.err.decode("utf-8", "replace").splitlines() if line.strip()]
        return f"its process died ({how})" + (f": {said[-1][:160]}" if said else "")


def ask(
    probes: Sequence[Probe], limit: float, waiting: Callable[[Sequence[str]], None] = lambda _: None
) -> dict[Probe, tuple[Finding, ...]]:
    """What each probe finds, in the order of `probes`. Never raises for anything that happens in one of them.

    limit: seconds that each may take. waiting: told once, after some seconds, the names of those still awaited.
    """
    found: dict[Probe, tuple[Finding, ...]] = {}
    children: list[_Child] = []
    tell = time.monotonic() + PATIENCE_S
    try:
        for probe in probes:
            child = _started(probe, limit)
            if isinstance(child, Finding):
                found[probe] = (child,)
            else:
                children.append(child)
        with selectors.DefaultSelector() as selector:
            for child in children:
                selector.register(child.answers, selectors.EVENT_READ, child)
                selector.register(child.words, selectors.EVENT_READ, child)
            while open_ones := [child for child in children if child.probe not in found]:
                now = time.monotonic()
                if tell <= now:
                    waiting([child.probe.name for child in open_ones])
                    tell = float("inf")
                _step(selector, min(tell, *(child.deadline for child in open_ones)) - now, found)
                for child in open_ones:
                    if child.probe not in found and child.deadline <= time.monotonic():
                        found[child.probe] = (_late(child.probe, limit),)
                        _forget(selector, child)
    finally:
        for child in children:
            child.end()
    return {probe: found[probe] for probe in probes}


def died(probe: Probe, how: str) -> Finding:
    """The finding in place of those that a probe did not bring."""
    return Finding(probe.group, probe.name, grave(probe.needed_for), how, probe.fix, probe.needed_for)


def _late(probe: Probe, limit: float) -> Finding:
    """It hangs, or the machine is slow or busy; more time tells which."""
    found = died(probe, f"gave no answer within {limit:g} s and was stopped")
    return replace(found, fix=f"edgefer doctor --timeout {3 * limit:g}, and if that is not enough: {found.fix}")


def _started(probe: Probe, limit: float) -> _Child | Finding:
    try:
        return _Child(probe, limit)
    except OSError as error:  # no memory, or no process more
        return died(probe, f"its process cannot be started: {error.strerror or error}")


def _step(selector: selectors.BaseSelector, seconds: float, found: dict[Probe, tuple[Finding, ...]]) -> None:
    """Wait for something to read, and read it."""
    for key, _ in selector.select(max(0.0, seconds)):
        child: _Child = key.data
        if child.probe in found:
            continue
        if key.fileobj is child.words:
            if not child.listen():
                selector.unregister(child.words)
        elif not child.read():
            found[child.probe] = child.findings()
            _forget(selector, child)


def _forget(selector: selectors.BaseSelector, child: _Child) -> None:
    for pipe in (child.answers, child.words):
        with contextlib.suppress(KeyError):
            selector.unregister(pipe)
