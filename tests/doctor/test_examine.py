from __future__ import annotations

import json

from edgefer.doctor import examine as module
from edgefer.doctor.children import died
from edgefer.doctor.examine import examine
from edgefer.doctor.finding import Group, Mark, Purpose
from edgefer.doctor.probe import PROBES


def test_when_every_probe_dies_the_doctor_still_answers(monkeypatch):
    monkeypatch.setattr(module, "ask", lambda probes, *_: {probe: (died(probe, "gone"),) for probe in probes})
    found = examine()
    order = list(Group)
    assert len(found.findings) == len(PROBES)
    assert [one.group for one in found.findings] == sorted((one.group for one in found.findings), key=order.index)
    assert all(found.lacking(purpose) for purpose in Purpose)
    values = json.loads(json.dumps(found.values()))
    assert values["ready"] == {"train": False, "build": False, "run": False}
    assert values["marks"]["missing"] == sum(one.mark is Mark.MISSING for one in found.findings)
