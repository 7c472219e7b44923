"""What a network says of a face set."""

from __future__ import annotations

import numpy as np

from edgefer.console import Step
from edgefer.data.faces import FaceSet
from edgefer.data.preprocess import network_input
from edgefer.errors import ArtifactError, UsageError
from edgefer.evaluate.choices import Tta
from edgefer.evaluate.tta import average, views
from edgefer.runtime.session import Array, Session


def classify(
    session: Session,
    faces: FaceSet,
    batch: int = 64,
    step: Step | None = None,
    tta: Tta = Tta.NONE,
    columns: list[int] | None = None,
) -> Array:
    """Logits, float32 `[N, labels]` in the card's label order, for every face in the set's order.

    With test-time augmentation, the log of the mean of the views' probabilities. columns: which labels to keep, in
    which order, before any softmax. `step(faces, note)` is called after each batch. Raises UsageError for a batch below
    1 and ArtifactError when the network answers with numbers that are not finite.
    """
    if batch < 1:
        raise UsageError(f"a batch of {batch} faces is not possible", "use --batch 1 or more")
    kept = list(range(len(session.card.labels))) if columns is None else columns
    parts = [np.empty((0, len(kept)), np.float32)]
    broken = 0
    for start in range(0, len(faces), batch):
        pixels = faces.pixels[start : start + batch]
        seen = [session.infer(network_input(view, session.card.input)) for view in views(pixels, tta)]
        finite = np.all([np.isfinite(logits).all(axis=1) for logits in seen], axis=0)
        broken += int((~finite).sum())
        if not broken:
            parts.append(average([logits[:, kept] for logits in seen]))
        if step is not None:
            step(len(pixels), "")
    if broken:
        raise ArtifactError(
            f"{session.card.name} ({session.backend}) answers {broken} of {len(faces)} faces with numbers that are not finite",
            "its weights or its precision are broken: train or export it again",
        )
    return np.concatenate(parts)
