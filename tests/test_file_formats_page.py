"""docs/file-formats.md lists every format with its version and schema."""

from __future__ import annotations

import re

import pytest

from edgefer.benchmark.schema import schema as benchmark_schema
from edgefer.camera import session_lines
from edgefer.card import ModelCard
from edgefer.data.audit import file as audit
from edgefer.data.store import StoreInfo
from edgefer.evaluate import record as evaluation
from edgefer.quantize import manifest
from edgefer.report.schemas import KINDS, schema
from edgefer.scales import ScaleTable
from tests.conftest import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "file-formats.md").read_text(encoding="utf-8")
ROWS = {
    cells[4].split("](")[0].strip(" ["): cells
    for cells in (line.split("|") for line in PAGE.splitlines())
    if len(cells) == 7
}


def constant(kind, key):
    return schema(kind)["properties"][key]["const"]


def test_every_schema_is_in_the_table_and_there():
    linked = set(re.findall(r"\]\((\S+\.json)\)", PAGE))
    made = {f"schemas/{kind}.json" for kind in KINDS}
    assert made | {"benchmark-schema.json", "frame-schema.json"} == linked
    assert set(ROWS) >= set(KINDS)


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("model-card", f"`format` {ModelCard.model_fields['format'].default}"),
        ("learned-scales", f"`format` {ScaleTable.model_fields['format'].default}"),
        ("calibration-set", f"`format` {manifest.FORMAT}"),
        ("face-store", f"`format` {StoreInfo.model_fields['format'].default}"),
        ("exclusion-list", f"`schema` {audit.SCHEMA}"),
        ("evaluation", f"`schema` {evaluation.SCHEMA}"),
        ("benchmark-schema.json", f"`schema` {benchmark_schema()['properties']['schema']['const']}"),
        ("session-line", f"`schema` {session_lines.SCHEMA} in its first line"),
        ("inspection", f"`schema` {constant('inspection', 'schema')}"),
        ("doctor", f"`schema` {constant('doctor', 'schema')}"),
        ("bundle", f"`schema` {constant('bundle', 'schema')}"),
    ],
)
def test_versions_are_those_of_the_code(kind, version):
    assert ROWS[kind][3].strip() == version


def test_every_key_of_a_card_is_told():
    part = PAGE[PAGE.index("\n## Model card") : PAGE.index("\n## Passport")]
    assert set(ModelCard.model_fields) <= set(re.findall(r"`(\w+)`", part))
