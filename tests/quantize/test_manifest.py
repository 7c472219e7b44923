from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgefer.errors import ArtifactError
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.manifest import Request, read_manifest
from edgefer.quantize.pool import screen
from tests import tiny_net
from tests.quantize.commands import command_of

MODEL = Path("my models/tiny.onnx")


@pytest.fixture
def folder(tmp_path):
    return make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 7, tmp_path / "a set", seed=3).folder


def edit(folder, **changes):
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, **changes}))


def test_a_manifest_comes_back_as_it_was_written(folder):
    manifest = read_manifest(folder, None)
    assert (manifest.format, manifest.model, manifest.dataset, manifest.source) == (2, "tiny", "noise", "noise")
    assert (manifest.split, manifest.seed, len(manifest.rows)) == ("Training", 3, 7)
    assert manifest.data_sha256 == tiny_net.faces().sha256
    assert manifest.counts == dict.fromkeys(tiny_net.faces().emotions, 1)


@pytest.mark.parametrize(
    "change",
    [{"seed": 4}, {"rows": [0, 1, 2, 3, 4, 5, 13]}, {"data_sha256": "0" * 64}, {"skipped": {"blank": 3}}],
    ids=lambda change: next(iter(change)),
)
def test_an_altered_manifest_is_refused(folder, change):
    edit(folder, **change)
    with pytest.raises(ArtifactError, match=r"manifest\.json was altered: it is not as it was written") as caught:
        read_manifest(folder, MODEL)
    assert command_of(caught.value)[:4] == ["edgefer", "calibrate", str(MODEL), "--data"]


def test_a_manifest_without_its_seal_is_refused(folder):
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    del values["manifest_sha256"]
    path.write_text(json.dumps(values))
    with pytest.raises(ArtifactError, match="was altered"):
        read_manifest(folder, None)


def test_a_set_from_before_brightness_is_refused_with_the_command_that_makes_it_again(tmp_path):
    old = {
        "format": 1, "dataset": "fer2013", "data_sha256": "0" * 64, "split": "Training", "seed": 9, "rows": [1, 2, 5],
        "counts": {"anger": 3}, "input": {"height": 48, "width": 48}, "faces_sha256": "0" * 64,
    }  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps(old))
    with pytest.raises(ArtifactError, match="was made before sets were balanced by brightness") as caught:
        read_manifest(tmp_path, MODEL)
    assert command_of(caught.value) == [
        "edgefer", "calibrate", str(MODEL), "--data", "fer2013", "--count", "3", "--seed", "9", "--out", str(tmp_path),
    ]  # fmt: skip


def test_a_set_from_the_future_is_refused(folder):
    edit(folder, format=3)
    with pytest.raises(ArtifactError, match="has format 3, not 2"):
        read_manifest(folder, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is damaged .it is no JSON"),
        ("", "is empty"),
        ("[1]", "is damaged .it is no JSON object"),
        ("\xff", "is damaged"),
        ('{"format": 2, "rows": []}', "is damaged .model: Field required"),
        ('{"format": "x"}', "is damaged .format"),
        ('{"rows": 3, "seed": "a", "exclude": [], "source": 7}', "is damaged"),
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path, content, words):
    (tmp_path / "manifest.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ArtifactError, match=words) as caught:
        read_manifest(tmp_path, None)
    assert command_of(caught.value)[:3] == ["edgefer", "calibrate", "MODEL"]


def test_a_coverage_that_does_not_add_up_is_refused(folder):
    coverage = json.loads((folder / "manifest.json").read_text())["coverage"]
    coverage["faces"]["anger"] = [1, 1, 0, 0, 0]
    edit(folder, coverage=coverage)
    with pytest.raises(ArtifactError, match="does not add up to the number of rows"):
        read_manifest(folder, None)
    coverage["faces"]["anger"] = [1]
    edit(folder, coverage=coverage)
    with pytest.raises(ArtifactError, match="bounds need 5 counts for each emotion"):
        read_manifest(folder, None)


def test_a_command_quotes_what_a_shell_would_split():
    request = Request("my faces", 5, 0, "an audit.json")
    command = request.command(Path("a b.onnx"), Path("sets/c d"))
    assert command == (
        "edgefer calibrate 'a b.onnx' --data 'my faces' --count 5 --seed 0 --exclude 'an audit.json' --out 'sets/c d'"
    )
    assert Request().command(None, Path("x")) == "edgefer calibrate MODEL --out x"
