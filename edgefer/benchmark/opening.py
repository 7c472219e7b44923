"""From a candidate to an open session."""

from __future__ import annotations

import importlib
from pathlib import Path

from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.card import Precision
from edgefer.runtime.session import Session


def open_candidate(candidate: Candidate) -> Session:
    """A session that runs as the candidate says. Raises as what opens its kind of target."""
    if candidate.kind is Kind.FACTORY:
        module, _, function = candidate.target.partition(":")
        session: Session = getattr(importlib.import_module(module), function)()
        return session
    path = Path(candidate.target)
    if candidate.kind is Kind.TORCH:
        return _torch(candidate, path)
    if candidate.kind is Kind.ONNXRUNTIME:
        from edgefer.runtime.onnx import OnnxSession

        return OnnxSession(path, candidate.threads, provider=candidate.provider.value)
    from edgefer.runtime.engine import open_engine

    return open_engine(path, candidate.trust, candidate.cuda_graph)


def _torch(candidate: Candidate, path: Path) -> Session:
    from edgefer.runtime.torch import TorchSession, open_checkpoint

    if candidate.precision is Precision.FP32 and not (candidate.compiled or candidate.cuda_graph):
        return open_checkpoint(path, candidate.threads)
    from edgefer.export.program import TYPES, Cast
    from edgefer.models.checkpoint import load

    network, card = load(path)
    rounded = candidate.precision is not Precision.FP32
    session = TorchSession(
        Cast(network, TYPES[candidate.precision]) if rounded else network,
        card.but(precision=candidate.precision),
        threads=candidate.threads,
        compiled=candidate.compiled,
        cuda_graph=candidate.cuda_graph,
    )
    if rounded:
        # Accuracy that is measured in it is not the float32 network's.
        session.backend += f", {candidate.precision.value}"
    return session
