from __future__ import annotations

import numpy as np
import pytest

from edgefer.benchmark.candidate import Candidate, Kind, Role
from tests.conftest import ROOT


def known_candidate(name, role=Role.STUDENT, **changes):
    """A candidate of `subjects.NAME`; worker processes find it by PYTHONPATH."""
    return Candidate(
        model=name, runtime="known", kind=Kind.FACTORY, target=f"tests.subjects:{name}", role=role, threads=1, **changes
    )


def write_faces(path):
    np.save(path, np.random.default_rng(0).integers(0, 256, (4, 48, 48), np.uint8))
    return path


@pytest.fixture
def faces(tmp_path):
    return write_faces(tmp_path / "faces.npy")


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return known_candidate
