"""How often a model would be shown as uncertain, and how often it is right otherwise, by the floor of the camera.

    python benchmarks/camera_floor.py [MODEL...] --data fer2013 [--split PublicTest] [--write] [--json]

A floor is the probability below which the camera shows `uncertain` (`edgefer run --floor`). Each face is one answer, not
smoothed over time as the camera does. Without a model: the shipped students.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import _script
import numpy as np

from edgefer.data.load import load_faces
from edgefer.evaluate.answers import Answers, answer
from edgefer.runtime.find import shipped_students
from edgefer.runtime.open import open_session
from edgefer.runtime.session import softmax
from edgefer.table import text_table

FLOORS = (0.0, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)


def rows(answers: Answers) -> list[list[str]]:
    """Floor, share uncertain, accuracy of the others and of the uncertain; percent."""
    surest = softmax(answers.logits).max(axis=1)
    right = answers.predicted == answers.truth
    return [
        [f"{floor:g}", _percent(surest < floor), _percent(right[surest >= floor]), _percent(right[surest < floor])]
        for floor in FLOORS
    ]


def _percent(values: np.ndarray) -> str:
    return f"{100 * values.mean():.1f} %" if len(values) else "-"


def unseen(_advance: int, _note: str) -> None:
    """Progress that nobody watches."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("models", type=Path, nargs="*")
    parser.add_argument("--data", required=True)
    parser.add_argument("--split", default="PublicTest")
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    faces = load_faces(options.data, options.split)
    for model in options.models or shipped_students().values():
        with open_session(model) as session:
            found = answer(session, faces, step=unseen)
        run.say(f"{found.card.name}, {len(faces):,} faces of {options.split}")
        run.say(text_table(["floor", "uncertain", "right of the others", "right of the uncertain"], rows(found)))
    _script.finish(run)


if __name__ == "__main__":
    main()
