from __future__ import annotations

import json

import numpy as np
import pytest

from edgefer.card import InputSpec, Provenance
from edgefer.data.preprocess import network_input
from edgefer.emotions import FER2013, FERPLUS
from edgefer.errors import ArtifactError, DataError
from edgefer.quantize.calibration import make_calibration_set, open_calibration_set
from edgefer.quantize.pool import screen
from tests import tiny_net
from tests.quantize.commands import command_of


def make(folder, count=7, seed=0, faces=None, **card):
    return make_calibration_set(screen(faces or tiny_net.faces()), tiny_net.card(**card), count, folder, seed)


def test_a_set_holds_what_the_network_is_given(tmp_path):
    faces = tiny_net.faces()
    made = make(tmp_path / "set", 21)
    opened = open_calibration_set(tmp_path / "set")
    rows = list(opened.manifest.rows)
    np.testing.assert_array_equal(
        np.concatenate(list(opened.batches(8))), network_input(faces.pixels[rows], tiny_net.SPEC)
    )
    assert [len(batch) for batch in opened.batches(8)] == [8, 8, 5]
    assert len(opened) == 21
    assert made.sha256 == opened.sha256
    opened.check(tiny_net.card())
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["faces.npy", "manifest.json"]


def test_the_manifest_says_what_is_covered_and_what_was_skipped(tmp_path):
    faces = tiny_net.faces()
    pixels = np.array(faces.pixels)
    pixels[[4, 11]] = 9
    faces = faces.of("noise", "Training", FER2013, pixels, faces.labels)
    manifest = make(tmp_path / "set", 35, faces=faces).manifest
    coverage = manifest.coverage
    assert manifest.skipped == {"blank": 2}
    assert manifest.exclude is None
    assert not {4, 11} & set(manifest.rows)
    assert sum(coverage.faces["anger"]) == manifest.counts["anger"] == 5
    # Noise on the brightness of the label: one emotion is darker than the next.
    assert coverage.faces["anger"][0] == 5
    assert coverage.faces["neutral"][4] == 5
    levels = pixels.mean(axis=(1, 2))
    drawn = levels[list(manifest.rows)]
    assert coverage.drawn.mean == pytest.approx(drawn.mean(), abs=0.006)
    assert (coverage.drawn.darkest, coverage.drawn.brightest) == pytest.approx((drawn.min(), drawn.max()), abs=0.006)
    assert (coverage.split.darkest, coverage.split.brightest) == pytest.approx((9, levels.max()), abs=0.006)
    assert list(coverage.bounds) == sorted(coverage.bounds)
    assert len(coverage.bounds) == 4


def test_rows_are_places_in_the_whole_split_and_make_the_set_again(tmp_path):
    faces = tiny_net.faces()
    pixels = np.array(faces.pixels)
    pixels[:20] = 0  # the first that may be drawn is face 20
    faces = faces.of("noise", "Training", FER2013, pixels, faces.labels)
    first = make(tmp_path / "one", 14, seed=5, faces=faces)
    assert min(first.manifest.rows) >= 20
    assert make(tmp_path / "two", 14, seed=5, faces=faces).manifest == first.manifest
    np.testing.assert_array_equal(first.pixels, network_input(pixels[list(first.manifest.rows)], tiny_net.SPEC))
    assert make(tmp_path / "three", 14, seed=6, faces=faces).sha256 != first.sha256


def test_one_face_of_an_emotion_is_taken(tmp_path):
    faces = tiny_net.faces()
    kept = (faces.labels != 3) | (np.arange(140) == 3)
    counts = make(tmp_path / "set", 31, faces=faces.take(kept)).manifest.counts
    assert counts == {**dict.fromkeys(FER2013, 5), "happy": 1}


@pytest.mark.parametrize("count", [0, -1, 139])
def test_a_count_that_cannot_be_is_refused_with_the_number_that_is_left(tmp_path, count):
    pixels = np.array(tiny_net.faces().pixels)
    pixels[:2] = 9
    faces = tiny_net.faces().of("noise", "Training", FER2013, pixels, tiny_net.faces().labels)
    words = r"has 138 to draw from \(2 blank were skipped\).*--count with 1 to 138"
    with pytest.raises(DataError, match=words):
        make(tmp_path / "set", count, faces=faces)
    assert not (tmp_path / "set").exists()


def test_faces_of_which_none_is_left_are_refused(tmp_path):
    faces = tiny_net.faces().of("x", "Training", FER2013, np.zeros((9, 8, 8), np.uint8), np.zeros(9, np.int64))
    with pytest.raises(DataError, match=r"has 0 to draw from \(9 blank were skipped\)\. name other faces with --data"):
        make(tmp_path / "set", 1, faces=faces)


def test_faces_of_other_emotions_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"noise holds other emotions than tiny \(contempt\)"):
        make(tmp_path / "set", labels=FERPLUS)
    assert not (tmp_path / "set").exists()


def test_other_preprocessing_is_refused_with_what_differs_and_the_command(tmp_path):
    made = make(tmp_path / "a set", seed=4)
    other = tiny_net.card(input=InputSpec(height=32, width=32, mean=(0.5,), crop_margin=0.2))
    with pytest.raises(ArtifactError) as caught:
        made.check(other, tmp_path / "tiny.onnx")
    assert "mean 0.5077 instead of 0.5, crop_margin 0.0 instead of 0.2" in str(caught.value)
    assert command_of(caught.value) == [
        "edgefer", "calibrate", str(tmp_path / "tiny.onnx"), "--data", "noise", "--count", "7", "--seed", "4",
        "--out", str(tmp_path / "a set"),
    ]  # fmt: skip


def test_the_command_of_a_set_with_an_exclusion_list_names_the_list(tmp_path):
    faces, audit = tiny_net.faces(), tmp_path / "my audit.json"
    part = {"sha256": faces.sha256, "rows": {"0": "near copy"}}
    audit.write_text(json.dumps({"dataset": "noise", "exclude": {"Training": part}}))
    made = make_calibration_set(screen(faces, exclude=audit), tiny_net.card(), 7, tmp_path / "set")
    assert made.manifest.exclude.file == str(audit)
    assert len(made.manifest.exclude.sha256) == 64
    with pytest.raises(ArtifactError) as caught:
        made.check(tiny_net.card(input=InputSpec(height=40, width=40)))
    assert ["--exclude", str(audit)] == command_of(caught.value)[9:11]


def test_other_emotions_are_refused_and_another_order_is_not(tmp_path):
    made = make(tmp_path / "set")
    made.check(tiny_net.card(labels=("happiness", *(name for name in reversed(FER2013) if name != "happy"))))
    with pytest.raises(ArtifactError, match=r"other emotions than tiny \(contempt\)") as caught:
        made.check(tiny_net.card(labels=FERPLUS, provenance=Provenance(dataset="ferplus")))
    assert command_of(caught.value)[3:5] == ["--data", "ferplus"]


def test_another_dataset_than_the_model_was_trained_on_must_have_been_meant(tmp_path):
    made = make(tmp_path / "set")  # for `tiny`, which was trained on `demo`, from `noise`
    made.check(tiny_net.card())
    made.check(tiny_net.card(name="other", provenance=Provenance(dataset="noise")))
    made.check(tiny_net.card(name="other", provenance=Provenance()))
    with pytest.raises(ArtifactError, match="was drawn from noise for tiny, and other was trained on demo") as caught:
        made.check(tiny_net.card(name="other"))
    assert command_of(caught.value)[3:5] == ["--data", "demo"]


def test_altered_faces_are_refused_with_the_command(tmp_path):
    made = make(tmp_path / "set")
    path = made.folder / "faces.npy"
    altered = bytearray(path.read_bytes())
    altered[-1] ^= 1
    path.write_bytes(altered)
    with pytest.raises(ArtifactError, match=r"SHA-256 differs") as caught:
        open_calibration_set(made.folder, tmp_path / "tiny.onnx")
    assert command_of(caught.value)[2:7] == [str(tmp_path / "tiny.onnx"), "--data", "noise", "--count", "7"]
    path.unlink()
    with pytest.raises(ArtifactError, match=r"faces\.npy does not exist.*edgefer calibrate MODEL --data noise"):
        open_calibration_set(made.folder)


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
        make(tmp_path / "set")
    assert (tmp_path / "set" / "thesis.tex").read_text() == "years"
