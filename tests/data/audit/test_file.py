from __future__ import annotations

import json
import os

import numpy as np
import pytest

from edgefer.data.audit.audit import audit
from edgefer.data.audit.file import check_place, to_json, write_audit
from edgefer.data.exclusion import read_exclusion, without
from edgefer.errors import ArtifactError
from tests.pictures import face_set, pictures


def copied():
    faces = pictures(14)
    faces[[4, 9]] = faces[2]
    return [face_set(faces, np.zeros(14)), face_set(faces[:5], np.ones(5), "PublicTest")]


def test_the_file_is_an_exclusion_list_that_loading_honours(tmp_path):
    sets = copied()
    write_audit(tmp_path / "audit.json", audit(sets, "noise"))
    assert read_exclusion(tmp_path / "audit.json").dataset == "noise"
    left = without(sets[0], tmp_path / "audit.json")
    np.testing.assert_array_equal(left.pixels, sets[0].pixels[[0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13]])
    assert len(without(sets[1], tmp_path / "audit.json")) == 0
    other = sets[0].take(np.arange(13))
    with pytest.raises(ArtifactError, match="was made from other faces than noise Training holds now"):
        without(other, tmp_path / "audit.json")


def test_the_file_says_all_that_was_found():
    values = json.loads(to_json(audit(copied(), "data/noise")))
    assert values["kind"] == "edgefer audit"
    assert (values["dataset"], values["source"], values["faces"], values["size"]) == (
        "noise",
        "data/noise",
        19,
        [48, 48],
    )
    assert values["totals"]["identical_groups"] == 4
    assert values["totals"]["identical_faces"] == 11
    assert values["totals"]["conflicting_groups"] == values["totals"]["groups_across_splits"] == 4
    largest = values["identical"][0]
    assert largest[0] == ["Training", 2, "anger"]
    assert largest[-1] == ["PublicTest", 4, "disgust"]
    assert values["splits"]["PublicTest"]["found"]["leaked"] == 5
    assert values["splits"]["Training"]["classes"]["anger"]["faces"] == 14
    assert sum(values["splits"]["Training"]["brightness_histogram"]) == 14
    assert values["exclude"]["Training"]["rows"] == {
        "4": "same picture as Training 2",
        "9": "same picture as Training 2",
    }
    assert values["near_excluded"] is True
    assert values["limits"]["near_correlation"] == 0.9


def test_an_earlier_audit_is_replaced_and_nothing_else(tmp_path):
    path = tmp_path / "audit.json"
    write_audit(path, audit(copied(), "noise"))
    first = path.read_bytes()
    write_audit(path, audit(copied()[:1], "noise"))
    assert path.read_bytes() != first
    foreign = tmp_path / "recipe.json"
    for words in ('{"exclude": {}}', ""):
        foreign.write_text(words)
        with pytest.raises(ArtifactError, match=r"recipe\.json is no report of an audit, and would be written over"):
            write_audit(foreign, audit(copied(), "noise"))
        assert foreign.read_text() == words


def test_a_place_that_takes_no_file_is_known_before_the_work(tmp_path, monkeypatch):
    check_place(tmp_path / "new" / "deep" / "audit.json")
    assert not (tmp_path / "new").exists()
    with pytest.raises(ArtifactError, match="is a directory"):
        check_place(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtifactError, match=r"cannot write .*audit\.json"):
        check_place(tmp_path / "file" / "audit.json")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(ArtifactError, match="is not a folder that takes files"):
        check_place(tmp_path / "audit.json")
