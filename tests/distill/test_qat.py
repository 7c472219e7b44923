from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from edgefer.card import InputSpec
from edgefer.data.preprocess import network_input
from edgefer.distill import qat, trainer
from edgefer.distill.convolutions import sites
from edgefer.distill.lsq import Int8Conv2d
from edgefer.distill.qat import float_body, freeze_statistics, learned_scales, simulate_int8
from edgefer.distill.trainer import Run, read_run, train
from edgefer.errors import Interrupted, UsageError
from edgefer.export.checkpoint import export_checkpoint
from edgefer.export.scales import get_scales
from edgefer.models.checkpoint import load, read_card, read_scales
from edgefer.models.network import Network
from edgefer.models.registry import build
from edgefer.quantize import graph
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.int8 import quantisable, to_int8, write_ranges
from edgefer.quantize.learned import learned_ranges
from edgefer.quantize.pool import screen
from edgefer.quantize.titles import titles
from edgefer.runtime.onnx import OnnxSession
from tests.distill.faces import small_recipe, squares

TRAINING, CHOOSING = squares(280), squares(70, "PublicTest", 1)
SPEC = InputSpec(height=24, width=24)
FLOAT = {"epochs": 4, "batch": 16, "ema": 0.9}


@pytest.fixture(scope="module")
def float_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(small_recipe(train=FLOAT), TRAINING, CHOOSING, tmp_path_factory.mktemp("float") / "run")


@pytest.fixture(scope="module")
def run(float_run: Run) -> Run:
    """Trained on as INT8 at a rate that moves scales and weights far from where they began."""
    return qat_run(float_run, float_run.folder.with_name("qat"), learning_rate=0.01)


def qat_run(start: Run, out: Path, resume: bool = False, **qat: object) -> Run:
    recipe = small_recipe(qat={"epochs": 2, **qat}, train={"batch": 32})
    return train(recipe, TRAINING, CHOOSING, out, resume=resume, start=start.checkpoint)


@pytest.fixture(scope="module")
def exported(run: Run) -> Path:
    return export_checkpoint(run.checkpoint, run.folder / "net.onnx", "demo").path


def body() -> nn.Module:
    """Student C whose batch norms are not those of a fresh one."""
    torch.manual_seed(0)
    made = build("mini-resemotenet-c", 1, 7)
    with torch.no_grad():
        for norm in (module for module in made.modules() if isinstance(module, nn.BatchNorm2d)):
            for values, low, high in (
                (norm.running_var, 0.5, 2), (norm.running_mean, -1, 1), (norm.weight, -1.5, 1.5), (norm.bias, -1, 1),
            ):  # fmt: skip
                values.uniform_(low, high)
    return made.eval()


def answers(made: nn.Module, spec: InputSpec = SPEC) -> torch.Tensor:
    with torch.no_grad():
        return Network(made, spec).eval()(torch.from_numpy(network_input(CHOOSING.pixels, spec)))


def test_folding_moves_batch_norms_into_convolutions_and_keeps_the_function():
    made = body()
    before = answers(made)
    for site in sites(made, SPEC.shape):
        qat._fold(made, site)
    assert torch.allclose(answers(made), before, atol=1e-4 * float(before.abs().max()))
    for name, module in made.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            # As exporting folds it: a factor of one, nothing but a bias.
            assert torch.equal(module.weight / (module.running_var + module.eps).sqrt(), torch.ones(len(module.weight)))
            assert not module.running_mean.any()
        if isinstance(module, nn.Conv2d):
            assert not module.bias.any(), name


def test_what_was_folded_away_learns_nothing_and_the_rest_does():
    made = body()
    simulate_int8(made, SPEC, TRAINING)
    still = {name for name, value in made.named_parameters() if not value.requires_grad}
    assert len(still) == 24
    assert all(name.endswith("weight") == ("bn" in name or "shortcut.1" in name) for name in still)
    made.train()
    freeze_statistics(made)
    statistics = {name: value.clone() for name, value in made.named_buffers()}
    made(torch.rand(8, 1, 24, 24) * 4 - 2).square().sum().backward()
    assert all(torch.equal(value, statistics[name]) for name, value in made.named_buffers())
    for name, value in made.named_parameters():
        assert (value.grad is not None and value.grad.abs().max() > 0) == (name not in still), name


def test_the_float_network_inside_is_the_one_that_is_kept():
    made = body()
    before, names = answers(made), list(made.state_dict())
    simulate_int8(made, SPEC, TRAINING)
    assert (answers(made) - before).abs().max() > 5e-5, "INT8 rounds"
    plain = float_body(made)
    assert list(plain.state_dict()) == names
    assert not any(isinstance(module, Int8Conv2d) for module in plain.modules())
    assert not learned_scales(plain)
    assert (answers(plain) - before).abs().max() < 5e-6
    assert len(learned_scales(made)) == 12, "the simulated one stays as it is"


def test_the_file_computes_what_was_simulated(run: Run, exported: Path, tmp_path: Path):
    model, card = graph.load(exported)
    assert card.provenance.qat == "int8"
    scales = get_scales(model, "")
    assert scales == read_scales(run.checkpoint)
    named = titles(model)
    assert set(scales) == {named[name] for name in quantisable(model)}
    write_ranges(exported, learned_ranges(exported), tmp_path / "int8.onnx")
    assert graph.census(graph.load(tmp_path / "int8.onnx")[0])["conv int8"] == 12

    made, spec = simulated(run), card.input
    pixels = network_input(CHOOSING.pixels, spec)
    expected = answers(made, spec).numpy()
    with OnnxSession(tmp_path / "int8.onnx") as session, OnnxSession(exported) as plain:
        given, floating = session.infer(pixels), plain.infer(pixels)
    span = expected.max() - expected.min()
    assert np.abs(given - expected).max() < 0.01 * span
    assert (given.argmax(1) == expected.argmax(1)).mean() >= 0.99
    assert np.abs(floating - expected).max() > 0.01 * span, "INT8 is no float"


def simulated(run: Run) -> nn.Module:
    """A checkpoint's network in INT8 by its own table."""
    network, card = load(run.checkpoint)
    made, scales = network.body, read_scales(run.checkpoint)
    simulate_int8(made, card.input, TRAINING)
    with torch.no_grad():
        for name, module in made.named_modules():
            if isinstance(module, Int8Conv2d):
                module.weight_scale.copy_(torch.tensor(scales[name].weights).reshape(-1, 1, 1, 1))
                if not module._lead:
                    module.input_scale.fill_(scales[name].input)
    return made


def test_training_begins_where_int8_without_training_is(run: Run, exported: Path, tmp_path: Path):
    """The same faces and method as `edgefer build-engine --precision int8` would take for the very same weights."""
    network, card = load(run.checkpoint)
    simulate_int8(network.body, card.input, TRAINING)
    begun = learned_scales(network.body)
    drawn = make_calibration_set(screen(TRAINING), card, len(TRAINING), tmp_path / "set")
    to_int8(exported, drawn, tmp_path / "int8.onnx")
    model, _ = graph.load(tmp_path / "int8.onnx")
    from onnx import numpy_helper

    values = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    found = {
        node.input[1].removeprefix("body.").removesuffix(".weight_dequantised"): node
        for node in model.graph.node
        if node.op_type == "Conv"
    }
    assert set(found) == set(begun)
    for name, node in found.items():
        taken, weights = (values[place.replace("_dequantised", "_scale")] for place in node.input[:2])
        assert begun[name].input == pytest.approx(float(taken), rel=1e-3), name
        assert begun[name].weights == pytest.approx(weights.tolist(), rel=1e-5), name


def test_a_run_learns_weights_and_scales_and_says_what_it_is(float_run: Run, run: Run):
    assert run.int8 is not None
    assert run.int8[1] >= run.int8[0]
    assert read_run(run.folder).int8 == run.int8
    assert float_run.int8 is None
    card = read_card(run.checkpoint)
    assert (card.provenance.qat, card.provenance.start) == ("int8", "small")
    assert (card.parameters, card.precision.value) == (float_run.card.parameters, "fp32")
    assert card.measured == run.card.measured
    assert float_run.card.provenance.qat == ""
    assert read_scales(float_run.checkpoint) is None


def test_the_beginning_is_kept_where_no_epoch_is_better(float_run: Run):
    run = qat_run(float_run, Path("run"), learning_rate=1e-12)
    assert run.int8 is not None
    assert run.int8[0] == run.int8[1] == run.history[0].accuracy
    assert run.card.provenance.epochs == 0
    assert len(run.history) == 2


def test_epochs_and_rate_are_those_of_qat(float_run: Run):
    run = train(
        small_recipe(qat={"epochs": 1}, train={"epochs": 9, "batch": 16}, schedule={"kind": "plateau", "warmup": 5}),
        TRAINING, CHOOSING, Path("run"), start=float_run.checkpoint,
    )  # fmt: skip
    assert [line.epoch for line in run.history] == [1]
    assert 0 < run.history[0].learning_rate < 0.05 / 100 / 10, "a hundredth, at the end of a cosine"


def test_a_run_that_was_stopped_ends_with_the_same_weights_and_scales(
    float_run: Run, run: Run, monkeypatch: pytest.MonkeyPatch
):
    real = trainer.save_state

    def stopping(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "save_state", stopping)
    with pytest.raises(Interrupted, match="1 of 2 epochs"):
        qat_run(float_run, Path("run"), learning_rate=0.01)
    monkeypatch.setattr(trainer, "save_state", real)
    resumed = qat_run(float_run, Path("run"), resume=True, learning_rate=0.01)
    for name in ("best.safetensors", "last.safetensors"):
        one, other = (load_tensors(folder / name) for folder in (run.folder, resumed.folder))
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    assert read_scales(resumed.checkpoint) == read_scales(run.checkpoint)
    assert resumed.int8 == run.int8
    assert any(name.endswith("input_scale") for name in load_tensors(run.folder / "last.safetensors"))


def load_tensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return dict(load_file(path))


def test_without_a_trained_network_there_is_nothing_to_begin_with():
    with pytest.raises(UsageError, match=r"begins with a trained network\. name it in \[start\]"):
        train(small_recipe(qat={}), TRAINING, CHOOSING, Path("run"))


def test_copies_are_their_own():
    made = body()
    simulate_int8(made, SPEC, TRAINING)
    twin = copy.deepcopy(made)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.mul_(2)
    assert learned_scales(made) != learned_scales(twin)
    assert learned_scales(twin)["res_block1.shortcut.0"].input == learned_scales(twin)["res_block1.conv1"].input


def harmed(run: Run) -> tuple[nn.Module, InputSpec]:
    """The network with weights that meet nothing but zeros, and are so large that INT8 has few steps for the others."""
    network, card = load(run.checkpoint)
    made = network.body
    for norm, convolution in (
        ("bn1", "conv2"), ("bn2", "conv3"), *((f"res_block{n}.bn1", f"res_block{n}.conv2") for n in (1, 2, 3)),
    ):  # fmt: skip
        with torch.no_grad():
            made.get_submodule(norm).weight[0], made.get_submodule(norm).bias[0] = 0, -1
            weights = made.get_submodule(convolution).weight
            weights[:, 0] = 700 * weights.abs().mean()
    return made, card.input


def test_what_int8_ruins_training_restores(float_run: Run):
    made, spec = harmed(float_run)
    floating = Network(copy.deepcopy(made), spec).eval()
    simulate_int8(made, spec, TRAINING)
    int8 = Network(made, spec).eval()
    learning, judging = (torch.from_numpy(network_input(faces.pixels, spec)) for faces in (TRAINING, CHOOSING))
    with torch.no_grad():
        taught, expected = floating(learning), floating(judging).argmax(1)

    def same_labels() -> float:
        with torch.no_grad():
            return float((int8(judging).argmax(1) == expected).float().mean())

    assert same_labels() < 0.5
    learned = [value for value in made.parameters() if value.requires_grad]
    optimizer = torch.optim.SGD(learned, lr=3e-3, momentum=0.9)
    for _ in range(6):
        for part, answer in zip(learning.split(28), taught.split(28), strict=True):
            optimizer.zero_grad()
            (int8(part) - answer).square().mean().backward()
            nn.utils.clip_grad_norm_(learned, 5.0)
            optimizer.step()
    assert same_labels() > 0.9
