import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from edgefer.card import InputSpec
from edgefer.distill import trainer
from edgefer.distill.hints import Hints
from edgefer.distill.teachers import Teachers, load_teachers
from edgefer.distill.trainer import BEST, LAST, train
from edgefer.emotions import FER2013
from edgefer.errors import Interrupted, UsageError
from edgefer.models.checkpoint import load, save
from edgefer.models.registry import build
from edgefer.paths import cache_dir
from tests.distill.faces import small_recipe, squares
from tests.nets import card

CPU = torch.device("cpu")
HINTED = {"hints": {"conv3": "stages.1", "res_block2": "stages.3"}, "temperature": 2.0}


def teacher(name: str = "t", architecture: str = "edgefer-s", size: int = 24) -> Path:
    torch.manual_seed(1)
    body = build(architecture, 1, 7)
    save(
        Path(f"{name}.safetensors"),
        body,
        card(name, architecture=architecture, input=InputSpec(height=size, width=size)),
    )
    return Path(f"{name}.safetensors")


def teachers(*paths: Path) -> Teachers:
    return load_teachers(paths or (teacher(),), FER2013, CPU)


def student() -> nn.Module:
    torch.manual_seed(0)
    return build("mini-resemotenet-c", 1, 7)


def probe() -> Tensor:
    return torch.rand(2, 1, 24, 24) * 255


def test_the_loss_is_the_squared_distance_of_unit_vectors_by_hand():
    body, taught = student(), teachers()
    hints = Hints({"res_block1": "stages.2"}, body, taught, probe())
    faces = torch.rand(3, 1, 24, 24) * 255
    with torch.no_grad(), hints.watched() as seen:
        body.eval()(faces)
        taught.logits(faces)
        given = hints.loss(seen)
        own = hints.adapters[0](seen.student["res_block1"][0]).double()
    other = seen.teacher["stages.2"][0].double()
    assert own.shape[:2] == other.shape[:2] == (3, 128)
    # Here the teacher's map is the larger one, by a factor of 3 / 2, so windows overlap: 0..1 and 1..2.
    assert (own.shape[2:], other.shape[2:]) == ((2, 2), (3, 3))
    total = 0.0
    for face in range(3):
        for row in range(2):
            for column in range(2):
                a = own[face, :, row, column]
                b = other[face, :, row : row + 2, column : column + 2].mean((1, 2))
                total += sum(
                    (x / a.norm().item() - y / b.norm().item()) ** 2
                    for x, y in zip(a.tolist(), b.tolist(), strict=True)
                )
    assert given.item() == pytest.approx(total / 12, rel=1e-5)
    assert 0 < given.item() < 4


def test_gradients_reach_the_student_and_the_adapter_and_no_teacher():
    body, taught = student(), teachers()
    hints = Hints({"conv2": "conv1"}, body, taught, probe())
    with hints.watched() as seen:
        body(probe())
        taught.logits(probe())
    hints.loss(seen).backward()
    assert body.get_parameter("conv1.weight").grad is not None
    assert body.get_parameter("fc1.weight").grad is None
    assert all(parameter.grad is not None for parameter in hints.adapters.parameters())
    assert all(parameter.grad is None for parameter in taught.networks[0].parameters())


def test_two_modules_may_follow_the_same_one():
    body, taught = student(), teachers()
    hints = Hints({"conv1": "conv1", "conv2": "conv1"}, body, taught, probe())
    with torch.no_grad(), hints.watched() as seen:
        body(probe())
        taught.logits(probe())
    assert len(hints.adapters) == 2
    assert 0 < hints.loss(seen).item() < 8


def test_nothing_is_watched_once_the_block_is_left():
    body, taught = student(), teachers()
    hints = Hints(HINTED["hints"], body, taught, probe())
    with hints.watched() as seen:
        pass
    body(probe())
    taught.logits(probe())
    assert seen.student == seen.teacher == {}


def test_looking_for_the_shapes_changes_nothing_in_the_student():
    body = student().train()
    before = {name: value.clone() for name, value in body.state_dict().items()}
    hints = Hints({"fc1": "dropout2"}, body, teachers(), probe())  # vectors, not maps
    assert hints.adapters[0].weight.shape == (192, 128, 1, 1)
    assert body.training
    assert all(torch.equal(value, before[name]) for name, value in body.state_dict().items())


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ({"res_blok1": "stages.1"}, "the student has no module 'res_blok1'. did you mean 'res_block1'?"),
        ({"conv1": "stages.11"}, "the teacher has no module 'stages.11'. did you mean 'stages.1'?"),
        ({"conv1": "xyz"}, "it has conv1, bn1, pool, dropout1, stages, dropout2, fc, and what is inside them"),
    ],
)
def test_a_name_that_is_no_module_is_found_before_anything_is_trained(pairs: dict[str, str], expected: str):
    recipe = small_recipe(loss={"hints": pairs}, teacher={"checkpoints": ["t.safetensors"]})
    with pytest.raises(UsageError) as caught:
        train(recipe, squares(70), squares(35, "PublicTest", 1), Path("run"), teachers())
    assert expected in str(caught.value)
    assert not Path("run").exists()


def test_an_output_that_is_no_feature_map_is_refused():
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.flat = nn.Flatten(2)
            self.fc = nn.LazyLinear(7)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.flat(x).mean(1))

    with pytest.raises(UsageError, match=r"'flat' of the student gives \[2, 1, 576\], not features"):
        Hints({"flat": "conv1"}, Odd(), teachers(), probe())


def test_a_module_that_runs_twice_for_a_face_is_refused():
    with pytest.raises(UsageError, match="'dropout1' of the student runs 2 times for a face"):
        Hints({"dropout1": "conv1"}, student(), teachers(), probe())


def test_a_teacher_asked_in_parts_and_then_about_the_mirror_image_gives_the_features_of_the_faces_as_they_are():
    body, taught, faces = student(), teachers(), torch.rand(5, 1, 24, 24) * 255
    hints = Hints(HINTED["hints"], body, taught, probe())
    with torch.no_grad():
        with hints.watched() as whole:
            body.eval()(faces)
            taught.logits(faces)
        with hints.watched() as parts:
            body(faces)
            for part in (*faces.split(2), *faces.flip(3).split(2)):
                taught.logits(part)
        assert hints.loss(parts).item() == pytest.approx(hints.loss(whole).item(), rel=1e-5)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_teacher_that_is_no_torch_network_gives_no_hints():
    taught = teachers()
    blind = replace(taught, members=(replace(taught.members[0], network=None),))
    with pytest.raises(UsageError, match="cannot look inside teacher t, an ONNX or TorchScript file"):
        Hints({"conv1": "conv1"}, student(), blind, probe())
    script = torch.jit.trace(taught.networks[0], probe())
    with pytest.raises(UsageError, match="cannot look inside teacher t"):
        Hints(
            {"conv1": "conv1"},
            student(),
            replace(taught, members=(replace(taught.members[0], network=script),)),
            probe(),
        )


def test_an_ensemble_gives_no_hints():
    both = teachers(teacher("one"), teacher("two"))
    with pytest.raises(UsageError, match="one teacher, not an ensemble"):
        Hints({"conv1": "conv1"}, student(), both, probe())


def hinted_recipe(**sections: object):
    return small_recipe(loss=HINTED, teacher={"checkpoints": ["t.safetensors"]}, **sections)


def test_a_hinted_student_keeps_no_adapter_and_asks_its_teacher_every_epoch(monkeypatch: pytest.MonkeyPatch):
    training, choosing = squares(70), squares(35, "PublicTest", 1)
    asked, real = [], Teachers.logits

    def counting(self: Teachers, pixels: Tensor) -> Tensor:
        asked.append(len(pixels))
        return real(self, pixels)

    monkeypatch.setattr(Teachers, "logits", counting)
    run = train(hinted_recipe(), training, choosing, Path("run"), teachers())
    assert sum(asked) == 3 * 64  # three epochs of four batches of 16
    assert not (cache_dir() / "targets").exists()
    body = load(run.checkpoint)[0].body
    assert body.state_dict().keys() == student().state_dict().keys()
    assert run.card.parameters == sum(parameter.numel() for parameter in student().parameters())
    assert all(math.isfinite(line.loss) for line in run.history)


def test_hints_draw_the_students_features_to_the_teachers():
    training, choosing, taught = squares(70), squares(35, "PublicTest", 1), teachers()
    faces = torch.from_numpy(training.pixels[:, None].copy()).float()
    apart = {}
    for weight in (1e-6, 3.0):
        recipe = hinted_recipe(train={"epochs": 6, "batch": 16})
        recipe = recipe.model_copy(update={"loss": recipe.loss.model_copy(update={"hint_weight": weight})})
        run = train(recipe, training, choosing, Path(f"run-{weight}"), taught)
        last = load_file(run.folder / LAST)
        network = load(run.checkpoint)[0]
        network.body.load_state_dict(part(last, "model.body."))
        hints = Hints(HINTED["hints"], network.body, taught, probe())
        hints.adapters.load_state_dict(part(last, "model.hints."))
        with torch.no_grad(), hints.watched() as seen:
            network(faces)
            taught.logits(faces)
            apart[weight] = hints.loss(seen).item()
    assert apart[3.0] < 0.5 * apart[1e-6]


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def test_a_hinted_run_stopped_and_resumed_ends_with_the_same_weights(monkeypatch: pytest.MonkeyPatch):
    recipe = hinted_recipe(augment={"rotate": 10, "mixup": 0.2})
    training, choosing, taught = squares(70), squares(35, "PublicTest", 1), teachers()
    train(recipe, training, choosing, Path("whole"), taught)
    real = trainer.save_state

    def stopping(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "save_state", stopping)
    with pytest.raises(Interrupted):
        train(recipe, training, choosing, Path("parts"), taught)
    monkeypatch.setattr(trainer, "save_state", real)
    train(recipe, training, choosing, Path("parts"), taught, resume=True)
    for name in (BEST, LAST):
        one, other = (load_file(Path(folder, name)) for folder in ("whole", "parts"))
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    assert any(key.startswith("model.hints.") for key in load_file("parts/last.safetensors"))
