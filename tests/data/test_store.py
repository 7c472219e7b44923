from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from edgefer import emotions
from edgefer.data.faces import FaceSet
from edgefer.data.prepare import prepare
from edgefer.data.readers.fer2013 import FER2013
from edgefer.data.store import FACES, LABELS, MANIFEST, SPLITS, open_store, read_manifest, write_store
from edgefer.errors import ArtifactError, DataError, UsageError
from edgefer.paths import sha256
from tests.datasets import dataset_of
from tests.fer_csv import write

USAGES = ["Training"] * 9 + ["PublicTest"] * 5 + ["PrivateTest"] * 3


@pytest.fixture
def source(tmp_path):
    write(tmp_path / "fer2013.csv", USAGES)
    return tmp_path / "fer2013.csv"


@pytest.fixture
def store(source, tmp_path):
    return prepare(FER2013, source, tmp_path / "data" / "fer2013")


def test_a_split_holds_its_faces_in_official_order(store, tmp_path):
    pixels = write(tmp_path / "again.csv", USAGES)
    assert store.splits == ("Training", "PublicTest", "PrivateTest")
    faces = store.split("PublicTest")
    np.testing.assert_array_equal(faces.pixels, pixels[9:14])
    assert faces.labels.tolist() == [2, 3, 4, 5, 6]
    assert faces.labels.dtype == np.int64
    assert faces.emotions == emotions.FER2013
    assert (faces.name, faces.split) == ("fer2013", "PublicTest")
    assert store.rows("PublicTest").tolist() == [9, 10, 11, 12, 13]


def test_a_split_stays_on_disk(store):
    faces = store.split("Training")
    assert np.shares_memory(faces.pixels, store.pixels)
    assert not faces.pixels.flags.owndata
    assert not faces.pixels.flags.writeable


def test_the_hash_of_a_split_is_that_of_its_faces(store):
    faces = store.split("Training")
    again = FaceSet.of("other", "name", faces.emotions, faces.pixels.copy(), faces.labels)
    assert faces.sha256 == again.sha256
    assert faces.sha256 != store.split("PublicTest").sha256


def test_the_manifest_says_where_it_comes_from_and_what_it_holds(store, source):
    info = read_manifest(store.path)
    assert (info.format, info.name, info.source, info.size) == (1, "fer2013", "fer2013.csv", (48, 48))
    assert info.source_sha256 == sha256(source)
    assert info.splits["PrivateTest"].emotions == {
        "anger": 1, "disgust": 1, "fear": 1, "happy": 0, "sad": 0, "surprise": 0, "neutral": 0,
    }  # fmt: skip
    assert {name: split.faces for name, split in info.splits.items()} == {
        "Training": 9,
        "PublicTest": 5,
        "PrivateTest": 3,
    }


def test_splits_that_are_not_there_are_not_listed(tmp_path):
    write(tmp_path / "two.csv", ["Training", "PrivateTest"])
    store = prepare(FER2013, tmp_path / "two.csv", tmp_path / "two")
    assert store.splits == ("Training", "PrivateTest")
    assert store.rows("PrivateTest").tolist() == [1]
    with pytest.raises(UsageError, match=r"no split 'PublicTest'\. its splits are: Training, PrivateTest"):
        store.split("PublicTest")


def test_rows_of_a_split_need_not_follow_each_other(tmp_path):
    pixels = write(tmp_path / "mixed.csv", ["Training", "PublicTest", "Training", "PublicTest", "Training"])
    store = prepare(FER2013, tmp_path / "mixed.csv", tmp_path / "mixed")
    assert store.rows("Training").tolist() == [0, 2, 4]
    np.testing.assert_array_equal(store.split("Training").pixels, pixels[[0, 2, 4]])
    assert store.split("Training").labels.tolist() == [0, 2, 4]
    again = FaceSet.of("x", "x", emotions.FER2013, pixels[[0, 2, 4]], np.array([0, 2, 4]))
    assert store.split("Training").sha256 == again.sha256


def test_the_same_source_is_not_prepared_twice(store, source, capfd):
    before = (store.path / MANIFEST).stat().st_ino
    prepare(FER2013, source, store.path)
    assert "already holds" in capfd.readouterr().err
    assert (store.path / MANIFEST).stat().st_ino == before
    prepare(FER2013, source, store.path, force=True)
    assert (store.path / MANIFEST).stat().st_ino != before


def test_a_changed_source_is_prepared_again(store, source):
    write(source, ["Training"] * 2, seed=5)
    assert prepare(FER2013, source, store.path).splits == ("Training",)


def test_a_damaged_store_is_prepared_again(store, source):
    (store.path / LABELS).write_bytes(b"")
    assert len(prepare(FER2013, source, store.path).split("Training")) == 9


def test_a_fault_in_the_source_leaves_the_store_and_nothing_else(store, source):
    text = source.read_text()
    source.write_text(text[: len(text) // 2])
    with pytest.raises(DataError):
        prepare(FER2013, source, store.path)
    assert len(open_store(store.path, verify=True).split("Training")) == 9
    assert [entry.name for entry in store.path.parent.iterdir()] == ["fer2013"]


def test_a_fault_in_the_source_leaves_no_new_store(tmp_path):
    (tmp_path / "bad.csv").write_text("emotion,pixels,Usage\n0,1 2 3,Training\n")
    with pytest.raises(DataError):
        prepare(FER2013, tmp_path / "bad.csv", tmp_path / "out" / "new")
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_not_replaced(source, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("years of work")
    for force in (False, True):
        with pytest.raises(ArtifactError, match=r"holds other things than a store, such as thesis\.tex"):
            prepare(FER2013, source, tmp_path / "home", force=force)
    assert (tmp_path / "home" / "thesis.tex").read_text() == "years of work"


def test_nothing_writes_a_store_over_other_things(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    one = FaceSet.of("x", "Training", emotions.FER2013, np.zeros((1, 48, 48), np.uint8), np.zeros(1, np.int64))
    with pytest.raises(ArtifactError, match="holds other things"):
        write_store(tmp_path, dataset_of([one]))
    assert (tmp_path / "thesis.tex").exists()


def test_a_file_is_not_replaced(source, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ArtifactError, match="is a file"):
        prepare(FER2013, source, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "a file"


def _flip_a_byte(path, keep_time):
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    if keep_time:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_an_altered_store_is_refused(store):
    _flip_a_byte(store.path / FACES, keep_time=False)
    with pytest.raises(
        ArtifactError, match=r"faces\.npy was altered.*edgefer data prepare fer2013 --source .*fer2013\.csv --out"
    ):
        open_store(store.path)


def test_silent_damage_is_found_when_verifying(store):
    _flip_a_byte(store.path / FACES, keep_time=True)
    open_store(store.path)
    with pytest.raises(ArtifactError, match="was altered"):
        open_store(store.path, verify=True)


def test_a_copy_is_as_good_as_the_store(store, tmp_path):
    shutil.copytree(store.path, tmp_path / "copy", copy_function=shutil.copy)
    os.utime(tmp_path / "copy" / FACES)
    assert open_store(tmp_path / "copy").split("Training").sha256 == store.split("Training").sha256


def _cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def _edit(path, **changes):
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, **changes}))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(lambda path: _cut(path / FACES), "faces.npy has", id="faces cut short"),
        pytest.param(lambda path: _cut(path / SPLITS), "splits.npy has", id="splits cut short"),
        pytest.param(lambda path: (path / LABELS).unlink(), "labels.npy does not exist", id="no labels"),
        pytest.param(lambda path: (path / FACES).write_bytes(b""), "faces.npy is empty", id="empty faces"),
        pytest.param(lambda path: (path / MANIFEST).unlink(), "manifest.json does not exist", id="no manifest"),
        pytest.param(lambda path: (path / MANIFEST).write_text("{"), "manifest.json is damaged", id="not JSON"),
        pytest.param(
            lambda path: (path / MANIFEST).write_bytes(b"\xff\xfe"), "manifest.json is damaged", id="not text"
        ),
        pytest.param(lambda path: _edit(path / MANIFEST, format=2), "damaged (format", id="another format"),
        pytest.param(lambda path: _edit(path / MANIFEST, files={}), "does not list faces.npy", id="no stamps"),
        pytest.param(lambda path: _edit(path / MANIFEST, splits={}), "does not hold the 0 faces", id="no splits"),
        pytest.param(lambda path: _edit(path / MANIFEST, size=[64, 64]), "does not hold", id="another size"),
        pytest.param(lambda path: shutil.rmtree(path), "does not exist", id="no folder"),
    ],
)
def test_a_damaged_store_says_how_to_make_it_again(store, damage, words):
    damage(store.path)
    with pytest.raises(ArtifactError) as fault:
        open_store(store.path)
    assert words in str(fault.value)
    fix = f"make it again: {store.info.command} --out {store.path}"
    unknown = f"make it again: edgefer data prepare NAME --source SOURCE --out {store.path}"
    # Without a manifest nobody knows how the store was made.
    readable = (store.path / MANIFEST).exists() and "manifest.json" not in words and "damaged" not in words
    assert str(fault.value).endswith(fix if readable else unknown)


def test_no_array_file_can_run_code(store):
    """An object array would be unpickled; its stamp is made to fit, so that only the loader can refuse it."""
    np.save(store.path / LABELS, np.array([print], object), allow_pickle=True)
    status = (store.path / LABELS).stat()
    files = json.loads((store.path / MANIFEST).read_text())["files"]
    files[LABELS] = {
        "bytes": status.st_size, "modified": status.st_mtime_ns, "sha256": sha256(store.path / LABELS),
    }  # fmt: skip
    _edit(store.path / MANIFEST, files=files)
    with pytest.raises(ArtifactError, match="is damaged"):
        open_store(store.path)


def test_a_symbolic_link_serves_as_a_store(store, tmp_path):
    (tmp_path / "link").symlink_to(store.path)
    assert len(open_store(tmp_path / "link").split("Training")) == 9


def _random(split, count, shape=(20, 24, 3), soft=False, seed=0):
    source = np.random.default_rng(seed)
    pixels = source.integers(0, 256, (count, *shape), np.uint8)
    labels = source.integers(0, 7, count)
    targets = source.dirichlet(np.ones(7), count).astype(np.float32) if soft else None
    return FaceSet.of("noise", split, emotions.FER2013, pixels, labels, targets)


def test_colour_faces_with_target_distributions_come_back_as_they_were(tmp_path):
    sets = [_random("Training", 5, soft=True), _random("PublicTest", 3, soft=True, seed=1)]
    store = write_store(tmp_path / "noise", dataset_of(sets))
    assert store.info.colour == "rgb"
    for faces in sets:
        read = open_store(tmp_path / "noise").split(faces.split)
        assert read.sha256 == faces.sha256
        np.testing.assert_array_equal(read.pixels, faces.pixels)
        np.testing.assert_array_equal(read.targets, faces.targets)


def test_targets_that_were_altered_are_refused(tmp_path):
    store = write_store(tmp_path / "noise", dataset_of([_random("Training", 5, soft=True)]))
    (store.path / "targets.npy").write_bytes((store.path / "targets.npy").read_bytes()[:-1] + b"\1")
    with pytest.raises(
        ArtifactError, match=r"targets\.npy was altered.*edgefer data prepare noise --source noise\.csv"
    ):
        open_store(store.path)


def test_a_reader_that_gives_other_faces_than_it_announced_leaves_nothing(tmp_path):
    dataset = dataset_of([_random("Training", 5)])
    for faces in ([], [np.zeros((5, 20, 24), np.uint8)], [np.zeros((6, 20, 24, 3), np.uint8)]):
        with pytest.raises(DataError, match=r"noise\.csv: "):
            write_store(tmp_path / "noise", replace(dataset, faces=lambda faces=faces: iter(faces)))
    assert not (tmp_path / "noise").exists()


def test_a_manifest_from_before_colour_and_targets_still_opens(store):
    values = json.loads((store.path / MANIFEST).read_text())
    for field in ("colour", "left_out", "command"):
        del values[field]
    (store.path / MANIFEST).write_text(json.dumps(values))
    assert len(open_store(store.path).split("Training")) == 9
