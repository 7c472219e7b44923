"""Noise in place of the drawn faces, wherever a build looks for faces."""

from __future__ import annotations

from edgefer.data.load import load_faces
from tests import tiny_net


def stand_in(monkeypatch) -> None:
    """Let `demo` be 140 faces of noise a split; other names find what they find."""
    from edgefer.engine import measure
    from edgefer.export import checkpoint
    from edgefer.quantize import source

    def load(name, split):
        if name != "demo":
            return load_faces(name, split)
        return tiny_net.faces(split=split, seed=int(split == "PublicTest"))

    for module in (measure, checkpoint, source):
        monkeypatch.setattr(module, "load_faces", load)
