from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from tests.conftest import ROOT

PICTURE = ROOT / "docs" / "images" / "overlay.png"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What the script says, and the picture that it makes."""
    file = tmp_path_factory.mktemp("readme") / "new" / "overlay.png"
    command = [sys.executable, str(ROOT / "scripts" / "readme_picture.py"), str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout, file


def test_it_is_that_in_the_repository(made):
    ours, new = (cv2.imread(str(file)).astype(int) for file in (PICTURE, made[1]))
    assert ours.shape == new.shape == (540, 960, 3)
    assert np.abs(ours - new).mean() < 5, "but for another OpenCV's fonts; 0.3 seconds earlier it is 20"
    assert max(PICTURE.stat().st_size, made[1].stat().st_size) < 150_000


def test_it_shows_four_people_as_they_act(made):
    assert [words.split()[0] for words in made[0].split("; ")[1].split(", ")] == ["anger", "surprise", "happy", "fear"]


def test_nothing_of_this_run_is_in_it(made):
    """What does not depend on the machine is the same to the last bit on each run."""
    again = made[1].with_name("again.png")
    subprocess.run([sys.executable, str(ROOT / "scripts" / "readme_picture.py"), str(again)], timeout=120, check=True)
    assert again.read_bytes() == made[1].read_bytes()
