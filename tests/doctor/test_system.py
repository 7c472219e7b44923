from __future__ import annotations

import platform

import pytest

from edgefer.benchmark import jetson
from edgefer.doctor.finding import Mark
from edgefer.doctor.probes import system

ORIN_NANO = """
< POWER_MODEL ID=0 NAME=15W >
< POWER_MODEL ID=1 NAME=25W >
< POWER_MODEL ID=2 NAME=MAXN_SUPER >
"""


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A Jetson's files."""

    def make(release, mode="MAXN_SUPER", package="6.2+b77", modes=ORIN_NANO):
        for path, content in (
            ("proc/device-tree/compatible", "nvidia,p3767\0nvidia,tegra234"),
            ("etc/nv_tegra_release", release),
            ("etc/nvpmodel.conf", modes),
        ):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        monkeypatch.setattr(jetson, "_power_mode", lambda: mode)
        monkeypatch.setattr(system, "_dpkg", lambda: package)
        return {one.name: one for one in system.jetson(tmp_path)}

    return make


R36 = "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic"


def test_every_machine_has_these():
    found = {one.name: one for one in system.system()}
    assert list(found) == ["Python", "system", "processor", "memory"]
    assert found["Python"].details["version"] == platform.python_version()
    assert platform.machine() in found["system"].fact
    assert found["memory"].fact.endswith(" GB")


def test_other_machines_have_no_jetpack(tmp_path):
    assert system.jetson(tmp_path) == []


def test_a_jetson_at_its_best(board):
    found = board(R36)
    assert {one.mark for one in found.values()} == {Mark.OK}
    assert found["JetPack"].fact == "6.2+b77, Linux for Tegra 36.4.3"
    assert found["power mode"].fact.startswith("MAXN_SUPER")


def test_a_jetpack_that_is_too_old(board):
    found = board("# R35 (release), REVISION: 5.0, GCID: 1")["JetPack"]
    assert (found.mark, found.details["l4t"]) == (Mark.WARNING, "35.5.0")
    assert "older than 10.3" in found.fact
    assert "JetPack 6.1" in found.fix


def test_a_board_without_jetpacks_libraries(board):
    assert board(R36, package="")["JetPack"].fix == "sudo apt install nvidia-jetpack"
    assert board("")["JetPack"].mark is Mark.WARNING


def test_a_slower_power_mode_names_the_number_of_the_fastest(board):
    found = board(R36, mode="15W")["power mode"]
    assert (found.mark, found.fix) == (Mark.WARNING, "sudo nvpmodel -m 2")
    assert board(R36, mode="15W", modes="")["power mode"].mark is Mark.OK


def test_little_memory(monkeypatch):
    monkeypatch.setattr(system, "memory_bytes", lambda: 1 << 30)
    found = {one.name: one for one in system.system()}["memory"]
    assert found.mark is Mark.WARNING
    assert "swapon" in found.fix
    monkeypatch.setattr(system, "memory_bytes", lambda: None)
    assert {one.name: one for one in system.system()}["memory"].mark is Mark.OK
