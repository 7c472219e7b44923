import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from edgefer.distill import trainer
from edgefer.distill.losses import class_weights
from edgefer.distill.state import KEY
from edgefer.distill.teachers import Teachers, load_teachers
from edgefer.distill.trainer import BEST, LAST, finished, identity, limited, read_run, train
from edgefer.errors import ArtifactError, CheckFailed, DataError, Interrupted
from edgefer.models.checkpoint import load
from edgefer.recipe_loss import KINDS, AnyLoss
from tests.conftest import ROOT
from tests.distill.faces import small_recipe, squares

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def good_teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that knows the squares."""
    folder = tmp_path_factory.mktemp("teacher")
    recipe = small_recipe(train={"epochs": 6, "batch": 16, "ema": 0.9})
    run = train(recipe, squares(140), squares(35, "PublicTest", 1), folder)
    assert run.accuracy > 0.7
    return run.checkpoint


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load(path)[0].body.state_dict()


def same(first: Path, second: Path) -> bool:
    """The best weights of two runs, and all that they would go on from, are equal to the bit."""
    pairs = [(weights(first / BEST), weights(second / BEST)), (load_file(first / LAST), load_file(second / LAST))]
    return all(
        one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one) for one, other in pairs
    )


def test_a_run_learns_and_writes_what_it_promises():
    run = train(
        small_recipe(train={"epochs": 4, "batch": 16, "ema": 0.9}),
        squares(280),
        squares(70, "PublicTest", 1),
        Path("run"),
    )
    assert run.accuracy > 0.6
    assert sorted(path.name for path in Path("run").iterdir()) == [
        "best.safetensors", "finished.json", "last.safetensors", "metrics.jsonl", "recipe.toml",
    ]  # fmt: skip
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]
    assert lines[-1]["loss"] < lines[0]["loss"]
    card = load(Path("run/best.safetensors"))[1]
    assert card.measured[0].accuracy == max(line["accuracy"] for line in lines) == run.accuracy
    assert (card.measured[0].split, card.measured[0].faces) == ("PublicTest", 70)
    assert card.provenance.recipe_sha256 == small_recipe(train={"epochs": 4, "batch": 16, "ema": 0.9}).sha256
    assert card.provenance.splits == ("Training", "PublicTest")


@pytest.mark.parametrize("kind", ["cosine", "plateau"])
def test_a_run_stopped_after_any_epoch_and_resumed_ends_with_the_same_weights(
    monkeypatch: pytest.MonkeyPatch, kind: str
):
    recipe = small_recipe(schedule={"kind": kind, "patience": 0}, augment={"rotate": 10, "mixup": 0.2, "erase": 0.5})
    training, choosing = squares(70), squares(35, "PublicTest", 1)
    train(recipe, training, choosing, Path("whole"))
    for stop in (1, 2):
        real, calls = trainer.save_state, []

        def stopping(*arguments: object, real=real, calls=calls, stop=stop) -> None:
            real(*arguments)
            calls.append(1)
            if len(calls) == stop:
                raise KeyboardInterrupt

        monkeypatch.setattr(trainer, "save_state", stopping)
        with pytest.raises(Interrupted, match=f"{stop} of 3 epochs"):
            train(recipe, training, choosing, Path(f"run{stop}"))
        monkeypatch.setattr(trainer, "save_state", real)
        resumed = train(recipe, training, choosing, Path(f"run{stop}"), resume=True)
        assert same(Path("whole"), resumed.folder)
        before, after = (Path(name, "metrics.jsonl").read_text().splitlines() for name in ("whole", f"run{stop}"))
        for one, other in zip(before, after, strict=True):
            assert {**json.loads(one), "seconds": 0} == {**json.loads(other), "seconds": 0}


def test_a_killed_run_goes_on_to_the_same_weights():
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from edgefer.distill import targets, trainer
        from tests.distill.faces import small_recipe, squares
        real, saved = trainer.save_state, []
        def saving(*arguments):
            real(*arguments); saved.append(1)
            if len(saved) == int(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)
        trainer.save_state = saving
        trainer.train(small_recipe(), squares(70), squares(35, "PublicTest", 1), Path(sys.argv[1]), resume=True)
        """
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for folder, stops in (("whole", ["99"]), ("killed", ["1", "1", "99"])):
        for stop in stops:
            done = subprocess.run(
                [sys.executable, "-c", script, folder, stop], env=environment, capture_output=True, check=False
            )
            assert done.returncode == (0 if stop == "99" else -signal.SIGKILL), done.stderr.decode()
    assert same(Path("whole"), Path("killed"))
    assert not [path for path in Path("killed").iterdir() if path.name.startswith(".")]


def test_a_state_of_another_run_is_not_resumed():
    train(small_recipe(), squares(70), squares(35, "PublicTest", 1), Path("run"))
    with pytest.raises(ArtifactError, match="another recipe, data or teacher"):
        train(
            small_recipe(optimizer={"learning_rate": 0.01}),
            squares(70),
            squares(35, "PublicTest", 1),
            Path("run"),
            resume=True,
        )
    Path("run/last.safetensors").write_bytes(b"not a state")
    with pytest.raises(ArtifactError, match="damaged"):
        train(small_recipe(), squares(70), squares(35, "PublicTest", 1), Path("run"), resume=True)


def test_a_damaged_folder_is_one_error_or_no_finished_run():
    faces = squares(70), squares(35, "PublicTest", 1)
    train(small_recipe(train={"epochs": 1, "batch": 16}), *faces, Path("run"))
    with safe_open(Path("run") / LAST, "pt") as handle:
        known = json.loads(handle.metadata()[KEY])
        tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    first = next(iter(tensors))
    for values, kept in (
        ([1], tensors),
        ({**known, "plateau": {"x": 1}}, tensors),
        ({**known, "history": [{"x": 1}]}, tensors),
        (known, {**tensors, first: torch.zeros(2)}),
        (known, {**tensors, "momentum.nothing": torch.zeros(2)}),
        (known, {}),
    ):
        save_file(kept, Path("run") / LAST, metadata={KEY: json.dumps(values)})
        with pytest.raises(ArtifactError, match=r"last.safetensors is damaged") as caught:
            train(small_recipe(train={"epochs": 1, "batch": 16}), *faces, Path("run"), resume=True)
        assert "\n" not in str(caught.value)
    values = json.loads(Path("run/finished.json").read_text())
    for text in ("[" * 100_000, "[1]", json.dumps({**values, "int8": [0.5]}), json.dumps({**values, "history": [1]})):
        Path("run/finished.json").write_text(text)
        assert finished(Path("run"), values["identity"]) is None


def test_a_student_of_a_good_teacher_learns_its_answers(good_teacher: Path):
    training, choosing = squares(140), squares(35, "PublicTest", 1)
    teachers = load_teachers((good_teacher,), training.emotions, CPU)
    # Labels that say nothing: whatever the student learns, it learns from its teacher.
    shuffled = np.random.default_rng(0).permutation(training.labels)
    blind = type(training)("squares", "Training", training.emotions, training.pixels, shuffled, "blind")
    recipe = small_recipe(loss={"alpha": 0.0, "temperature": 2.0}, train={"epochs": 6, "batch": 16, "ema": 0.9})
    student = train(recipe, blind, choosing, Path("student"), teachers)
    assert student.accuracy > 0.7
    assert student.card.provenance.teacher == "small"


def test_teachers_are_asked_once_when_faces_only_flip(monkeypatch: pytest.MonkeyPatch):
    training, choosing = squares(70), squares(35, "PublicTest", 1)
    taught = train(small_recipe(train={"epochs": 1, "batch": 16}), training, choosing, Path("teacher"))
    asked, real = [], Teachers.logits

    def counting(self: Teachers, pixels: torch.Tensor) -> torch.Tensor:
        asked.append(len(pixels))
        return real(self, pixels)

    monkeypatch.setattr(Teachers, "logits", counting)
    teachers = load_teachers((taught.checkpoint,), training.emotions, CPU)
    train(small_recipe(), training, choosing, Path("first"), teachers)
    assert sum(asked) == 2 * len(training)
    train(small_recipe(optimizer={"learning_rate": 0.02}), training, choosing, Path("second"), teachers)
    assert sum(asked) == 2 * len(training)
    train(small_recipe(augment={"rotate": 5, "views": 2}), training, choosing, Path("views"), teachers)
    assert sum(asked) == 4 * len(training)


def test_a_finished_run_is_known_again_and_only_that_one():
    recipe, training, choosing = (
        small_recipe(train={"epochs": 1, "batch": 16}),
        squares(70),
        squares(35, "PublicTest", 1),
    )
    run = train(recipe, training, choosing, Path("run"))
    own = identity(recipe, training, choosing, None)
    assert finished(Path("run"), own) == run == read_run(Path("run"))
    assert finished(Path("run"), identity(small_recipe(), training, choosing, None)) is None
    assert finished(Path("run"), identity(recipe, squares(77), choosing, None)) is None
    assert finished(Path("run"), identity(recipe, training, choosing, None, run.checkpoint)) is None
    assert finished(Path("elsewhere"), own) is None
    with pytest.raises(ArtifactError, match="no finished run"):
        read_run(Path("elsewhere"))


def test_limited_takes_the_first_faces_under_another_hash():
    faces = squares(70)
    few = limited(faces, 10)
    assert len(few) == 10
    assert np.array_equal(few.pixels, faces.pixels[:10])
    assert few.sha256 != faces.sha256
    assert limited(faces, None) is faces
    assert limited(faces, 70) is faces


def test_one_face_is_too_few():
    with pytest.raises(DataError, match="at least 2"):
        train(small_recipe(), limited(squares(7), 1), squares(7), Path("run"))
    assert not Path("run").exists()


def test_a_run_whose_loss_is_no_number_any_more_stops_and_says_why():
    recipe = small_recipe(optimizer={"learning_rate": 1e20})
    with pytest.raises(CheckFailed, match=r"small: the loss of epoch \d is (nan|inf), training has diverged\. lower"):
        train(recipe, squares(70), squares(35, "PublicTest", 1), Path("run"))
    assert not Path("run/finished.json").exists()


def test_three_channels_and_class_weights_train_too(capfd: pytest.CaptureFixture[str]):
    recipe = small_recipe(
        model={"architecture": "mini-resemotenet-c", "size": 32, "channels": 3},
        loss={"class_weights": "inverse", "label_smoothing": 0.1},
        optimizer={"learning_rate": 0.05, "clip": 1.0},
        train={"epochs": 1, "batch": 16, "precision": "bf16"},
    )
    run = train(recipe, squares(35), squares(14, "PublicTest", 1), Path("run"))
    assert "small: float32 instead of bf16" in capfd.readouterr().err
    assert run.card.input.shape == (3, 32, 32)
    assert len(set(run.card.input.mean)) == 1


def test_votes_replace_labels_in_the_loss_and_in_the_class_weights():
    training, choosing = squares(140), squares(35, "PublicTest", 1)
    votes = np.eye(7, dtype=np.float32)[training.labels]
    # Labels that say nothing, with votes that know: what is learnt is learnt from the votes.
    nothing = np.random.default_rng(0).permutation(training.labels)
    blind = replace(training, labels=nothing, targets=votes, sha256="votes")
    recipe = small_recipe(
        loss={"class_weights": "inverse", "label_smoothing": 0.1},
        augment={"mixup": 0.1},
        train={"epochs": 6, "batch": 16, "ema": 0.9},
    )
    assert train(recipe, blind, choosing, Path("votes")).accuracy > 0.7
    # Votes for one emotion alone leave the others without faces, and so without weight.
    only = replace(training, targets=np.eye(7, dtype=np.float32)[np.full(140, 3)], sha256="only")
    sure = train(recipe.model_copy(update={"augment": small_recipe().augment}), only, choosing, Path("only"))
    assert sure.card.measured[0].recall["happy"] == 1.0
    assert sure.accuracy == pytest.approx(1 / 7)


@pytest.mark.parametrize("mixup", [0.0, 0.5])
def test_votes_stand_beside_a_teachers_answers_and_are_mixed_with_their_faces(
    good_teacher: Path, mixup: float, monkeypatch: pytest.MonkeyPatch
):
    training, choosing = squares(70), squares(35, "PublicTest", 1)
    teachers = load_teachers((good_teacher,), training.emotions, CPU)
    votes = np.random.default_rng(0).dirichlet(np.ones(7), 70).astype(np.float32)
    given, real = [], trainer.batch_loss

    expected = class_weights(torch.from_numpy(votes).sum(0), "inverse")
    assert expected is not None

    def watching(
        section: AnyLoss,
        logits: torch.Tensor,
        targets: torch.Tensor,
        taught: object,
        weights: torch.Tensor,
        *rest: object,
    ) -> torch.Tensor:
        given.append(targets)
        assert torch.equal(weights, expected)
        return real(section, logits, targets, taught, weights, *rest)

    monkeypatch.setattr(trainer, "batch_loss", watching)
    recipe = small_recipe(
        loss={"class_weights": "inverse"},
        augment={"mixup": mixup},
        teacher={"checkpoints": ["t"]},
        train={"epochs": 1, "batch": 16},
    )
    train(recipe, replace(training, targets=votes), choosing, Path("run"), teachers)
    rows = torch.cat(given)
    assert rows.shape == (64, 7)
    apart = (rows[:, None] - torch.from_numpy(votes)).abs().amax(2).min(1).values
    assert (apart < 1e-6).all() == (not mixup)
    assert torch.allclose(rows.sum(1), torch.ones(64), atol=1e-5)


@pytest.mark.parametrize("loss", [{"kind": kind} for kind in KINDS[1:]] + [{"standardise": True}], ids=str)
def test_every_kind_learns_its_teachers_answers_from_those_kept_on_disk(
    good_teacher: Path, loss: dict[str, object], monkeypatch: pytest.MonkeyPatch
):
    training, choosing = squares(140), squares(35, "PublicTest", 1)
    teachers = load_teachers((good_teacher,), training.emotions, CPU)
    nothing = np.random.default_rng(0).permutation(training.labels)
    blind = replace(training, labels=nothing, sha256="blind")
    # DKD and NKD ask for the true class, which these labels hide: what is left to learn is in the others.
    more = {"dkd": {"warmup": 0, "target": 0}, "nkd": {"gamma": 8}}.get(str(loss.get("kind")), {})
    recipe = small_recipe(
        loss={**loss, **more, "alpha": 0.0},
        teacher={"checkpoints": ["t"]},
        augment={"mixup": 0.1},
        optimizer={"learning_rate": 0.05 if loss.get("kind") != "dkd" else 0.005},
        train={"epochs": 6, "batch": 16, "ema": 0.9},
    )
    asked, real = [], Teachers.logits

    def counting(self: Teachers, pixels: torch.Tensor) -> torch.Tensor:
        asked.append(len(pixels))
        return real(self, pixels)

    monkeypatch.setattr(Teachers, "logits", counting)
    # A seventh is chance, and all that the labels could teach.
    assert train(recipe, blind, choosing, Path("student"), teachers).accuracy > 0.4
    assert sum(asked) == 2 * len(training)


def test_fewer_faces_keep_their_votes():
    faces = squares(70)
    votes = np.random.default_rng(0).dirichlet(np.ones(7), 70).astype(np.float32)
    with_votes = replace(faces, targets=votes)
    few = limited(with_votes, 10)
    assert few.targets is not None
    assert np.array_equal(few.targets, votes[:10])
    picked = with_votes.take(np.array([3, 5]))
    assert picked.targets is not None
    assert np.array_equal(picked.targets, votes[[3, 5]])


def test_the_card_holds_the_official_figure_first_and_then_the_one_without_leaked_faces():
    training, choosing = squares(140), squares(35, "PublicTest", 1)
    leaked = replace(choosing, pixels=np.concatenate((choosing.pixels[:28], training.pixels[:7])))
    recipe = small_recipe(train={"epochs": 1, "batch": 16})
    run = train(recipe, training, leaked, Path("run"))
    official, other = run.card.measured
    assert (official.protocol, official.faces) == ("official", 35)
    assert (other.protocol, other.faces, other.split) == ("leak-free", 28, "PublicTest")
    assert run.accuracy == official.accuracy == run.history[-1].accuracy
    # A run that was shown a part of the split is judged by the whole: elsewhere its card is compared with others.
    few = train(recipe, training.take(np.arange(70, 140)), leaked, Path("few"), whole=training)
    assert [one.faces for one in few.card.measured] == [35, 28]
    assert [one.protocol for one in train(recipe, training, choosing, Path("clean")).card.measured] == ["official"]
