from __future__ import annotations

import json

import numpy as np
import pytest

from edgefer.data.exclusion import without
from edgefer.data.load import load_faces
from edgefer.errors import ArtifactError
from tests.distill.faces import squares


def _write(path, faces, rows, sha256=None, split=None):
    part = {"sha256": sha256 or faces.sha256, "rows": {str(row): "blank" for row in rows}}
    path.write_text(json.dumps({"schema": 1, "dataset": faces.name, "exclude": {split or faces.split: part}}))
    return path


def test_the_faces_on_the_list_go_and_the_rest_keeps_its_order(tmp_path):
    faces = squares(20)
    left = without(faces, _write(tmp_path / "audit.json", faces, [0, 7, 19]))
    kept = [row for row in range(20) if row not in (0, 7, 19)]
    np.testing.assert_array_equal(left.pixels, faces.pixels[kept])
    np.testing.assert_array_equal(left.labels, faces.labels[kept])
    assert left.sha256 != faces.sha256


def test_an_empty_list_changes_nothing(tmp_path):
    faces = squares(20)
    assert without(faces, _write(tmp_path / "audit.json", faces, [])) is faces


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sha256": "0" * 64}, r"was made from other faces than squares Training holds now"),
        ({"split": "PublicTest"}, r"says nothing of squares Training"),
        ({"rows": [20]}, r"names face 20, and squares Training has 20"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(tmp_path, change, words):
    faces = squares(20)
    path = _write(tmp_path / "audit.json", faces, **{"rows": [3], **change})
    with pytest.raises(ArtifactError, match=words + r"\. make it again: edgefer data audit squares --out "):
        without(faces, path)


def test_a_file_that_is_no_list_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="does not exist: an exclusion list"):
        without(squares(7), tmp_path / "none.json")
    (tmp_path / "recipe.json").write_text('{"dataset": "x"}')
    with pytest.raises(ArtifactError, match=r"recipe\.json is no exclusion list \(exclude: Field required\)"):
        without(squares(7), tmp_path / "recipe.json")


def test_drawn_faces_take_a_list_too(tmp_path):
    faces = load_faces("demo", "PublicTest")
    path = _write(tmp_path / "audit.json", faces, [5])
    assert len(load_faces("demo", "PublicTest", path)) == len(faces) - 1
