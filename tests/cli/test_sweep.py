"""Sweeps on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgefer.data.exclusion import without
from edgefer.data.load import load_faces
from edgefer.distill.trainer import limited
from edgefer.models.checkpoint import read_card
from tests.cli.test_training import SMALL
from tests.conftest import one_line

SWEEP = """
summary = "two alphas"
[[cell]]
name = "one"
recipe = "small.toml"
set = { "loss.alpha" = 0.5 }
published = 0.3
[[cell]]
name = "two"
recipe = "small.toml"
"""


@pytest.fixture(autouse=True)
def _recipes() -> None:
    Path("big.toml").write_text(SMALL)
    Path("small.toml").write_text(SMALL + '[teacher]\nrecipes = ["big.toml"]\n')
    Path("both.toml").write_text(SWEEP)


def test_a_sweep_ends_in_a_table_and_goes_on_when_it_is_given_again(cli):
    first = cli("distill", "--sweep", "both.toml")
    assert first.code == 0, first.err
    assert "published %" in first.out
    assert "700 faces of demo PublicTest, single crop" in first.out
    assert Path("runs/both/table.md").read_text().startswith("# both\n\ntwo alphas\n\n| cell |")
    assert Path("runs/both/table.html").read_text().count("Confusion matrix of ") == 2
    again = cli("distill", "--sweep", "both.toml", "--json")
    assert again.code == 0, again.err
    assert again.err.count("is this run already") == 6  # teacher, baseline and student, twice
    cells = json.loads(again.out)["cells"]
    assert [cell["name"] for cell in cells] == ["one", "two"]
    assert [cell["published"] for cell in cells] == [0.3, None]
    assert cells[0]["alpha"] == 0.5


def test_wrong_usage_is_one_line(cli):
    for args, words in (
        (("distill", "--sweep"), "--sweep needs the name of a sweep"),
        (("distill", "--sweep", "both.toml", "--resume"), "a sweep goes on by itself"),
        (("distill", "both.toml"), "both.toml is a sweep of recipes. run it with: edgefer distill --sweep both.toml"),
        (("train", "--sweep", "small.toml"), "small.toml is one recipe, no sweep of many"),
    ):
        outcome = cli(*args)
        assert outcome.code == 2
        assert words in one_line(outcome)


def test_recipes_lists_shows_copies_and_checks_sweeps(cli):
    assert "emoxnet  " in cli("recipes", "ls").out
    assert "[[cell]]" in cli("recipes", "show", "emoxnet").out
    assert cli("recipes", "copy", "emoxnet").out == "emoxnet.toml\n"
    assert cli("recipes", "check", "emoxnet.toml").out == "emoxnet: 3 cells, no faults\n"
    assert cli("recipes", "check", "both.toml").out == "both: 2 cells, no faults\n"
    Path("both.toml").write_text(SWEEP.replace("loss.alpha", "loss.alhpa"))
    assert "did you mean 'alpha'" in one_line(cli("recipes", "check", "both.toml"))


def test_every_cell_leaves_out_what_the_list_names_whatever_its_path(cli):
    faces = load_faces("demo", "Training")
    rows = {str(row): "blank" for row in range(5)}
    listed = {"dataset": "demo", "exclude": {"Training": {"sha256": faces.sha256, "rows": rows}}}
    path = Path('a "list".json')
    path.write_text(json.dumps(listed))
    outcome = cli("distill", "--sweep", "both.toml", "--exclude", path)
    assert outcome.code == 0, outcome.err
    left = limited(without(faces, path), 70)
    for name in ("one", "two"):
        assert read_card(Path("runs/both") / name / "best.safetensors").provenance.data_sha256 == left.sha256
