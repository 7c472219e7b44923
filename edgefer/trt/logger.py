"""One logger object a process for each flavour: TensorRT keeps the first it sees and warns about any other.

It prints nothing. It keeps errors and warnings, and the layer table of a build, for whoever asks.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from edgefer.trt.flavour import Flavour

_loggers: dict[str, Any] = {}


@dataclass
class Messages:
    """What TensorRT said during one piece of work; `layers` is its table of fused layers, empty when it gave none."""

    errors: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    warnings: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    layers: str = ""

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

    return Log()
