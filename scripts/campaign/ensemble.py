"""The teacher ensemble: which of the trained networks it holds, chosen on PublicTest, and its kept answers."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

RUNS, ANSWERS, CHOSEN = Path("runs"), Path("answers"), Path("ensemble.json")
PART_BYTES = 15_000_000


def make(spec: dict[str, Any]) -> None:
    """Choose the members, then ask them for every view of the students' recipe, in files below 16 MB.

    spec: `teachers`, `recipe` and `changes`. A view that was asked before is in the campaign's cache.
    """
    import torch

    from edgefer.distill.answers import ask_views, card_of, write_answers
    from edgefer.distill.numerics import computes_in_bf16
    from edgefer.distill.parallel import default_device
    from edgefer.distill.run import faces_of
    from edgefer.distill.teachers import load_teachers
    from edgefer.models.network import Network
    from edgefer.recipe import load

    paths = [path for name in spec["teachers"] if (path := RUNS / name / "best.safetensors").is_file()]
    if not paths:
        raise SystemExit("no teacher has a best epoch yet")
    recipe = load(spec["recipe"], (*spec["changes"], "teacher.recipes=[]", f"teacher.checkpoints={_listed(paths)}"))
    faces, device = faces_of(recipe), default_device()
    chosen = _choose(paths, faces.choosing, device)
    CHOSEN.write_text(json.dumps(chosen, indent=2) + "\n", encoding="utf-8")
    for line in chosen["ranking"][:5]:
        print(f"{line['accuracy']:.2%} {' + '.join(line['members'])}")
    teachers = load_teachers([Path(path) for path in chosen["checkpoints"]], faces.training.emotions, device)
    network = teachers.networks[0]
    assert isinstance(network, Network)
    bf16 = device.type == "cuda" or computes_in_bf16(recipe, network.body, teachers.cards[0].input, device)
    card = card_of(recipe, teachers, faces.training, faces.choosing.split, chosen["accuracy"])
    each = len(faces.training) * len(faces.training.emotions) * 2
    size = max(1, PART_BYTES // each)
    begin = time.monotonic()
    with torch.no_grad():
        for part, first in enumerate(range(0, recipe.augment.views, size)):
            numbers = range(first, min(first + size, recipe.augment.views))
            views = ask_views(teachers, recipe, faces.training, device, numbers, bf16)
            write_answers(ANSWERS / f"answers-{part}.safetensors", card, views)
    print(f"{recipe.augment.views} views of {len(faces.training):,} faces in {time.monotonic() - begin:.0f} s")


def _choose(paths: list[Path], choosing: Any, device: Any) -> dict[str, Any]:
    """Every set of these networks, by the accuracy of its mean logits on the choosing faces, single crop."""
    import torch

    from edgefer.distill.batches import planes
    from edgefer.distill.teachers import ensemble, load_teachers

    logits: dict[Path, Any] = {}
    for path in paths:
        one = load_teachers([path], choosing.emotions, device)
        logits[path] = torch.cat([one.logits(part.float()) for part in planes(choosing, device).split(512)]).cpu()
    labels = torch.from_numpy(choosing.labels.copy())
    ranking = []
    for count in range(1, len(paths) + 1):
        for members in itertools.combinations(paths, count):
            answer = ensemble([logits[path] for path in members], [1.0] * count, "logits")
            ranking.append((float((answer.argmax(1) == labels).float().mean()), members))
    ranking.sort(key=lambda line: (line[0], len(line[1])), reverse=True)
    accuracy, members = ranking[0]
    return {
        "accuracy": accuracy,
        "faces": len(labels),
        "split": choosing.split,
        "checkpoints": [str(path) for path in members],
        "ranking": [{"accuracy": one, "members": [path.parent.name for path in those]} for one, those in ranking],
    }


def _listed(paths: list[Path]) -> str:
    return json.dumps([str(path) for path in paths])
