from __future__ import annotations

import json

import numpy as np
import pytest

from edgefer.data.load import load_faces
from tests import brightness_model, tiny_net
from tests.conftest import one_line


@pytest.fixture
def model(tmp_path):
    return tiny_net.write(tmp_path / "tiny.onnx")


def test_a_table_for_people(cli, model):
    done = cli("evaluate", model, "--threads", 1)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "tiny (onnxruntime cpu) on demo PublicTest, 700 faces"
    assert lines[1].startswith("accuracy ")
    assert [line.split()[0] for line in lines[3:]] == [
        "emotion",
        "anger",
        "disgust",
        "fear",
        "happy",
        "sad",
        "surprise",
        "neutral",
    ]
    assert all(line.split()[1] == "100" for line in lines[4:])
    assert "evaluate: 700/700" in done.err


def test_json_is_the_same_measurement(cli, model):
    values = json.loads(cli("evaluate", model, "--json", "--threads", 1, "--batch", 50).out)
    assert (values["faces"], values["split"]) == (700, "PublicTest")
    matrix = np.array(values["confusion"]["true_by_predicted"])
    assert values["accuracy"] == pytest.approx(np.trace(matrix) / 700)
    assert values["data_sha256"] == load_faces("demo", "PublicTest").sha256


def test_the_data_of_the_card_are_the_default_and_data_names_others(cli, tmp_path, model):
    card = tiny_net.card()
    other = tiny_net.write(
        tmp_path / "other.onnx", own_card=card.but(provenance=card.provenance.model_copy(update={"dataset": "nowhere"}))
    )
    failed = cli("evaluate", other)
    assert failed.code == 2
    assert "nowhere" in one_line(failed)
    assert cli("evaluate", other, "--data", "demo", "--split", "Training").out.startswith(
        "tiny (onnxruntime cpu) on demo Training, 3,010"
    )


def test_a_model_without_a_dataset_on_its_card_gets_the_demo_faces(cli, tmp_path):
    done = cli("evaluate", brightness_model.write(tmp_path / "b.onnx"))
    assert done.out.startswith("brightness (onnxruntime cpu) on demo PublicTest")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.onnx", None, "does not exist"),
        ("text.onnx", b"hello", "not an ONNX file"),
        ("text.safetensors", b"hello", "not a safetensors"),
        ("text.engine", b"hello", "not a TensorRT engine"),
        ("text.txt", b"hello", "no model"),
        ("lfs.onnx", b"version https://git-lfs.github.com/spec/v1\n", "Git-LFS"),
    ],
)
def test_bad_models_give_one_line(cli, tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    failed = cli("evaluate", tmp_path / name)
    assert failed.code == 1
    assert says in one_line(failed)
    assert failed.out == ""


@pytest.mark.parametrize("options", [("--data", "dmeo"), ("--split", "Publictest")])
def test_unknown_names_are_wrong_usage(cli, model, options):
    failed = cli("evaluate", model, *options)
    assert failed.code == 2
    assert one_line(failed)


def test_other_emotions_are_refused(cli, tmp_path):
    names = ("happy", "sad", "neutral")
    path = tiny_net.write(tmp_path / "three.onnx", tiny_net.model(classes=3), tiny_net.card(labels=names))
    failed = cli("evaluate", path)
    assert failed.code == 1
    assert "order" in one_line(failed)
