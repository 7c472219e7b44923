"""NVIDIA's management library, asked so that one refusal costs one figure and not the whole reading."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Any


class Unavailable(Exception):
    """Why a probe has nothing to say; `str()` is the reason in one line."""


# The driver's own, WSL's and the integrated GPU's of a Jetson.
_NODES = ("dev/nvidiactl", "dev/dxg", "dev/nvmap")


def has_device(root: Path = Path("/")) -> bool:
    """Whether a driver has put an NVIDIA GPU's device file here; nothing is loaded to find out."""
    return any((root / node).exists() for node in _NODES)


class Nvml:
    """NVML while the `with` block lasts. Raises Unavailable when the package or the driver is not here."""

    def __init__(self) -> None:
        if not has_device():
            raise Unavailable("no NVIDIA driver is installed")
        try:
            import pynvml
        except ImportError as error:
            raise Unavailable("nvidia-ml-py is not installed: pip install nvidia-ml-py") from error
        self._library: Any = pynvml
        self.ask("nvmlInit")

    def ask(self, function: str, *arguments: Any) -> Any:
        """Call by name; raises Unavailable when this NVML lacks the function, the GPU refuses it, or it breaks."""
        try:
            call = getattr(self._library, function)
        except AttributeError as error:
            raise Unavailable(f"this nvidia-ml-py has no {function}") from error
        try:
            return call(*arguments)
        except Exception as error:
            # Half an NVML throws more than NVMLError, and nothing that it throws may end a benchmark.
            first = (str(error).splitlines() or [""])[0]
            raise Unavailable(f"NVML says {first or type(error).__name__}") from error

    def constant(self, name: str) -> int:
        """A constant by name, such as `NVML_CLOCK_SM`."""
        return int(getattr(self._library, name))

    def handles(self) -> list[Any]:
        """A handle of each GPU of the machine, hidden ones (CUDA_VISIBLE_DEVICES) included."""
        return [self.ask("nvmlDeviceGetHandleByIndex", index) for index in range(self.ask("nvmlDeviceGetCount"))]

    def close(self) -> None:
        """Give NVML back. NVML counts its users, so others in this process keep theirs."""
        with contextlib.suppress(Unavailable):
            self.ask("nvmlShutdown")

    def __enter__(self) -> Nvml:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
