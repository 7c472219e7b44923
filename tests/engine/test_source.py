from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.engine.source import name_of


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("runs/c/best.safetensors", "runs/c/best.safetensors"),
        ("./runs/../c.onnx", "c.onnx"),
        ("/somebody/runs/c.onnx", "c.onnx"),
        ("../outside/c.onnx", "c.onnx"),
        ("runs/c/", "runs/c"),
    ],
)
def test_a_card_names_a_model_and_no_folder_of_the_machine(model, name):
    assert name_of(Path(model)) == name


def test_what_lies_below_is_told_from_here_however_it_was_named():
    assert name_of(Path.cwd() / "runs/c.onnx") == "runs/c.onnx"
    assert name_of(Path.cwd()) == Path.cwd().name
