from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import pytest

from edgefer import paths
from edgefer.doctor.finding import Mark, Purpose
from edgefer.doctor.probes import folders

NOBODY = 65534
ASK = """
import json, os, sys
from edgefer.doctor.probes import folders
if os.geteuid() == 0:
    os.setegid({id}), os.seteuid({id})
print(json.dumps({{one.name: one.values() for one in folders.writing()}}))
"""


def rows():
    return {one.name: one for one in folders.writing()}


@pytest.fixture
def place():
    """A folder that other users may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="edgefer-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def asked(place: Path, home: Path) -> dict[str, dict[str, object]]:
    """What somebody who is not root is told in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(id=NOBODY)],
        cwd=place,
        env={**os.environ, "EDGEFER_HOME": str(place / "cache"), "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def follow(fix: str, place: Path) -> None:
    """Type the line as the person whom it was told; sudo is what the test runs as."""
    line = fix.replace("sudo ", "").replace('"$(id -un)"', str(NOBODY if os.geteuid() == 0 else os.geteuid()))
    subprocess.run(line, shell=True, cwd=place, check=True)


def test_an_empty_folder_can_be_written_and_stays_empty():
    found = rows()
    assert list(found) == ["cache", "runs/", "engines/", "calibration/"]
    assert {one.mark for one in found.values()} == {Mark.OK}
    assert list(Path.cwd().iterdir()) == []
    assert not paths.cache_dir().exists()


def test_the_advice_for_folders_of_somebody_else_turns_them_green(place):
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a folder of somebody else")
    for name in ("runs", "cache", "engines"):
        (place / name).mkdir(mode=0o755)
    found = asked(place, place)
    for name in ("runs/", "cache", "engines/"):
        assert found[name]["mark"] == "missing"
        assert "Permission denied" in found[name]["fact"]
        assert found[name]["fix"].startswith("sudo chown -R ")
        follow(found[name]["fix"], place)
    after = asked(place, place)
    assert [after[name]["mark"] for name in ("runs/", "cache", "engines/")] == ["ok"] * 3


def test_the_advice_for_a_folder_of_ones_own_turns_it_green(place):
    (place / "runs").mkdir()
    if os.geteuid() == 0:
        os.chown(place / "runs", NOBODY, NOBODY)
    (place / "runs").chmod(0o555)
    found = asked(place, place)["runs/"]
    assert found["fix"] == f"chmod u+rwx {place / 'runs'}"
    follow(found["fix"], place)
    assert asked(place, place)["runs/"]["mark"] == "ok"


def test_the_advice_where_nothing_can_be_made_turns_it_green(place):
    if os.geteuid() != 0:
        place.chmod(0o555)
    home = place / "home"
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    found = asked(place, home)
    assert found["calibration/"]["fix"] == f"cd {home}"
    assert found["cache"]["fix"] == f"export EDGEFER_HOME={home / 'edgefer'}"
    place.chmod(0o755)
    assert asked(home, home)["calibration/"]["mark"] == "ok"  # cd
    assert asked(home, home)["cache"]["mark"] == "ok"  # the fixture's EDGEFER_HOME is below that folder


def test_a_file_in_the_place_of_a_folder():
    Path("runs").write_text("mine")
    found = rows()["runs/"]
    assert (found.mark, found.fact) == (Mark.MISSING, f"{Path('runs').absolute()} is no folder")
    subprocess.run(found.fix, shell=True, check=True)
    assert rows()["runs/"].mark is Mark.OK
    Path("engines").symlink_to("gone")
    assert rows()["engines/"].mark is Mark.MISSING


def test_a_file_system_that_takes_nothing(monkeypatch):
    """/proc refuses root as well."""
    monkeypatch.setenv("EDGEFER_HOME", "/proc/edgefer")
    found = rows()["cache"]
    assert (found.mark, found.needed_for) == (Mark.MISSING, (Purpose.TRAIN,))
    variable, _, value = found.fix.removeprefix("export ").partition("=")
    monkeypatch.setenv(variable, value)
    assert rows()["cache"].mark is Mark.OK


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "mark"), [(50 << 30, Mark.OK), (1 << 30, Mark.WARNING), (10 << 20, Mark.MISSING)])
def test_room_on_the_disk(monkeypatch, free, mark):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 << 30, 0, free))
    found = folders.disk()
    assert {one.mark for one in found} == {mark}
    assert f"{free / 1e9:.1f} of 107.4 GB free" in found[0].fact


def test_the_disk_of_the_cache_is_another_one(monkeypatch):
    if not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == Path.cwd().stat().st_dev:
        pytest.skip("needs two file systems")
    monkeypatch.setenv("EDGEFER_HOME", "/dev/shm/edgefer")
    assert [one.name for one in folders.disk()] == ["disk", "disk of the cache"]
