"""train, distill, recipes and export on the command line."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgefer.data.exclusion import without
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces
from edgefer.data.store import write_store
from edgefer.models.checkpoint import read_card
from tests.conftest import one_line
from tests.datasets import dataset_of
from tests.distill.faces import squares
from tests.nets import write_checkpoint

SMALL = """
summary = "small"
[data]
source = "demo"
limit = 70
[model]
architecture = "mini-resemotenet-c"
size = 32
[train]
epochs = 1
batch = 32
"""


@pytest.fixture
def recipes() -> None:
    Path("big.toml").write_text(SMALL)
    Path("small.toml").write_text(SMALL + '[teacher]\nrecipes = ["big.toml"]\n')


@pytest.mark.usefixtures("recipes")
def test_distill_then_export_from_any_folder_to_one_onnx(cli):
    outcome = cli("distill", "small.toml", "--json")
    assert outcome.code == 0, outcome.err
    values = json.loads(outcome.out)
    assert Path(values["student"]["checkpoint"]) == Path("runs/small/best.safetensors")
    assert values["gain"] == pytest.approx(
        values["student"]["measured"]["accuracy"] - values["alone"]["measured"]["accuracy"]
    )
    assert Path("runs/small/curves.png").read_bytes().startswith(b"\x89PNG")
    outcome = cli("export")
    assert outcome.code == 0, outcome.err
    assert "the newest student under runs/" in outcome.err
    assert "100.00% of 256 labels as in torch" in outcome.out
    assert Path("runs/small/small.onnx").is_file()


@pytest.mark.usefixtures("recipes")
def test_distill_says_what_was_gained_or_that_nothing_was(cli):
    outcome = cli("distill", "small.toml", "--set", "train.seed=3")
    assert outcome.code == 0
    assert "without its teacher" in outcome.out
    assert "distillation gained" in outcome.out
    assert "next: edgefer build-engine runs/small/best.safetensors" in outcome.err


@pytest.mark.usefixtures("recipes")
def test_train_writes_a_run_and_resume_goes_on(cli):
    assert cli("train", "big.toml").code == 0
    again = cli("train", "big.toml", "--resume")
    assert again.code == 0
    assert "runs/big/best.safetensors" in again.out
    wrong = cli("train", "big.toml", "--resume", "--set", "train.seed=9")
    assert wrong.code == 1
    assert "start again without --resume" in one_line(wrong)


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("distill", "dmo-c"), 2, "did you mean 'demo-c'"),
        (("distill", "demo-teacher"), 2, "edgefer train demo-teacher"),
        (("train", "demo-c"), 2, "edgefer distill demo-c"),
        (("distill", "demo-c", "--set", "train.epocs=1"), 2, "did you mean 'epochs'"),
        (("distill", "demo-c", "--set", "nonsense"), 2, "--set train.epochs=3"),
        (("distill", "demo-c", "--set", "data.source=nowhere"), 2, "nowhere"),
        (("train", "demo-teacher", "--set", 'model.architecture="resnet"'), 2, "no architecture is named 'resnet'"),
        (("export", "missing.safetensors"), 1, "missing.safetensors does not exist"),
        (("export",), 1, "make one with: edgefer distill"),
        (("export", "."), 1, "no engine, checkpoint or ONNX file"),
        (("recipes", "show", "nothing"), 2, "edgefer recipes ls"),
    ],
)
def test_wrong_words_are_one_line_with_a_fix(cli, words: tuple[str, ...], code: int, expected: str, monkeypatch):
    monkeypatch.setattr("edgefer.runtime.find.shipped_students", dict)
    outcome = cli(*words)
    assert outcome.code == code
    assert expected in one_line(outcome)
    assert not Path("runs").exists()


def test_a_damaged_checkpoint_is_one_line_and_leaves_no_onnx(cli):
    write_checkpoint(Path("c.safetensors"))
    Path("c.safetensors").write_bytes(Path("c.safetensors").read_bytes()[:5000])
    outcome = cli("export", "c.safetensors")
    assert outcome.code == 1
    assert "c.safetensors" in one_line(outcome)
    assert [path.name for path in Path().iterdir()] == ["c.safetensors"]


def test_recipes_are_listed_shown_checked_and_copied_once(cli):
    listed = json.loads(cli("recipes", "ls", "--json").out)
    assert {"demo-c", "mini-resemotenet-a", "resemotenet"} <= set(listed)
    shown = json.loads(cli("recipes", "show", "demo-c", "--set", "train.epochs=3", "--json").out)
    assert shown["train"]["epochs"] == 3
    assert cli("recipes", "copy", "demo-c").out.strip() == "demo-c.toml"
    assert cli("recipes", "check", "demo-c.toml").out.strip() == "demo-c: no faults"
    again = cli("recipes", "copy", "demo-c")
    assert again.code == 2
    assert "demo-c.toml exists" in one_line(again)


def test_without_a_recipe_distill_says_which_it_takes_and_why(cli, monkeypatch: pytest.MonkeyPatch):
    from edgefer.errors import CheckFailed

    taken = []

    def stop(recipe, *_):
        taken.append(recipe.name)
        raise CheckFailed("stopped here")

    monkeypatch.setattr("edgefer.distill.run.distill_recipe", stop)
    assert "no FER2013 store is here" in cli("distill").err
    monkeypatch.setattr("edgefer.data.load.find_store", lambda _: Path("data/fer2013"))
    assert "FER2013 is prepared in data/fer2013" in cli("distill").err
    assert taken == ["demo-c", "fer2013-c"]


STORE = """
summary = "student"
[data]
source = "noise"
[model]
architecture = "mini-resemotenet-c"
size = 24
[train]
epochs = 1
batch = 32
"""


@pytest.fixture
def store() -> dict[str, FaceSet]:
    """A prepared store of 70 faces, of whose 21 choosing faces 7 stand in Training too."""
    training, choosing = squares(70), squares(21, "PublicTest", 1)
    choosing = replace(choosing, pixels=np.concatenate((choosing.pixels[:14], training.pixels[:7])))
    write_store(Path("data/noise"), dataset_of([training, choosing]))
    Path("big.toml").write_text(STORE)
    Path("small.toml").write_text(STORE + '[teacher]\nrecipes = ["big.toml"]\n')
    return {split: load_faces("noise", split) for split in ("Training", "PublicTest")}


def write_list(faces: FaceSet, rows: list[int]) -> None:
    part = {"sha256": faces.sha256, "rows": {str(row): "copy" for row in rows}}
    Path("audit.json").write_text(json.dumps({"schema": 1, "dataset": faces.name, "exclude": {faces.split: part}}))


def test_excluded_faces_train_neither_teacher_nor_student_and_still_choose_and_judge(cli, store):
    write_list(store["Training"], [0, 7, 69])
    outcome = cli("distill", "small.toml", "--exclude", "audit.json", "--json")
    assert outcome.code == 0, outcome.err
    left = without(store["Training"], Path("audit.json"))
    assert len(left) == 67
    for name in ("small", "small-alone", "big"):
        card = read_card(Path(f"runs/{name}/best.safetensors"))
        assert card.provenance.data_sha256 == left.sha256
        assert [(one.protocol, one.faces) for one in card.measured] == [("official", 21), ("leak-free", 14)]
        assert 'exclude = "audit.json"' in Path(f"runs/{name}/recipe.toml").read_text()
    values = json.loads(outcome.out)
    assert values["student"]["measured"]["faces"] == 21
    assert values["student"]["second"]["faces"] == 14
    again = cli("train", "big.toml", "--exclude", "audit.json", "--out", "again")
    assert again.code == 0, again.err
    assert read_card(Path("again/best.safetensors")).provenance.data_sha256 == left.sha256


def test_train_and_distill_print_both_protocols(cli, store):
    trained = cli("train", "big.toml")
    assert re.match(
        r"big: \d+\.\d\d% on PublicTest, leak-free \d+\.\d\d% on 14 of its faces; best epoch in", trained.out
    )
    distilled = cli("distill", "small.toml")
    assert len(re.findall(r"% on PublicTest, leak-free \d+\.\d\d% on 14 of its faces; ", distilled.out)) == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "audit.json does not exist"),
        ("{}", "audit.json is no exclusion list"),
        ('{"dataset": "noise", "exclude": {"Training": {"sha256": "0", "rows": {}}}}', "made from other faces"),
    ],
)
def test_a_list_that_cannot_be_used_stops_before_anything_is_trained(cli, store, content: str | None, expected: str):
    if content is not None:
        Path("audit.json").write_text(content)
    for command in (("train", "big.toml"), ("distill", "small.toml")):
        outcome = cli(*command, "--exclude", "audit.json")
        assert outcome.code == 1
        assert expected in one_line(outcome)
    assert not Path("runs").exists()


@pytest.mark.usefixtures("recipes")
def test_distill_qat_trains_the_student_first_and_says_what_int8_gains(cli):
    outcome = cli("distill", "small.toml", "--qat", "int8", "--set", "qat.epochs=1", "--json")
    assert outcome.code == 0, outcome.err
    assert "in simulated INT8 before training" in outcome.err
    assert outcome.err.splitlines()[-1] == (
        "next: edgefer build-engine runs/small-qat/best.safetensors --precision int8"
    )
    values = json.loads(outcome.out)
    assert values["alone"] is None
    assert len(values["student"]["int8"]) == 2
    card = read_card(Path("runs/small-qat/best.safetensors"))
    assert (card.name, card.provenance.qat, card.provenance.start) == ("small-qat", "int8", "small")
    assert sorted(path.name for path in Path("runs").iterdir()) == ["big", "small", "small-qat"]
    assert "precision" in Path("runs/small-qat/recipe.toml").read_text()
    refused = cli("distill", "small.toml", "--qat", "int4")
    assert refused.code == 2
    assert "int4" in refused.err


@pytest.mark.parametrize("place", ["taken/c.onnx", "folder", "/proc/c.onnx"])
def test_export_looks_at_its_place_before_it_traces(cli, monkeypatch, place):
    from tests.nets import write_checkpoint

    write_checkpoint(Path("c.safetensors"))
    Path("taken").write_text("a file")
    Path("folder").mkdir()
    monkeypatch.setattr("edgefer.export.checkpoint.export_onnx", None)
    failed = cli("export", "c.safetensors", "--out", place)
    assert failed.code == 1
    assert place in one_line(failed)
