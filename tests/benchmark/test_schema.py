"""docs/benchmark-schema.json is the schema of what is written, and docs/benchmarking.md explains its fields."""

from __future__ import annotations

import json

import pytest

from edgefer.benchmark import figures, protocol, result
from edgefer.benchmark.energy import Energy
from edgefer.benchmark.schema import schema, text
from tests.benchmark import results
from tests.conftest import ROOT


def test_the_committed_schema_is_the_generated_one():
    committed = (ROOT / "docs" / "benchmark-schema.json").read_text(encoding="utf-8")
    assert committed == text(), "run: python -m edgefer.benchmark.schema docs/benchmark-schema.json"


def fits(value, part, whole):
    """Whether a value has exactly the fields of its schema, at every depth; the types of single values apart."""
    if "$ref" in part:
        return fits(value, whole["$defs"][part["$ref"].rsplit("/", 1)[1]], whole)
    if "anyOf" in part:
        return any(fits(value, one, whole) for one in part["anyOf"])
    if part.get("type") == "array":
        items = part.get("items", part.get("prefixItems", [{}])[0])
        return isinstance(value, list) and all(fits(one, items, whole) for one in value)
    if "properties" in part:
        known = part["properties"]
        if not isinstance(value, dict) or set(value) - set(known) or set(part.get("required", ())) - set(value):
            return False
        return all(fits(one, known[name], whole) for name, one in value.items())
    if part.get("type") == "null":
        return value is None
    return value is not None


@pytest.mark.parametrize("made", [results.result(), results.full()], ids=["plain", "full"])
def test_records_fit_the_schema(made):
    record = json.loads(made.to_json())
    assert fits(record, schema(), schema())
    record["rows"][0]["cells"][0]["latency"]["surprise"] = 1
    assert not fits(record, schema(), schema())


def test_the_schema_says_its_version_and_what_fields_mean():
    made = schema()
    assert made["title"] == "edgefer benchmark record, schema 2"
    assert made["properties"]["schema"]["const"] == 2
    assert "bootstrap interval" in made["$defs"]["Latency"]["description"]
    assert "unstable" in made["$defs"]["Latency"]["properties"]
    assert "title" not in made["$defs"]["Latency"]


@pytest.mark.parametrize(
    "model",
    [
        result.BenchmarkResult, result.Row, protocol.Protocol, protocol.Effort, figures.Cell, figures.Latency,
        figures.Histogram, figures.Parts, figures.Speedup, figures.Start, figures.Setup, figures.Sizes, figures.Verdict,
        Energy,
    ],
    ids=lambda model: model.__name__,
)  # fmt: skip
def test_every_field_is_on_the_page(model):
    page = (ROOT / "docs" / "benchmarking.md").read_text(encoding="utf-8")
    section = page.partition("## The record")[2].partition("\n## ")[0]
    fields = {field.alias or name for name, field in model.model_fields.items()} | set(model.model_computed_fields)
    assert {name for name in fields if f"`{name}`" not in section} == set()
