"""docs/datasets.md says what the code does."""

from __future__ import annotations

import re

from edgefer.data.prepare import DATASETS
from edgefer.data.readers.folders import SPLIT_FOLDERS
from edgefer.emotions import ALIASES, ORDERS
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")


def table(header: str) -> list[list[str]]:
    """Rows of the table whose first line is `header`."""
    lines = PAGE.partition(f"{header}\n")[2].splitlines()[1:]
    rows = lines[: next(index for index, line in enumerate([*lines, ""]) if not line.startswith("|"))]
    assert rows, header
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_alias_table_is_the_code():
    assert dict(table("| written | read as |")) == ALIASES


def test_the_table_of_orders_is_the_code():
    assert {who: tuple(order.split(", ")) for who, order in table("| who | order |")} == ORDERS


def test_every_dataset_has_its_row_with_its_default_source_and_its_address():
    header = "| type | `--source` | what it must hold | splits | faces | where to ask |"
    rows = {row[0].strip("`"): row for row in table(header)}
    assert list(rows) == list(DATASETS)
    for name, reader in DATASETS.items():
        if name != "folder":
            assert f"`{reader.source}`" in rows[name][1]
        for address in re.findall(r"\S+\.(?:cn|com|hk)/\S+", reader.where):
            assert address.strip(",.") in rows[name][5]


def test_every_split_folder_is_named():
    for folder in SPLIT_FOLDERS:
        assert f"`{folder}`" in PAGE.replace("PublicTest", "publictest").replace("PrivateTest", "privatetest")
