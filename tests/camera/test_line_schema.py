"""docs/frame-schema.json is the schema of the lines that are written."""

from __future__ import annotations

import json

import jsonschema
import pytest

from edgefer.camera.interval import Intervals
from edgefer.camera.line_schema import schema, text
from tests.camera.people import face, reading
from tests.conftest import ROOT

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_committed_schema_is_the_generated_one():
    committed = (ROOT / "docs" / "frame-schema.json").read_text(encoding="utf-8")
    assert committed == text(), "run: python -m edgefer.camera.line_schema docs/frame-schema.json"
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    "made",
    [
        reading(0, 0.0),
        reading(1, 0.04, face(), face(2, detected=False, raw=None)),
        reading(2, 0.5, face(), live=True),
        reading(3, 3.0, face(None), name="a.png"),
    ],
    ids=["empty", "two", "live", "picture"],
)
def test_lines_of_frames_fit(made):
    line = json.loads(json.dumps(made.to_json()))
    VALIDATOR.validate(line)
    assert not VALIDATOR.is_valid(line | {"surprise": 1})
    assert not VALIDATOR.is_valid(line | {"schema": 2})
    assert not VALIDATOR.is_valid({key: value for key, value in line.items() if key != "frame"})
    for one in line["faces"]:
        one["score"] = 1.5
    assert VALIDATOR.is_valid(line) == (not line["faces"])


def test_lines_of_intervals_fit():
    intervals = Intervals(5.0, ("happy",))
    intervals.add(reading(0, 0.0, face(uncertain=True)))
    line = json.loads(json.dumps(intervals.end().to_json()))
    VALIDATOR.validate(line)
    assert not VALIDATOR.is_valid(line | {"track": 1})


def test_every_key_is_on_the_page():
    page = (ROOT / "docs" / "camera.md").read_text(encoding="utf-8")
    keys = {key for part in schema()["$defs"].values() for key in part["properties"]}
    assert {key for key in keys if f"`{key}`" not in page and f".{key}`" not in page} == set()
