from pathlib import Path

import pytest

from edgefer import recipe
from edgefer.errors import RecipeError
from edgefer.recipe_loss import KINDS
from edgefer.runtime.find import shipped_students

TAUGHT = '[model]\narchitecture = "mini-resemotenet-c"\n[teacher]\nrecipes = ["demo-teacher"]\n[loss]\n'
# The papers' defaults, as their authors' code has them; alpha 0.5 where a paper adds cross-entropy and its own term.
DEFAULTS = {
    "kd": {"alpha": 0.2, "temperature": 3.0, "standardise": False},
    "dkd": {"alpha": 0.5, "temperature": 4.0, "target": 1.0, "others": 8.0, "warmup": 20.0, "standardise": False},
    "dist": {"alpha": 0.5, "temperature": 1.0, "beta": 1.0, "gamma": 1.0},
    "nkd": {"alpha": 0.5, "temperature": 1.0, "gamma": 1.5},
    "soft-labels": {"alpha": 0.0, "temperature": 1.0, "smoothing": 0.1},
}
COMMON = {"kind", "class_weights", "label_smoothing", "hints", "hint_weight"}


def taught(loss: str) -> recipe.Recipe:
    Path("taught.toml").write_text(TAUGHT + loss)
    return recipe.load("taught.toml")


def test_the_shipped_students_recipe_still_has_the_hash_on_its_card():
    from edgefer.models.checkpoint import read_card

    assert "fer2013-s" in shipped_students()
    card = read_card(Path(recipe.__file__).parent / "students" / "fer2013-s.safetensors")
    assert recipe.load("fer2013-s").sha256 == card.provenance.recipe_sha256


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
def test_a_hash_is_taken_without_a_warning(kind: str):
    assert len(taught(f'kind = "{kind}"').sha256) == 64


def test_recipes_from_before_there_were_kinds_keep_their_hash():
    # Hashes as runs of these recipes have them in their cards.
    assert recipe.load("mini-resemotenet-b").sha256.startswith("870fcc970ea01fd9")
    assert recipe.load("fer2013-c").sha256.startswith("671bf54620352de7")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_own_keys_at_its_papers_defaults(kind: str):
    loss = taught(f'kind = "{kind}"').loss
    own = loss.model_dump(exclude=COMMON)
    assert loss.kind == kind
    assert own == DEFAULTS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_of_each_kind_is_written_and_read_again(kind: str):
    first = taught(f'kind = "{kind}"\nalpha = 0.3\n[loss.hints]\n"se" = "stages.1"')
    Path("copy.toml").write_text(first.to_toml())
    assert recipe.load("copy.toml").loss == first.loss


def test_no_two_kinds_and_no_two_values_share_a_hash():
    texts = [f'kind = "{kind}"\nalpha = 0.5\ntemperature = 1.0' for kind in KINDS]
    texts += [texts[0] + more for more in ("\nstandardise = true", "\nhints = {se = 'a'}", "\nhints = {se = 'b'}")]
    texts += [texts[1] + "\nothers = 2", texts[3] + "\ngamma = 2", texts[4] + "\nsmoothing = 0.2"]
    assert len({taught(text).sha256 for text in texts}) == len(texts)
    plain = "alpha = 0.5\ntemperature = 1.0"
    assert taught(plain).sha256 == taught(texts[0]).sha256


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("others = 2", "loss.others is no key of kind 'kd', but of dkd"),
        ('kind = "dkd"\ngamma = 2', "loss.gamma is no key of kind 'dkd', but of dist and nkd"),
        (
            'kind = "soft-labels"\nstandardise = true',
            "loss.standardise is no key of kind 'soft-labels', but of kd and dkd",
        ),
        ('kind = "nkd"\ntemprature = 2', "loss.temprature is no key, did you mean 'temperature'?"),
        ('kind = "dkdd"', "loss.kind is none of kd, dkd, dist, nkd, soft-labels"),
        ("kind = 3", "loss.kind is none of"),
        ('kind = "nkd"\ngamma = -1', "loss.gamma: Input should be greater than or equal to 0 (got -1)"),
        ("hints = {}", "loss.hints"),
    ],
)
def test_a_fault_names_the_key_as_it_stands_in_the_file(loss: str, expected: str):
    with pytest.raises(RecipeError) as caught:
        taught(loss)
    assert "has 1 fault: " in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.parametrize("loss", ['kind = "dist"', "standardise = true", "hints = {a = 'b'}"])
def test_what_needs_a_teacher_is_refused_without_one(loss: str):
    Path("x.toml").write_text('[model]\narchitecture = "edgefer-s"\n[loss]\n' + loss)
    with pytest.raises(RecipeError, match=r"has 1 fault: recipe: .* needs a \[teacher\]\."):
        recipe.load("x.toml")


def test_students_that_differ_in_the_teachers_part_alone_share_their_baseline():
    common = 'class_weights = "inverse"\nlabel_smoothing = 0.1\n'
    alone = [taught(f'kind = "{kind}"\n{common}').alone() for kind in KINDS]
    alone.append(taught(f"standardise = true\n{common}[loss.hints]\nse = 'a'\n").alone())
    assert {baseline.sha256 for baseline in alone} == {alone[0].sha256}
    assert (alone[0].loss.class_weights, alone[0].loss.label_smoothing) == ("inverse", 0.1)
    Path("alone.toml").write_text(alone[1].to_toml())
    assert recipe.load("alone.toml").sha256 == alone[0].sha256
