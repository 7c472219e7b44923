"""Every error that edgefer raises on purpose.

EdgeferError                 exit 1
├── UsageError               exit 2   the command line names something that does not exist
│   └── RecipeError          exit 2   a recipe has faults; all of them are listed
├── ArtifactError            exit 1   a checkpoint, ONNX file, engine, card or store is missing, damaged or another kind
│   └── UntrustedError       exit 1   a file that would execute code is not vouched for
├── DataError                exit 1   a dataset or a picture cannot be read
├── BackendError             exit 1   a library, driver, device or detector file is not here
├── BuildError               exit 1   a compiler refused, or its result is not what was asked for
├── SourceError              exit 1   a camera, video or picture source gives no frames
├── CheckFailed              exit 1   a measured value missed its limit
└── Interrupted              exit 130 the user pressed Ctrl-C

Each takes what is wrong (and where) and the fix, usually a line to type.
"""

from __future__ import annotations

_LONGEST = 6000  # characters of one part; a recipe with a fault in every key stays below


class EdgeferError(Exception):
    """Base of all errors raised on purpose; `str()` is one line: what is wrong, then the fix."""

    exit_code = 1

    def __init__(self, what: str, fix: str = "") -> None:
        self.what, self.fix = _without_stop(plain(what)), _without_stop(plain(fix))
        end = "" if self.what.endswith(("?", "...")) else "."
        super().__init__(f"{self.what}{end} {self.fix}" if self.fix else self.what)


class UsageError(EdgeferError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe has faults; the message lists all of them."""


class ArtifactError(EdgeferError):
    """A checkpoint, ONNX file, engine, card or store is missing, damaged or of another kind."""


class UntrustedError(ArtifactError):
    """A file whose loading can execute code is not vouched for by its card."""


class DataError(EdgeferError):
    """A dataset or a picture cannot be read."""


class BackendError(EdgeferError):
    """A library, driver, device or detector file is not on this machine."""


class BuildError(EdgeferError):
    """A compiler refused a network, or its result is not what was asked for."""


class SourceError(EdgeferError):
    """A camera, video or picture source gives no frames."""


class CheckFailed(EdgeferError):
    """A measured value missed its limit."""


class Interrupted(EdgeferError):
    """The user pressed Ctrl-C; the fix says how to go on."""

    exit_code = 130


def _without_stop(text: str) -> str:
    """A full stop at the end is `EdgeferError`'s to set; three are no full stop."""
    return text if text.endswith("...") else text.rstrip(".")


def plain(text: str) -> str:
    """Text for one line of a terminal: what is not printable as its escape, the middle of a very long one left out.

    Files name things that land in messages; a name may hold line ends, and sequences that rewrite a terminal.
    """
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
