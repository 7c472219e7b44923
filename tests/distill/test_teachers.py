from pathlib import Path

import pytest
import torch

from edgefer.card import InputSpec, ModelCard
from edgefer.distill.teachers import load_teachers
from edgefer.emotions import FER2013, RESEMOTENET
from edgefer.errors import DataError
from edgefer.models.checkpoint import load, save
from edgefer.models.registry import build

CPU = torch.device("cpu")


def checkpoint(name: str, labels: tuple[str, ...], size: int, channels: int = 1) -> Path:
    torch.manual_seed(hash(name) % 1000)
    body = build("mini-resemotenet-c", channels=channels, classes=len(labels))
    spec = InputSpec(height=size, width=size, channels=channels, mean=(0.5,) * channels, std=(0.25,) * channels)
    card = ModelCard(name=name, architecture="mini-resemotenet-c", parameters=1, labels=labels, input=spec)
    save(Path(f"{name}.safetensors"), body, card)
    return Path(f"{name}.safetensors")


def test_a_teachers_own_label_order_size_and_channels_do_not_matter():
    path = checkpoint("t", RESEMOTENET, 64, 3)
    teachers = load_teachers((path,), FER2013, CPU)
    faces = torch.rand(4, 1, 48, 48) * 255
    given = teachers.logits(faces)
    network, _ = load(path)
    enlarged = torch.nn.functional.interpolate(faces, (64, 64), mode="bilinear").round().expand(-1, 3, -1, -1)
    own = network(enlarged)
    for index, emotion in enumerate(FER2013):
        assert torch.allclose(given[:, index], own[:, RESEMOTENET.index(emotion)], atol=1e-6)


def test_an_ensemble_is_the_mean_and_has_both_names():
    paths = (checkpoint("one", FER2013, 48), checkpoint("two", FER2013, 40))
    faces = torch.rand(4, 1, 48, 48) * 255
    both = load_teachers(paths, FER2013, CPU)
    first, second = (load_teachers((path,), FER2013, CPU).logits(faces) for path in paths)
    centred = [logits - logits.mean(1, keepdim=True) for logits in (first, second)]
    assert torch.allclose(both.logits(faces), (centred[0] + centred[1]) / 2, atol=1e-6)
    assert both.name == "one+two"
    assert len({both.sha256, *(load_teachers((path,), FER2013, CPU).sha256 for path in paths)}) == 3


def test_teachers_learn_nothing():
    teachers = load_teachers((checkpoint("t", FER2013, 48),), FER2013, CPU)
    assert not teachers.logits(torch.rand(2, 1, 48, 48)).requires_grad
    assert not any(parameter.requires_grad for parameter in teachers.networks[0].parameters())


def test_an_emotion_that_the_students_lack_is_dropped_and_the_rest_shares_the_whole():
    path = checkpoint("eight", ("contempt", *FER2013), 48)
    faces = torch.rand(4, 1, 48, 48) * 255
    given = load_teachers((path,), FER2013, CPU).logits(faces)
    own = load(path)[0](faces).softmax(1)[:, 1:]
    assert torch.allclose(given.softmax(1), own / own.sum(1, keepdim=True), atol=1e-6)


def test_a_teacher_that_lacks_an_emotion_is_refused():
    path = checkpoint("seven", FER2013, 48)
    with pytest.raises(DataError, match="teacher seven does not know contempt; its labels are anger, disgust, fear"):
        load_teachers((path,), (*FER2013, "contempt"), CPU)
