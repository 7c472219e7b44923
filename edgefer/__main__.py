"""`edgefer` and `python -m edgefer`: what has to hold before the command line itself is imported."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from types import FrameType

STOPPED = 130  # what shells give for Ctrl-C


def main() -> None:
    """Run the command of `sys.argv`. Ctrl-C ends it in one line with exit code 130, also while packages are imported."""
    ctrl_c = _CtrlC()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # what runs in the background ignores it
        signal.signal(signal.SIGINT, ctrl_c)
    if sys.argv[1:2] == ["run"]:
        # Imports leave next to no garbage, and looking for it costs a run 25 ms; it does so again from the first frame on.
        gc.disable()
    try:
        from edgefer.cli.main import main as command_line

        ctrl_c.at_once = False
        command_line()
    except SystemExit as stop:
        if stop.code == STOPPED and ctrl_c.pressed and not _told(stop):
            _tell()
        raise
    except BaseException:
        if not ctrl_c.pressed:
            raise
        _tell()
        sys.exit(STOPPED)
    finally:
        gc.enable()


class _CtrlC:
    """Ends the process at once where nothing was begun, later by a KeyboardInterrupt.

    pressed: whether it was: packages whose import is interrupted make an ImportError of it, as ONNX Runtime does.
    """

    def __init__(self) -> None:
        self.at_once = True
        self.pressed = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.pressed = True
        if self.at_once:
            _tell()
            os._exit(STOPPED)
        raise KeyboardInterrupt


def _told(stop: SystemExit) -> bool:
    """Whether the command has said itself what was interrupted, and how to go on."""
    from edgefer.errors import EdgeferError

    return isinstance(stop.__context__, EdgeferError)


def _tell() -> None:
    with contextlib.suppress(OSError):
        os.write(2, b"interrupted\n")


if __name__ == "__main__":
    main()
