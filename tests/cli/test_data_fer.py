"""`edgefer data prepare fer2013` and `ferplus`, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgefer.data.load import load_faces
from tests.conftest import one_line
from tests.fer_csv import PLAIN, write, write_votes

USAGES = ["Training"] * 8 + ["PublicTest"] * 3


@pytest.fixture
def _files() -> None:
    """Both files as published, in the working folder."""
    write(Path("fer2013.csv"), USAGES)
    write_votes(Path("fer2013new.csv"), USAGES, [*PLAIN, *PLAIN[:3]])


@pytest.mark.usefixtures("_files")
def test_ferplus_beside_fer2013_needs_no_option(cli):
    done = cli("data", "prepare", "ferplus", "--json")
    assert done.code == 0, done.err
    about = json.loads(done.out)
    assert (about["name"], about["path"]) == ("ferplus", "data/ferplus")
    assert about["counts"]["Training"]["contempt"] == 1
    assert len(load_faces("ferplus", "PublicTest")) == 3


@pytest.mark.usefixtures("_files")
def test_ferplus_with_every_option(cli, tmp_path):
    Path("fer2013.csv").rename(tmp_path / "faces.csv")
    done = cli(
        "data", "prepare", "ferplus", "--source", "fer2013new.csv", "--images", tmp_path / "faces.csv",
        "--protocol", "crossentropy", "--classes", "7",
    )  # fmt: skip
    assert done.code == 0, done.err
    faces = load_faces("ferplus-crossentropy-7", "Training")
    np.testing.assert_array_equal(faces.targets, np.eye(7, dtype=np.float32))


@pytest.mark.usefixtures("_files")
@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("ferplus", "--protocol", "majorty"), 2, "did you mean 'majority'?"),
        (("ferplus", "--classes", "9"), 2, "use --classes 7 or 8"),
        (("fer2013", "--protocol", "majority"), 2, "--protocol is not for fer2013"),
        (("ferplus", "--source", "other.csv"), 1, "other.csv does not exist. get fer2013new.csv from the GitHub"),
        (("ferplus", "--images", "other.csv"), 1, "other.csv does not exist. "),
        (("fer2013", "--source", "fer2013new.csv"), 1, "fer2013new.csv has no column 'emotion'"),
    ],
)
def test_a_wrong_wish_is_one_line(cli, args, code, words):
    outcome = cli("data", "prepare", *args)
    assert outcome.code == code
    assert words in one_line(outcome)
    assert not Path("data").exists()


def test_a_folder_mirror(cli):
    for name, level in (("angry", 10), ("neutral", 20), ("sad", 30)):
        folder = Path("fer/train") / name
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / "Training_1.jpg"), np.full((48, 48), level, np.uint8))
    done = cli("data", "prepare", "fer2013", "--source", "fer")
    assert done.code == 0, done.err
    assert "fer/train has no folder of happy, so no face of Training shows it" in done.err
    assert "Traceback" not in done.err
    faces = load_faces("fer2013", "Training")
    found = {faces.emotions[label]: int(face[0, 0]) for face, label in zip(faces.pixels, faces.labels, strict=True)}
    assert found == {"anger": 10, "neutral": 20, "sad": 30}
    assert "already holds fer" in cli("data", "prepare", "fer2013", "--source", "fer").err
