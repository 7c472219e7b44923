"""Teachers' answers in files, and students that learn from them where no teacher is."""

from pathlib import Path

import pytest
import torch

from edgefer.distill.answers import AnswersCard, ask_views, card_of, open_answers, write_answers
from edgefer.distill.run import Faces, open_teachers
from edgefer.distill.teachers import load_teachers
from edgefer.distill.trainer import train
from edgefer.errors import ArtifactError, DataError, EdgeferError, UsageError
from edgefer.recipe import Recipe
from edgefer.recipe_loss import KDLoss
from tests.distill.faces import small_recipe, squares
from tests.distill.test_trainer import same

CPU = torch.device("cpu")
AUGMENT = {"rotate": 10, "views": 2, "mixup": 0.2}
TRAINING, CHOOSING = squares(70), squares(35, "PublicTest", 1)


def recipe_with(files: list[Path], **sections: object) -> Recipe:
    wanted: dict[str, object] = {"augment": AUGMENT, "teacher": {"answers": [str(file) for file in files]}, **sections}
    return small_recipe(**wanted)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """A teacher, and its answers to two views in two files."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEFER_HOME", str(folder / "home"))
        checkpoint = train(small_recipe(), TRAINING, CHOOSING, folder / "teacher").checkpoint
        teachers = load_teachers([checkpoint], TRAINING.emotions, CPU)
        recipe = small_recipe(augment=AUGMENT, teacher={"checkpoints": [str(checkpoint)]})
        views = ask_views(teachers, recipe, TRAINING, CPU, range(2), bf16=False)
    card = card_of(recipe, teachers, TRAINING, "PublicTest", 0.5)
    files = [folder / "a.safetensors", folder / "b.safetensors"]
    for number, file in enumerate(files):
        write_answers(file, card, {number: views[number]})
    return checkpoint, files


def test_a_student_of_kept_answers_is_that_of_the_teacher_itself(kept: tuple[Path, list[Path]]):
    checkpoint, files = kept
    asked = small_recipe(augment=AUGMENT, teacher={"checkpoints": [str(checkpoint)]})
    teachers = load_teachers([checkpoint], TRAINING.emotions, CPU)
    first = train(asked, TRAINING, CHOOSING, Path("asked"), teachers)
    read = recipe_with(files)
    answers = open_teachers(read, (), Faces(TRAINING, CHOOSING, TRAINING))
    second = train(read, TRAINING, CHOOSING, Path("read"), answers)
    assert same(first.folder, second.folder)
    assert [line.loss for line in first.history] == [line.loss for line in second.history]
    assert second.card.provenance.teacher == "small"


def test_the_command_says_what_else_to_set(kept: tuple[Path, list[Path]]):
    _, files = kept
    other = recipe_with(files, augment={"rotate": 12, "views": 3}, train={"epochs": 1, "seed": 4})
    with pytest.raises(UsageError, match="renders other views than the 2") as error:
        open_answers(files, other, TRAINING)
    assert error.value.fix == "--set augment.rotate=10.0 --set train.seed=0 --set augment.views=2"


def damaged(file: Path) -> Path:
    Path("cut.safetensors").write_bytes(file.read_bytes()[:-40])
    return Path("cut.safetensors")


def wrong(card: AnswersCard, values: torch.Tensor, name: str) -> Path:
    write_answers(Path(name), card, {0: values})
    return Path(name)


def test_files_that_are_no_answers_to_these_faces_are_refused(kept: tuple[Path, list[Path]]):
    checkpoint, files = kept
    recipe = recipe_with(files)
    card = card_of(recipe, load_teachers([checkpoint], TRAINING.emotions, CPU), TRAINING, "", 0.0)
    cases: list[tuple[list[Path], type[EdgeferError], str]] = [
        ([Path("none.safetensors")], ArtifactError, "none.safetensors"),
        ([checkpoint], ArtifactError, "holds no teachers' answers"),
        ([damaged(files[0])], ArtifactError, "holds no teachers' answers"),
        ([wrong(card, torch.full((70, 7), torch.nan), "nan")], ArtifactError, "NaN or infinity"),
        ([wrong(card, torch.zeros(70, 6), "six")], ArtifactError, "not one value a label"),
        ([files[1]], UsageError, "lack view 0"),
        ([files[0], wrong(card, torch.zeros(70, 7), "others")], ArtifactError, "holds other answers than"),
    ]
    for named, kind, words in cases:
        with pytest.raises(kind, match=words):
            open_answers(named, recipe, TRAINING)
    with pytest.raises(DataError, match="not about these 77 faces"):
        open_answers(files, recipe, squares(77))


def test_answers_stand_alone_and_change_no_other_recipe():
    with pytest.raises(EdgeferError, match="answers stand alone"):
        small_recipe(teacher={"answers": ["a"], "recipes": ["demo-c"]})
    with pytest.raises(EdgeferError, match="needs a network to look into"):
        small_recipe(teacher={"answers": ["a"]}, loss={"hints": {"conv3": "conv3"}})
    plain = small_recipe(teacher={"checkpoints": ["a"]}, loss=KDLoss().model_dump())
    # The hash that this very recipe had before the key existed.
    assert '"answers"' not in plain.model_dump_json(exclude={"teacher": plain.teacher.untouched()})
