import json

import pytest
from pydantic import ValidationError

from edgefer.card import FILE, InputSpec, ModelCard, Passport, Precision
from edgefer.errors import ArtifactError
from tests.nets import card


def test_a_card_comes_back_from_json():
    passport = Passport(
        flavour="tensorrt_rtx",
        version="1.7.1.116",
        targets=("sm89",),
        batch=(1, 8, 32),
        plan_sha256="a",
        onnx_sha256="b",
    )
    full = card(precision=Precision.INT8, engine=passport, tools={"torch": "2"})
    assert ModelCard.from_json(full.to_json(), "x") == full
    assert ModelCard.from_json(full.to_json(indent=2).encode(), "x") == full


def test_a_passport_of_an_earlier_edgefer_is_read():
    old = {"flavour": "tensorrt", "version": "10.3.0.26", "targets": ["sm87"], "batch": [1, 8, 32]}
    old |= {"plan_sha256": "a", "onnx_sha256": "b", "gpu": "Orin", "census": {"onnx conv half": 4}}
    text = json.dumps(json.loads(card(precision=Precision.FP16).to_json()) | {"engine": old})
    passport = ModelCard.from_json(text, "card.json").engine
    assert passport is not None
    assert (passport.calibration, passport.source, passport.version_compatible) == ("", "", False)
    assert (passport.before, passport.after) == (None, None)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 1}', card().to_json().replace('"format":1', '"format":"9"'),
             card().to_json().replace('"format":1', '"format":0'),
             card().to_json().replace('"name"', '"nmae"'), card().to_json().replace('"disgust"', '"anger"')],
)  # fmt: skip
def test_a_damaged_card_is_one_line_that_names_its_file(text: str):
    with pytest.raises(ArtifactError, match=r"model card in x\.onnx is damaged") as caught:
        ModelCard.from_json(text, "x.onnx")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"channels": 3},
        {"std": (0.0,)},
        {"colour": "rgb"},
        {"height": 8},
        {"crop_margin": -0.1},
        {"unknown": 1},
    ],
)
def test_an_input_that_makes_no_sense_is_refused(values: dict[str, object]):
    with pytest.raises(ValidationError):
        InputSpec.model_validate({"height": 48, "width": 48, **values})


def test_a_card_is_frozen_and_copied_with_changes():
    first = card()
    with pytest.raises(ValidationError):
        first.name = "other"
    assert first.but(name="other").name == "other"
    assert first.name == "tiny"


def test_an_engines_card_stands_beside_it(tmp_path):
    with pytest.raises(ArtifactError, match=r"no card\.json beside it"):
        ModelCard.beside(tmp_path / "x.engine")
    (tmp_path / FILE).write_text(card().to_json())
    assert ModelCard.beside(tmp_path / "x.engine") == card()


@pytest.mark.parametrize(
    ("found", "made", "reason"),
    [
        ('"format":1', '"format":9', "its format is 9, this one reads 1"),
        ('"format":1', '"format":9,"colour":"teal"', "its format is 9, this one reads 1"),
        ('"format":1', '"format":1,"colour":"teal"', "it has the field colour, which this one does not know"),
        ('"colour":', '"shade":1,"colour":', r"it has the field input\.shade, which this one does not know"),
    ],
)
def test_a_card_of_a_newer_edgefer_is_told_from_a_damaged_one(found: str, made: str, reason: str):
    text = card().to_json()
    assert found in text
    with pytest.raises(ArtifactError, match=rf"in x\.onnx was made by a newer edgefer \({reason}\)") as caught:
        ModelCard.from_json(text.replace(found, made, 1), "x.onnx")
    assert caught.value.fix == "pip install --upgrade edgefer"
