"""docs/data-model.md names every table with exactly its columns."""

from __future__ import annotations

import re
from pathlib import Path

from data_access.schema import metadata

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data-model.md"


def test_every_table_is_described_with_its_columns() -> None:
    lines = re.findall(r"^\| `(\w+)` \| .+ \| ((?:`\w+`(?:, )?)+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    described = {table: re.findall(r"`(\w+)`", columns) for table, columns in lines}
    assert described == {table.name: [column.name for column in table.columns] for table in metadata.tables.values()}
