from __future__ import annotations

from pathlib import Path

import pytest

from edgefer import recipe, sweep
from edgefer.errors import RecipeError, UsageError

TWO = """
[set]
"train.epochs" = 2
[axes]
"loss.temperature" = [3.0, 1.0]
[[cell]]
name = "E1"
recipe = "demo-c"
set = { "loss.alpha" = 0.3, "train.batch" = 32 }
published = 0.5
[[cell]]
name = "E2"
recipe = "demo-c"
"""


def test_cells_come_in_order_with_what_is_set_for_all_for_one_and_by_the_axes():
    Path("two.toml").write_text(TWO)
    found = sweep.load_sweep("two.toml", ("train.batch=16",))
    assert [cell.name for cell in found.cells] == ["E1", "E2", "E1-temperature-1.0", "E2-temperature-1.0"]
    first, second, third, _ = (cell.recipe for cell in found.cells)
    assert (first.name, first.loss.alpha, first.loss.temperature, first.train.epochs) == ("E1", 0.3, 3.0, 2)
    assert first.train.batch == second.train.batch == 16
    assert second.loss.alpha == recipe.load("demo-c").loss.alpha
    assert third.loss.temperature == 1.0
    # A published figure belongs to the first value of each axis.
    assert [cell.published for cell in found.cells] == [0.5, None, None, None]


def test_the_papers_table_is_its_six_experiments_at_its_temperature_first():
    table = sweep.load_sweep("paper-table-4")
    assert len(table.cells) == 30
    six = table.cells[:6]
    assert [cell.name for cell in six] == ["E1", "E2", "E3", "E4", "E5", "E6"]
    assert [cell.recipe.model.architecture[-1] for cell in six] == ["a", "a", "b", "b", "b", "c"]
    assert [cell.recipe.loss.alpha for cell in six] == [0.20, 0.15, 0.20, 0.15, 0.10, 0.20]
    assert [cell.published for cell in six] == [0.7642, 0.7617, 0.6875, 0.7020, 0.6956, 0.5858]
    assert {cell.recipe.loss.temperature for cell in six} == {3.0}
    assert {cell.recipe.loss.temperature for cell in table.cells} == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert {(cell.recipe.train.batch, cell.recipe.train.epochs) for cell in table.cells} == {(16, 80)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('name = "E2"', 'name = "E1"'), "two cells have the same name"),
        (('name = "E2"', 'name = "../E2"'), "cell.1.name"),
        (("[3.0, 1.0]", "[]"), "axis loss.temperature has no value"),
        (("published = 0.5", "published = 50"), "cell.0.published"),
        (('name = "E2"', 'name = "E2"\n[ensemble]\ncombine = "votes"\n[x]'), "ensemble.combine"),
        (("loss.alpha", "loss.alhpa"), "did you mean 'alpha'"),
        (("[set]", "[sett]"), "sett"),
    ],
)
def test_faults_are_named(change, words):
    Path("bad.toml").write_text(TWO.replace(*change))
    with pytest.raises(RecipeError) as fault:
        sweep.load_sweep("bad.toml")
    assert words in str(fault.value)


def test_a_sweep_is_no_recipe_and_a_name_must_be_known():
    assert "paper-table-4" in sweep.shipped()
    assert "paper-table-4" not in recipe.shipped()
    Path("two.toml").write_text(TWO)
    with pytest.raises(RecipeError, match=r"is a sweep of recipes\. run it with: edgefer distill --sweep two\.toml"):
        recipe.load("two.toml")
    with pytest.raises(RecipeError, match="run it with: edgefer distill --sweep paper-table-4"):
        recipe.load("paper-table-4")
    with pytest.raises(
        UsageError, match=r"demo-c is one recipe, no sweep of many\. there is: emoxnet-cpu, emoxnet, paper-table-4"
    ):
        sweep.load_sweep("demo-c")
    with pytest.raises(UsageError, match=r"no recipe is named 'paper-table-5'\. did you mean 'paper-table-4'"):
        sweep.load_sweep("paper-table-5")
    with pytest.raises(UsageError, match=r"none\.toml is not a file"):
        sweep.load_sweep("none.toml")


def test_an_ensemble_of_one_is_a_fault():
    Path("one.toml").write_text('[[cell]]\nname = "a"\nrecipe = "demo-teacher"\n[ensemble]\n'.replace("[[", "\n[[", 1))
    with pytest.raises(RecipeError, match="an ensemble needs two cells"):
        sweep.load_sweep("one.toml")
