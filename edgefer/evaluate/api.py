"""`edgefer.evaluate`: how well a model labels faces, for Python programs."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from edgefer.choice import choice
from edgefer.console import telling
from edgefer.data.faces import FaceSet
from edgefer.evaluate.choices import Tta
from edgefer.evaluate.result import EvaluationResult, Request, run
from edgefer.runtime.open import open_session
from edgefer.runtime.session import Session


def evaluate(
    model: str | Path | Session,
    faces: str | Path | FaceSet | None = None,
    *,
    split: str | None = None,
    against: str | Path | Session | None = None,
    exclude: str | Path | None = None,
    common: bool = False,
    tta: str | Tta = Tta.NONE,
    max_drop: float | None = None,
    max_class_drop: float | None = None,
    batch: int = 64,
    threads: int | None = None,
    trust: bool = False,
    verbose: bool = False,
) -> EvaluationResult:
    """Label faces and compare with the truth: what `edgefer evaluate` measures (docs/evaluation.md).

    model: what `edgefer.load` takes, or an open session, which stays open.
    faces: `demo`, a prepared store's name or its folder; a `FaceSet` of the program's own; None for what the model was
        trained on. split: of a store; None for the one that chose the model's epoch.
    against: a reference on the same faces. max_drop, max_class_drop: how many percentage points accuracy, and the recall
        of any emotion, may be below the reference's; `result.against.verdict` says whether they hold, and its `check()`
        raises CheckFailed where they do not.
    exclude: an exclusion list, as `edgefer data audit` writes it: a second protocol without its faces. common: judge only
        the emotions that model and faces both know. tta: `none`, `flip` or `ten-crop`: views of a face to average.
    batch: faces at once, 1 or more. threads, trust: as for `edgefer.load`. verbose: progress on stderr.

    Returns an `EvaluationResult`; its figures are fractions 0..1, with 95 % intervals from resampled faces
    (`edgefer/evaluate/bootstrap.py`), and `to_dict()` gives what `--json` prints. Raises UsageError for faces, a split or
    a setting that does not exist, DataError where the labels of model and faces do not fit, ArtifactError and
    BackendError as `edgefer.load`.
    """
    request = Request(
        faces if isinstance(faces, FaceSet) or faces is None else str(faces),
        split,
        None if exclude is None else Path(exclude),
        common,
        choice(Tta, tta, "test-time augmentation"),
        batch,
        max_drop,
        max_class_drop,
    )
    with ExitStack() as held, telling(verbose):
        opened = [
            one if isinstance(one, Session) else held.enter_context(open_session(Path(one), threads, trust))
            for one in (model, against)
            if one is not None
        ]
        return run(opened[0], opened[1] if len(opened) > 1 else None, request)
