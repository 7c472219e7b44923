from __future__ import annotations

import json

import pytest

from edgefer.doctor.finding import Finding, Group, Mark, Purpose, from_values


def test_a_finding_survives_json():
    found = Finding(
        Group.GPU, "GPU 0", Mark.MISSING, "gone", "sudo reboot", (Purpose.RUN,), {"gpus": [{"target": "sm89"}]}
    )
    assert from_values(json.loads(json.dumps(found.values()))) == found


@pytest.mark.parametrize("mark", [Mark.WARNING, Mark.MISSING])
def test_what_is_wrong_has_a_line_that_fixes_it(mark):
    with pytest.raises(ValueError, match="without a line that fixes it"):
        Finding(Group.GPU, "GPU", mark, "gone", "", (Purpose.RUN,))


def test_nothing_is_missing_that_nothing_needs():
    with pytest.raises(ValueError, match="needed for nothing"):
        Finding(Group.GPU, "GPU", Mark.MISSING, "gone", "sudo reboot")


@pytest.mark.parametrize("values", [{}, {"group": "Kitchen"}, {"group": "GPU", "name": "x", "mark": "ok"}])
def test_other_json_is_no_finding(values):
    with pytest.raises((KeyError, ValueError, TypeError)):
        from_values(values)
