"""docs/bundles.md: what its commands print is what they print."""

from __future__ import annotations

import re
import shlex

import pytest

from edgefer.bundle.target import Target
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "bundles.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^    \$ edgefer (bundle fer2013\S* --for \w+)\n((?:    .*\n)+)", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("command", "printed"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_prints_what_the_page_shows(cli, command, printed):
    done = cli(*shlex.split(command))
    assert done.code == 0, done.err
    shown = [line.removeprefix("    ") for line in printed.splitlines()]
    assert done.out.splitlines() + done.err.splitlines() == shown


def test_every_target_is_shown():
    assert {command.split()[-1] for command, _ in SHOWN} == {target.value for target in Target}
