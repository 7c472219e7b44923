"""Rooms that can be called: `edgefer.benchmark` is a function to users and a package to those who look inside.

A package's submodules set their names on it when they are imported, whatever stood there before. So `edgefer.benchmark`
must be the package once anything in it was imported, and the package is made to answer like the function in its `api.py`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


class CallableRoom(ModuleType):
    """A package whose call is that of the function of its own name in its module `api`."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._function(*given, **named)

    @property
    def __signature__(self) -> inspect.Signature:
        """What `inspect.signature` and editors show."""
        return inspect.signature(self._function)

    @property
    def _function(self) -> Callable[..., Any]:
        name = self.__name__
        function: Callable[..., Any] = getattr(import_module(f"{name}.api"), name.rpartition(".")[2])
        return function


def callable_room(name: str) -> None:
    """Make the package of this name callable; it calls this at its end, with its own `__name__`."""
    sys.modules[name].__class__ = CallableRoom
