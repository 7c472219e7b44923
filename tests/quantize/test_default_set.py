from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgefer.card import InputSpec, Provenance
from edgefer.data.store import write_store
from edgefer.errors import ArtifactError, UsageError
from edgefer.paths import DATA
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.pool import screen
from edgefer.quantize.source import default_folder, default_set, fitting_set, training_pool
from tests import tiny_net
from tests.datasets import dataset_of
from tests.quantize.commands import command_of

MODEL = Path("my models/tiny.onnx")
TRAINED = Provenance(dataset="noise")


def store(folder=DATA / "noise", seed=0, name="noise"):
    """A prepared store whose PublicTest holds three Training faces."""
    training, public = tiny_net.faces(seed=seed), tiny_net.faces(28, seed=seed + 50, split="PublicTest")
    public.pixels[:3] = training.pixels[:3]
    return write_store(folder, dataset_of([training, public], name))


def card(**changes):
    return tiny_net.card(**{"provenance": TRAINED, **changes})


def audit(path, store, *rows):
    splits = {"Training": rows, "PublicTest": ()}
    parts = {
        split: {"sha256": store.split(split).sha256, "rows": {str(row): "near copy" for row in numbers}}
        for split, numbers in splits.items()
    }
    path.write_text(json.dumps({"dataset": store.info.name, "exclude": parts}))
    return path


def test_faces_come_from_what_the_model_was_trained_on_and_stand_in_no_other_split():
    store()
    pool = training_pool(card())
    assert (pool.source, pool.faces.name, pool.faces.split) == ("noise", "noise", "Training")
    assert pool.skipped == {"also in PublicTest": 3}


def test_a_named_source_goes_before_the_card_and_a_list_is_honoured(tmp_path):
    path = audit(tmp_path / "audit.json", store(tmp_path / "lab", name="lab"), 7, 8)
    pool = training_pool(card(), str(tmp_path / "lab"), path)
    assert (pool.source, pool.faces.name) == (str(tmp_path / "lab"), "lab")
    assert pool.skipped == {"on the exclusion list": 2, "also in PublicTest": 3}


def test_drawn_faces_can_calibrate_too(monkeypatch):
    from edgefer.data import demo

    monkeypatch.setattr(demo, "SPLITS", {"Training": 28, "PublicTest": 7})
    pool = training_pool(card(), "demo")
    assert (pool.faces.name, pool.left) == ("demo", 28)


def test_a_model_that_does_not_say_gets_one_line():
    with pytest.raises(UsageError, match=r"does not say which faces it was trained on.*--data fer2013"):
        training_pool(card(provenance=Provenance()))


def test_faces_that_are_not_here_get_one_line():
    with pytest.raises(UsageError, match="edgefer data prepare fer2013"):
        training_pool(card(provenance=Provenance(dataset="fer2013")))


def test_the_default_set_is_made_once(capsys):
    store()
    made, existed = default_set(card(), MODEL)
    assert made.folder == Path("calibration/tiny-noise-137")
    assert not existed
    again, existed = default_set(card(), MODEL)
    assert existed
    assert again.manifest == made.manifest
    assert capsys.readouterr().err == ""


def stale_preprocessing(folder):
    make_calibration_set(training_pool(card()), card(input=InputSpec(height=40, width=40)), 137, folder)


def stale_data(folder):
    make_calibration_set(training_pool(card()), card(), 137, folder)
    store(seed=1)


def old_format(folder):
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "dataset": "noise", "rows": [1], "seed": 0}))


def altered_faces(folder):
    made = make_calibration_set(training_pool(card()), card(), 137, folder)
    np.save(made.folder / "faces.npy", np.zeros((137, 1, 32, 32), np.uint8))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (stale_preprocessing, "was made for other preprocessing (height 40 instead of 32, width 40 instead of 32)"),
        (stale_data, "was drawn from other faces than noise Training holds now"),
        (old_format, "was made before sets were balanced by brightness"),
        (altered_faces, "is not the file that calibration/tiny-noise-137/manifest.json describes"),
    ],
)
def test_a_default_set_that_does_not_fit_is_made_again_with_the_reason(capsys, spoil, reason):
    store()
    folder = default_folder(card(), training_pool(card()).faces, 137)
    spoil(folder)
    capsys.readouterr()
    made, existed = default_set(card(), MODEL)
    assert not existed
    said = capsys.readouterr().err
    assert reason in said
    assert said.endswith(": making it again\n")
    assert (made.folder, len(made)) == (folder, 137)
    assert default_set(card(), MODEL)[1]


def test_a_default_set_that_honours_a_list_is_not_replaced_by_one_that_does_not(tmp_path):
    path = audit(tmp_path / "audit.json", store(), 7)
    folder = default_folder(card(), training_pool(card()).faces, 137)
    kept = make_calibration_set(training_pool(card(), exclude=path), card(), 136, folder)
    assert default_set(card(), MODEL)[0].manifest == kept.manifest
    with pytest.raises(ArtifactError, match="was made for other preprocessing") as caught:
        default_set(card(input=InputSpec(height=40, width=40)), MODEL)
    assert str(path) in command_of(caught.value)
    assert fitting_set(folder, card(), MODEL).manifest == kept.manifest


def test_a_set_whose_store_changed_is_refused_with_the_command(tmp_path):
    store()
    folder = tmp_path / "a set"
    make_calibration_set(training_pool(card()), card(), 35, folder, seed=2)
    assert len(fitting_set(folder, card(), MODEL)) == 35
    store(seed=1)
    with pytest.raises(ArtifactError, match="drawn from other faces than noise Training holds now") as caught:
        fitting_set(folder, card(), MODEL)
    assert command_of(caught.value) == [
        "edgefer", "calibrate", str(MODEL), "--data", "noise", "--count", "35", "--seed", "2", "--out", str(folder),
    ]  # fmt: skip


def test_a_set_is_compared_with_the_store_that_it_names_or_else_with_the_one_of_its_dataset(tmp_path):
    lab = tmp_path / "the lab"
    store(lab)
    make_calibration_set(training_pool(card(), str(lab)), card(), 35, tmp_path / "set")
    store(seed=1)  # another store of the same name does not matter while the one it was drawn from is here
    assert len(fitting_set(tmp_path / "set", card(), MODEL)) == 35
    lab.rename(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match="drawn from other faces than noise Training holds now") as caught:
        fitting_set(tmp_path / "set", card(), MODEL)
    assert command_of(caught.value)[3:5] == ["--data", "noise"]


def test_a_set_travels_to_a_machine_without_its_faces(tmp_path):
    made = make_calibration_set(screen(tiny_net.faces()), card(), 35, tmp_path / "set")
    assert fitting_set(tmp_path / "set", card(), MODEL).manifest == made.manifest
