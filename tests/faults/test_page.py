"""docs/faults.md names real tests, and every row of the groups that apply so far."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))
GROUPS = ("Ingest", "Queries and pages", "Accounts")
LATER = ("share link guessed, expired, revoked", "erasing a person while their events still arrive")  # nothing is shared or erased yet


@pytest.mark.parametrize(("file", "name"), NAMED, ids="::".join)
def test_a_named_test_exists(file: str, name: str) -> None:
    assert re.search(rf"^\s*(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_each_row_names_a_test() -> None:
    assert all("::test_" in line for line in facts(PAGE))


def test_every_row_that_applies_is_here(shared: Path) -> None:
    text = (shared / "faults.md").read_text()
    wanted = "\n".join(text.partition(f"## {group}\n")[2].partition("\n## ")[0] for group in GROUPS)
    here = {first(line) for line in facts(PAGE)}
    assert {first(line) for line in facts(wanted)} - here == set(LATER)


def facts(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| input or fault")]


def first(line: str) -> str:
    return line.split("|")[1].strip()
