from __future__ import annotations

import json
from dataclasses import replace

import pytest

from edgefer.card import Precision
from edgefer.engine.existing import find_existing
from edgefer.engine.inputs import differing
from edgefer.engine.options import Options
from edgefer.engine.request import Request, resolve
from tests import tiny_net

pytest.importorskip("tensorrt_rtx")


@pytest.fixture
def task(tmp_path):
    onnx = tiny_net.write(tmp_path / "a.onnx")
    return resolve(Request(onnx, Precision.FP16, targets=("sm89",), flavour="tensorrt_rtx"))


@pytest.fixture
def built(task):
    from edgefer.engine.build import build_engine

    asked = task.request
    return build_engine(asked.model, asked.precision, task.folder, targets=asked.targets, flavour="tensorrt_rtx")


def test_an_engine_made_of_the_same_is_recognised(task, built):
    found = find_existing(task.folder, task.inputs())
    assert found.same
    assert (found.engine, found.card) == (built.engine, built.card)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"precision": Precision.FP32}, "precision was fp16, now fp32"),
        ({"batch": (1, 2, 4)}, "batch was 1:8:32, now 1:2:4"),
        ({"targets": ("sm86", "sm89")}, "targets was sm89, now sm86+sm89"),
        ({"options": Options(workspace=512)}, "options was none, now workspace 512 MB"),
    ],
)
def test_whatever_differs_is_named(task, built, changes, why):
    asked = replace(task.request, out=task.folder, **changes)
    found = find_existing(task.folder, resolve(asked).inputs())
    assert found.why == (why,)
    assert not found.same


def test_another_model_other_faces_and_another_version_are_named(task, built, tmp_path):
    other = tiny_net.write(tmp_path / "b.onnx", tiny_net.model(seed=1))
    asked = replace(task.request, model=other, out=task.folder)
    assert find_existing(task.folder, resolve(asked).inputs()).why == ("another model file",)
    assert find_existing(task.folder, task.inputs("ab" * 32)).why == ("other calibration faces",)
    newer = replace(task, flavour=replace(task.flavour, version="1.8.0.1"))
    assert find_existing(task.folder, newer.inputs()).why == (
        "flavour was tensorrt_rtx 1.7.1.116, now tensorrt_rtx 1.8.0.1",
    )


@pytest.mark.parametrize("name", ["tiny.engine", "model.onnx"])
def test_an_altered_file_is_named(task, built, name):
    path = task.folder / name
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    assert find_existing(task.folder, task.inputs()).why == (f"{name} is not as it was built",)
    path.unlink()
    assert not find_existing(task.folder, task.inputs()).same


def test_an_engine_without_a_readable_card_is_none_to_keep(task, built):
    card = task.folder / "card.json"
    values = json.loads(card.read_text())
    values["engine"]["inputs"] = {}
    card.write_text(json.dumps(values))
    assert find_existing(task.folder, task.inputs()).why == ("its card does not say what made it",)
    card.write_text("{")
    assert "is damaged" in find_existing(task.folder, task.inputs()).why[0]
    card.unlink()
    assert "has no card.json" in find_existing(task.folder, task.inputs()).why[0]


def test_an_empty_folder_holds_nothing(task):
    assert find_existing(task.folder, task.inputs()).engine is None
    assert not find_existing(task.folder, task.inputs()).same


def test_a_fact_that_only_one_side_knows_differs():
    assert differing({"batch": "1"}, {"batch": "1", "new": "x"}) == ("new was none, now x",)
    assert differing({"batch": "1", "old": "x"}, {"batch": "1"}) == ("old was x, now none",)
    assert differing({"batch": "1", "new": ""}, {"batch": "1"}) == ()
