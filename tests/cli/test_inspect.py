from __future__ import annotations

import json

import pytest

from edgefer.card import Measurement
from tests import fake_gpu, tiny_net
from tests.conftest import one_line


def test_an_onnx_file_in_words_and_in_json(cli, tmp_path):
    measured = Measurement(
        dataset="fer2013", split="PublicTest", faces=3589, backend="onnxruntime cpu", accuracy=0.6412,
        balanced_accuracy=0.6, macro_f1=0.6, recall={"anger": 0.5},
    )  # fmt: skip
    path = tiny_net.write(tmp_path / "tiny.onnx", own_card=tiny_net.card(measured=(measured,)))
    shown = cli("inspect", path)
    assert shown.code == 0
    assert shown.err == ""
    for words in (
        "pixels: float [batch, 1, 32, 32]",
        "tiny (tiny, 5,000 parameters, trimmed)",
        "anger, disgust, fear, happy, sad, surprise, neutral",
        "gray 1x32x32, pixels 0..255, mean 0.5077, std 0.255",
        "64.12% on fer2013 PublicTest (3589 faces, onnxruntime cpu)",
        "conv float 4, matmul float 4",
    ):
        assert words in shown.out
    assert json.loads(cli("inspect", path, "--json").out)["kind"] == "onnx"


def test_a_problem_is_shown_and_fails_the_command(cli, tmp_path):
    path = tmp_path / "theirs.engine"
    path.write_bytes(fake_gpu.plan_bytes("tensorrt", "10.3.0.26"))
    shown = cli("inspect", path)
    assert shown.code == 1
    assert "10.3.0.26" in shown.out
    assert "PROBLEM" in shown.out
    values = json.loads(cli("inspect", path, "--json").out)
    assert values["problems"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.engine", "some notes\n", "is a text file, not a TensorRT engine"),
        ("notes.txt", "some notes\n", "is nothing that edgefer knows"),
        ("face.onnx", "version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_what_cannot_be_read_is_one_line(cli, tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    failed = cli("inspect", tmp_path / name)
    assert failed.code == 1
    assert failed.out == ""
    assert words in one_line(failed)
