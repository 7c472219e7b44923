from __future__ import annotations

import json

import numpy as np
import pytest

from edgefer.card import InputSpec
from edgefer.data.faces import FaceSet
from edgefer.data.preprocess import network_input
from edgefer.emotions import FER2013, FERPLUS
from edgefer.errors import ArtifactError, DataError
from edgefer.quantize.calibration import balanced_rows, make_calibration_set, open_calibration_set
from tests import tiny_net


def uneven(*numbers):
    labels = np.repeat(np.arange(len(numbers)), numbers)
    pixels = np.arange(len(labels), dtype=np.uint8)[:, None, None] * np.ones((1, 20, 20), np.uint8)
    return FaceSet.of("uneven", "Training", FER2013[: len(numbers)], pixels, labels.astype(np.int64))


def test_a_set_holds_what_the_network_is_given(tmp_path):
    faces = tiny_net.faces()
    made = make_calibration_set(faces, tiny_net.SPEC, 21, tmp_path / "set")
    opened = open_calibration_set(tmp_path / "set")
    rows = list(opened.manifest.rows)
    np.testing.assert_array_equal(
        np.concatenate(list(opened.batches(8))), network_input(faces.pixels[rows], tiny_net.SPEC)
    )
    assert [len(batch) for batch in opened.batches(8)] == [8, 8, 5]
    assert len(opened) == 21
    assert opened.manifest.counts == dict.fromkeys(FER2013, 3)
    assert (opened.manifest.dataset, opened.manifest.split) == ("noise", "Training")
    assert opened.manifest.data_sha256 == faces.sha256
    assert made.sha256 == opened.sha256
    opened.check(tiny_net.card())
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["faces.npy", "manifest.json"]


def test_rows_are_balanced_as_far_as_the_emotions_allow():
    faces = uneven(100, 3, 50, 7)
    counts = np.bincount(faces.labels[balanced_rows(faces, 40, seed=0)])
    assert counts.tolist() == [15, 3, 15, 7]
    assert np.bincount(faces.labels[balanced_rows(faces, 160, seed=0)]).tolist() == [100, 3, 50, 7]
    rows = balanced_rows(faces, 40, seed=0)
    assert len(set(rows.tolist())) == 40
    assert rows.tolist() == sorted(rows.tolist())


def test_the_seed_decides_which_faces(tmp_path):
    sets = [make_calibration_set(tiny_net.faces(), tiny_net.SPEC, 28, tmp_path / "set", seed) for seed in (1, 1, 2)]
    assert sets[0].manifest == sets[1].manifest
    assert sets[0].manifest.rows != sets[2].manifest.rows
    assert sets[0].sha256 != sets[2].sha256


def test_only_training_faces_are_drawn(tmp_path):
    with pytest.raises(DataError, match="come from Training alone, not from PublicTest"):
        make_calibration_set(tiny_net.faces(split="PublicTest"), tiny_net.SPEC, 7, tmp_path / "set")
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("count", [0, -1, 141])
def test_a_count_that_cannot_be_is_refused(tmp_path, count):
    with pytest.raises(DataError, match=r"has 140.*--count with 1 to 140"):
        make_calibration_set(tiny_net.faces(), tiny_net.SPEC, count, tmp_path / "set")


def test_other_preprocessing_is_refused_with_what_differs_and_the_command(tmp_path):
    made = make_calibration_set(tiny_net.faces(), tiny_net.SPEC, 7, tmp_path / "set")
    other = tiny_net.card(input=InputSpec(height=32, width=32, mean=(0.5,), crop_margin=0.2))
    with pytest.raises(ArtifactError) as caught:
        made.check(other)
    assert "mean 0.5077 instead of 0.5, crop_margin 0.0 instead of 0.2" in str(caught.value)
    assert f"edgefer calibrate tiny --data noise --count 7 --out {tmp_path / 'set'}" in caught.value.fix


def test_other_emotions_are_refused_and_another_order_is_not(tmp_path):
    made = make_calibration_set(tiny_net.faces(), tiny_net.SPEC, 7, tmp_path / "set")
    made.check(tiny_net.card(labels=("happiness", *(name for name in reversed(FER2013) if name != "happy"))))
    with pytest.raises(ArtifactError, match=r"other emotions than tiny \(contempt\)"):
        made.check(tiny_net.card(labels=FERPLUS))


def test_altered_faces_are_refused_with_the_command(tmp_path):
    made = make_calibration_set(tiny_net.faces(), tiny_net.SPEC, 7, tmp_path / "set")
    path = made.folder / "faces.npy"
    altered = bytearray(path.read_bytes())
    altered[-1] ^= 1
    path.write_bytes(altered)
    with pytest.raises(ArtifactError, match=r"SHA-256 differs.*edgefer calibrate MODEL --data noise --count 7 --out"):
        open_calibration_set(made.folder)


def test_faces_that_do_not_fit_the_manifest_are_refused(tmp_path):
    made = make_calibration_set(tiny_net.faces(), tiny_net.SPEC, 7, tmp_path / "set")
    path = made.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["input"]["height"] = 48
    path.write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"not what .*manifest\.json describes"):
        open_calibration_set(made.folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "manifest.json is damaged"), ("", "is empty"), ('{"rows": []}', "is damaged")],
)
def test_a_damaged_manifest_is_refused(tmp_path, content, words):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ArtifactError, match=words):
        open_calibration_set(tmp_path)


def test_what_is_no_set_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtifactError, match="is a file, not the folder"):
        open_calibration_set(tmp_path / "file")
    with pytest.raises(ArtifactError, match="does not exist"):
        open_calibration_set(tmp_path)


def test_a_folder_with_other_things_is_not_replaced(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "thesis.tex").write_text("years")
    with pytest.raises(ArtifactError, match=r"such as thesis\.tex"):
        make_calibration_set(tiny_net.faces(), tiny_net.SPEC, 7, tmp_path / "set")
    assert (tmp_path / "set" / "thesis.tex").read_text() == "years"
