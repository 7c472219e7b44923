"""One logger object a process for each flavour: TensorRT keeps the first it sees and warns about any other.

It prints nothing. It keeps errors and warnings, and what a build tells of its layers and memory, for whoever asks.
"""

from __future__ import annotations

import contextlib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from edgefer.trt.flavour import Flavour

_loggers: dict[str, Any] = {}
_MEMORY = re.compile(r"Total (Activation|Weights) Memory: (\d+) bytes")


@dataclass
class Messages:
    """What TensorRT said during one piece of work.

    layers: its table of fused layers, empty when it gave none. memory: bytes of `activation` and `weights`, where it said.
    """

    errors: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    warnings: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    layers: str = ""
    memory: dict[str, int] = field(default_factory=dict)

    def reason(self) -> str:
        """The first error on one line: the cause, of which later ones follow."""
        return _one_line(self.errors[0]) if self.errors else "it gave no reason"

    def latest(self) -> str:
        """The last error on one line."""
        return _one_line(self.errors[-1]) if self.errors else "it gave no reason"


def logger_for(flavour: Flavour) -> Any:
    """The flavour's one ILogger."""
    if flavour.name not in _loggers:
        _loggers[flavour.name] = _make(flavour.module)
    return _loggers[flavour.name]


@contextlib.contextmanager
def listening(flavour: Flavour) -> Iterator[Messages]:
    """Yield what TensorRT says until the block ends."""
    logger = logger_for(flavour)
    logger.messages = messages = Messages()
    try:
        yield messages
    finally:
        logger.messages = Messages()


def _one_line(message: str) -> str:
    return " ".join(message.split())[:400]


def _make(module: Any) -> Any:
    severities = module.ILogger.Severity if hasattr(module.ILogger, "Severity") else module.Logger.Severity
    serious = (severities.INTERNAL_ERROR, severities.ERROR)

    class Log(module.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            module.ILogger.__init__(self)
            self.messages = Messages()

        def log(self, severity: Any, message: str) -> None:
            if severity in serious:
                self.messages.errors.append(message)
            elif severity == severities.WARNING:
                self.messages.warnings.append(message)
            elif message.startswith("Layers:"):
                self.messages.layers = message
            elif found := _MEMORY.match(message):
                self.messages.memory[found[1].lower()] = int(found[2])

    return Log()
