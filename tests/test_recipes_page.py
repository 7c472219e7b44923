"""docs/recipes.md: every snippet is a sound recipe, and its table of losses has the code's numbers."""

import re

import pytest

from edgefer.recipe import check, tomllib
from edgefer.recipe_loss import KINDS, LOSSES
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_snippet_is_a_sound_recipe(snippet: str):
    values = tomllib.loads(snippet)
    rest = {"model": {"architecture": "mini-resemotenet-c"}, "teacher": {"recipes": ["fer2013-s"]}}
    check({"name": "x", **rest, **values}, "a snippet of docs/recipes.md")


def test_there_is_an_example_of_every_kind():
    shown = {tomllib.loads(snippet).get("loss", {}).get("kind", "kd") for snippet in SNIPPETS}
    assert shown == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_losses_has_the_defaults(kind: str):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |"))
    alpha, temperature = (float(cell) for cell in row.split("|")[3:5])
    fields = LOSSES[kind].model_fields
    assert (alpha, temperature) == (fields["alpha"].default, fields["temperature"].default)


def test_every_key_of_a_loss_is_in_the_table():
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    told, section = set(), ""
    for row in rows:
        for name in re.findall(r"`([a-z_.]+)`", row):
            section = name.split(".")[0] or section
            told.add(f"{section}{name}" if name.startswith(".") else name)
    wanted = {f"loss.{key}" for loss in LOSSES.values() for key in loss.model_fields}
    assert wanted <= told
    assert {key for key in told if key.startswith("loss.")} == wanted


def test_the_hints_of_the_example_are_modules_that_are_there():
    from edgefer.distill.hints import check_names
    from edgefer.models.registry import build

    pairs = next(tomllib.loads(snippet)["loss"]["hints"] for snippet in SNIPPETS if "hints" in snippet)
    check_names(build("mini-resemotenet-c", 1, 7), pairs, "the student")
    check_names(build("edgefer-s", 1, 7), pairs.values(), "the teacher")
