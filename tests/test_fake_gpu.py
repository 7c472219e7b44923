"""The fake CUDA takes what cuda.bindings.runtime takes, of CUDA 12 and 13, and nothing else."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from tests import fake_gpu

ROWS = [line.split("\t") for line in (Path(__file__).parent / "cudart_api.tsv").read_text().splitlines()[2:]]
REAL = {name: {int(count) for count in counts} for name, *counts in ROWS}


@pytest.mark.parametrize(
    "name", [name for name in vars(fake_gpu.Cuda) if inspect.isfunction(vars(fake_gpu.Cuda)[name])]
)
def test_the_fake_has_the_real_functions_with_their_arguments(name):
    if not name.startswith("_"):
        assert {len(inspect.signature(getattr(fake_gpu.Cuda, name)).parameters) - 1} == REAL[name]


def test_the_real_bindings_are_as_the_table_says():
    runtime = pytest.importorskip("cuda.bindings.runtime")
    for name, counts in REAL.items():
        head = getattr(runtime, name).__doc__.splitlines()[0]
        arguments = head.partition("(")[2].rpartition(")")[0].split(",")
        assert len([one for one in arguments if one.strip()]) in counts
