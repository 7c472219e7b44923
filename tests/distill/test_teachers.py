from pathlib import Path

import numpy as np
import pytest
import torch

from edgefer.card import InputSpec, ModelCard
from edgefer.data.demo import demo_faces
from edgefer.distill.batches import planes
from edgefer.distill.teachers import ensemble, load_teachers
from edgefer.emotions import FER2013, RESEMOTENET
from edgefer.errors import DataError
from edgefer.models.checkpoint import load, save
from edgefer.models.registry import build
from edgefer.paths import sha256, sha256_of
from edgefer.runtime.find import shipped_checkpoint
from tests.distill.foreign import Tiny, model, said

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


FIRST, SECOND = torch.tensor([[2.0, 0.0, 1.0]]), torch.tensor([[10.0, 14.0, 12.0]])


def test_the_mean_of_logits_ignores_offsets_and_heeds_weights():
    mean = ensemble((FIRST, SECOND + 100), (1.0, 3.0), "logits")
    # Centred: (1, -1, 0) and (-2, 2, 0); a quarter of the first and three of the second.
    assert torch.allclose(mean, torch.tensor([[-1.25, 1.25, 0.0]]), atol=1e-5)


def test_the_mean_of_probabilities_is_theirs_and_heeds_weights():
    mean = ensemble((FIRST, SECOND), (1.0, 3.0), "softmax").exp()
    assert torch.allclose(mean, FIRST.softmax(1) / 4 + SECOND.softmax(1) * 3 / 4, atol=1e-6)
    certain = ensemble((torch.tensor([[-200.0, 0.0]]), torch.tensor([[-200.0, 0.0]])), (1.0, 1.0), "softmax")
    assert torch.allclose(certain, torch.tensor([[-200.0, 0.0]]))


@pytest.mark.parametrize("combine", ["logits", "softmax"])
def test_one_teacher_is_no_mean(combine: str):
    assert ensemble((FIRST,), (0.3,), combine) is FIRST


def test_checkpoints_and_models_are_one_ensemble_with_names_networks_and_cards(monkeypatch: pytest.MonkeyPatch):
    path = checkpoint("ours", FER2013, 24)
    monkeypatch.setattr("edgefer.distill.teachers_open.build_by_factory", lambda *_: Tiny().eval())
    monkeypatch.setattr("edgefer.distill.teachers_open.factory_source", lambda _: None)
    theirs = model(said("mine:make", weight=3.0))
    weighted = model({"source": str(path), "weight": 0.5})
    teachers = load_teachers((path,), FER2013, CPU, (theirs, weighted), "softmax")
    assert teachers.name == "ours+mine:make+ours"
    assert len(teachers.networks) == 3
    assert len(teachers.cards) == 2
    faces = torch.rand(3, 1, 24, 24) * 255
    first, second = load_teachers((path,), FER2013, CPU), load_teachers((), FER2013, CPU, (theirs,))
    shares = first.logits(faces).softmax(1) * 1.5 / 4.5 + second.logits(faces).softmax(1) * 3 / 4.5
    assert torch.allclose(teachers.logits(faces).softmax(1), shares, atol=1e-5)


def test_the_hash_tells_ensembles_apart_and_that_of_checkpoints_alone_is_as_it_was():
    paths = (checkpoint("one", FER2013, 24), checkpoint("two", FER2013, 24))
    assert load_teachers(paths, FER2013, CPU).sha256 == sha256_of(*(sha256(path) for path in paths), *FER2013)
    models = [model({"source": str(path)}) for path in paths]
    heavy = [models[0].model_copy(update={"weight": 2.0}), models[1]]
    made = [
        load_teachers(paths, FER2013, CPU),
        load_teachers(paths, FER2013, CPU, (), "softmax"),
        load_teachers(paths[::-1], FER2013, CPU),
        load_teachers(paths, RESEMOTENET, CPU),
        load_teachers(paths[:1], FER2013, CPU, models[1:]),
        load_teachers((), FER2013, CPU, models),
        load_teachers((), FER2013, CPU, models, "softmax"),
        load_teachers((), FER2013, CPU, heavy),
    ]
    assert len({teachers.sha256 for teachers in made}) == len(made)


def test_with_mirror_a_face_and_its_mirror_image_get_the_same_mean_answer():
    paths = (shipped_checkpoint("fer2013-s"),)
    plain = load_teachers(paths, FER2013, CPU)
    both = load_teachers(paths, FER2013, CPU, mirror=True)
    faces = planes(demo_faces("PublicTest").take(np.arange(4)), CPU).float()
    mean = (plain.logits(faces) + plain.logits(faces.flip(3))) / 2
    assert torch.allclose(both.logits(faces), mean, atol=1e-5)
    assert torch.allclose(both.logits(faces.flip(3)), mean, atol=1e-5)
    assert not torch.allclose(plain.logits(faces), mean, atol=1e-2)
    assert both.sha256 != plain.sha256
