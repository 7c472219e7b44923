from __future__ import annotations

from importlib import import_module

from edgefer.doctor.children import died
from edgefer.doctor.probe import PROBES


def test_every_probe_is_there_and_its_death_can_be_told():
    for probe in PROBES:
        module, _, function = probe.target.partition(":")
        assert callable(getattr(import_module(f"edgefer.doctor.probes.{module}"), function))
        assert died(probe, "gone").fix
    assert len({probe.target for probe in PROBES}) == len(PROBES)
