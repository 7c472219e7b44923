from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from edgefer.distill import compiled
from edgefer.distill.trainer import train
from edgefer.errors import BackendError, RecipeError, UsageError
from tests.distill.faces import small_recipe, squares

COMPILED = {"epochs": 1, "batch": 16, "compile": True}


def test_a_network_is_left_alone_unless_the_recipe_asks():
    network = nn.Linear(2, 2)
    assert compiled.passes(small_recipe(), network) is network


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on a CPU: g++")
def test_a_compiled_pass_gives_the_same_answers_and_gradients():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    pixels = torch.randn(5, 4)
    answers = compiled.passes(small_recipe(train=COMPILED), network)(pixels)
    assert torch.allclose(answers, network(pixels), atol=1e-6)
    answers.square().sum().backward()
    found = [value.grad.clone() for value in network.parameters()]
    network.zero_grad()
    network(pixels).square().sum().backward()
    assert all(
        torch.allclose(one, value.grad, atol=1e-5) for one, value in zip(found, network.parameters(), strict=True)
    )


def test_the_trainer_trains_through_it(monkeypatch: pytest.MonkeyPatch):
    """Through a stand-in of torch.compile that counts: a real one takes half a minute for student C."""
    calls = []

    def counting(network: nn.Module) -> Any:
        def run(pixels: Tensor) -> Tensor:
            calls.append((len(pixels), torch.is_grad_enabled()))
            return network(pixels)

        return run

    monkeypatch.setattr(torch, "compile", counting)
    faces = squares(70), squares(35, "PublicTest", 1)
    plain = train(small_recipe(train={**COMPILED, "compile": False}), *faces, Path("plain"))
    assert not calls
    run = train(small_recipe(train=COMPILED), *faces, Path("compiled"))
    assert calls == [(16, True)] * 4
    assert run.history[0].loss == plain.history[0].loss


def test_what_torch_cannot_compile_ends_in_one_line(monkeypatch: pytest.MonkeyPatch):
    def failing(_network: nn.Module) -> Any:
        def run(_pixels: Tensor) -> Tensor:
            raise torch._dynamo.exc.BackendCompilerFailed(failing, RuntimeError("no C++ compiler\nand much more"), None)

        return run

    monkeypatch.setattr(torch, "compile", failing)
    with pytest.raises(BackendError, match=r"torch.compile failed: .*train\.compile=false") as caught:
        train(small_recipe(train=COMPILED), squares(70), squares(35, "PublicTest", 1), Path("run"))
    assert "\n" not in str(caught.value)


def test_several_processes_do_not_compile(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compiled, "world", lambda: 2)
    with pytest.raises(UsageError, match="one process"):
        compiled.passes(small_recipe(train=COMPILED), nn.Linear(2, 2))


def test_hints_and_compile_exclude_each_other():
    with pytest.raises(RecipeError, match="hints exclude each other"):
        small_recipe(train=COMPILED, teacher={"students": ["fer2013-s"]}, loss={"kind": "kd", "hints": {"fc1": "fc"}})
