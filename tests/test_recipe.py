from pathlib import Path

import pytest

from edgefer import recipe
from edgefer.errors import RecipeError, UsageError
from edgefer.models.checkpoint import read_card
from edgefer.runtime.find import shipped_checkpoint

MINIMAL = '[model]\narchitecture = "mini-resemotenet-c"\n'


@pytest.mark.parametrize("name", recipe.shipped())
def test_every_shipped_recipe_is_sound_and_says_how_to_launch_it(name: str):
    from edgefer.models.registry import find

    resolved = recipe.load(name)
    verb = "distill" if resolved.teacher else "train"
    first = recipe.shipped()[name].read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# edgefer {verb} {name}"
    assert resolved.summary
    find(resolved.model.architecture)
    for teacher in resolved.teacher.recipes if resolved.teacher else ():
        assert recipe.load(teacher).name == teacher


def test_the_papers_students_have_the_papers_numbers():
    alphas = {"a": 0.20, "b": 0.15, "c": 0.20}
    for letter, alpha in alphas.items():
        student = recipe.load(f"mini-resemotenet-{letter}")
        assert (student.loss.alpha, student.loss.temperature) == (alpha, 3.0)
        assert (student.train.batch, student.train.epochs, student.optimizer.learning_rate) == (16, 80, 1e-3)
        assert student.augment.only_flips
        assert student.augment.flip


def test_all_faults_are_listed_at_once():
    text = MINIMAL + "sise = 64\n[train]\nepocs = 3\nbatch = 1\n[loss]\nalpha = 2\n[teacher]\n"
    Path("bad.toml").write_text(text)
    with pytest.raises(RecipeError) as caught:
        recipe.load("bad.toml")
    message = str(caught.value)
    assert "bad.toml has 5 faults" in message
    assert "train.epocs is no key, did you mean 'epochs'?" in message
    assert "model.sise is no key, did you mean 'size'?" in message
    assert "train.batch" in message
    assert "loss.alpha" in message
    assert "name recipes, students or checkpoints" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"[model\n", "is not TOML"), (b"\xff\xfe", "is not TOML"), (b"", "is empty"), (b"model = 3\n", "model")],
)
def test_a_file_that_is_no_recipe(content: bytes, expected: str):
    Path("x.toml").write_bytes(content)
    with pytest.raises(RecipeError, match=expected):
        recipe.load("x.toml")


def test_changes_are_toml_values_and_bare_words_are_strings():
    Path("x.toml").write_text(MINIMAL)
    changed = recipe.load("x.toml", ("train.epochs=3", "data.source=fer2013", "augment.flip=false", "loss.alpha = 0.5"))
    assert (changed.train.epochs, changed.data.source, changed.augment.flip, changed.loss.alpha) == (
        3,
        "fer2013",
        False,
        0.5,
    )


@pytest.mark.parametrize("change", ["train.epochs", "=3", "data.source.x=1"])
def test_a_change_that_is_none(change: str):
    with pytest.raises(UsageError):
        recipe.load("demo-c", (change,))


def test_the_resolved_recipe_loads_again_as_itself():
    first = recipe.load("demo-c", ("train.epochs=3",))
    Path("copy.toml").write_text(first.to_toml())
    again = recipe.load("copy.toml")
    assert again.sha256 == first.sha256
    assert again.name == "copy"


def test_the_hash_changes_with_what_changes_the_result_alone():
    base = recipe.load("demo-c")
    assert recipe.load("demo-c", ("train.seed=1",)).sha256 != base.sha256
    assert recipe.load("demo-c", ('summary="x"', "train.keep_every=7")).sha256 == base.sha256


def test_alone_is_the_same_student_without_its_teacher():
    student = recipe.load("demo-c")
    alone = student.alone()
    assert alone.teacher is None
    assert alone.name == "demo-c-alone"
    assert (alone.model, alone.train, alone.augment) == (student.model, student.train, student.augment)


def test_an_unknown_recipe_gets_a_suggestion():
    with pytest.raises(UsageError, match="did you mean 'demo-c'"):
        recipe.load("dmo-c")
    with pytest.raises(UsageError, match="is not a file"):
        recipe.load("nowhere.toml")


def test_quantisation_aware_training_is_a_key_that_old_hashes_do_not_have():
    plain = recipe.load("fer2013-c")
    trained = recipe.load("fer2013-c", ["qat.precision=int8"])
    assert plain.qat is None
    assert trained.sha256 != plain.sha256
    assert trained.floating().sha256 == plain.sha256
    assert trained.alone().sha256 == plain.alone().sha256
    assert "qat" not in plain.to_toml()
    shipped = read_card(shipped_checkpoint("fer2013-s"))
    assert recipe.load("fer2013-s").sha256 == shipped.provenance.recipe_sha256, "it was trained before there was qat"


def test_a_quantisation_aware_run_has_a_name_rate_and_length_of_its_own():
    plain = recipe.load("fer2013-c")
    trained = recipe.load("fer2013-c", ["qat.precision=int8"])
    assert (trained.name, trained.floating().name) == ("fer2013-c-qat", "fer2013-c")
    assert trained.model_copy(update={"name": "cell"}).floating().name == "cell-float"
    assert (plain.epochs, plain.learning_rate, plain.rates.warmup) == (40, 0.1, 1)
    assert (trained.epochs, trained.learning_rate, trained.rates.warmup) == (2, 0.001, 0)
    asked = recipe.load("fer2013-c", ["qat.epochs=3", "qat.learning_rate=0.02"])
    assert (asked.epochs, asked.learning_rate) == (3, 0.02)
    with pytest.raises(RecipeError, match=r"qat\.precision: Input should be 'int8' \(got 'int4'\)"):
        recipe.load("fer2013-c", ["qat.precision=int4"])
    with pytest.raises(RecipeError, match=r"train\.compile and qat exclude each other"):
        recipe.load("fer2013-c", ["qat.precision=int8", "train.compile=true"])
