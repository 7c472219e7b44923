from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.card import InputSpec, Provenance
from edgefer.errors import UsageError
from edgefer.quantize.source import default_set, training_faces
from tests import tiny_net


@pytest.fixture
def noise(monkeypatch):
    """Stand 140 faces in for the demo's three thousand."""
    from edgefer.quantize import source

    asked = []

    def load(name, split):
        asked.append((name, split))
        return tiny_net.faces(split=split)

    monkeypatch.setattr(source, "load_faces", load)
    return asked


def test_the_set_comes_from_what_the_model_was_trained_on(noise):
    made, existed = default_set(tiny_net.card())
    assert noise == [("demo", "Training")]
    assert made.folder == Path("calibration/tiny-noise-140")
    assert not existed
    again, existed = default_set(tiny_net.card())
    assert existed
    assert again.manifest == made.manifest


def test_a_set_that_does_not_fit_any_more_is_made_again(noise):
    made, _ = default_set(tiny_net.card())
    other = tiny_net.card(input=InputSpec(height=40, width=40))
    remade, existed = default_set(other)
    assert not existed
    assert remade.folder == made.folder
    assert remade.manifest.input.height == 40
    (made.folder / "faces.npy").write_bytes(b"")
    assert not default_set(other)[1]


def test_a_named_source_goes_before_the_card(noise):
    training_faces(tiny_net.card(), "fer2013")
    assert noise == [("fer2013", "Training")]


def test_a_model_that_does_not_say_gets_one_line():
    with pytest.raises(UsageError, match=r"does not say which faces it was trained on.*--data fer2013"):
        training_faces(tiny_net.card(provenance=Provenance()))


def test_faces_that_are_not_here_get_one_line():
    with pytest.raises(UsageError, match="edgefer data prepare fer2013"):
        training_faces(tiny_net.card(provenance=Provenance(dataset="fer2013")))
