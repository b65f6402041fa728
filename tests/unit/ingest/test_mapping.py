"""A map is checked before the first row is read, and says what to mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.mapping import InvalidMapping, parse_mapping, read_mapping

DOCS = Path(__file__).resolve().parents[3] / "docs"
EVENTS = '[[load]]\ntable = "events"\n[load.columns]\nts = "a"\nname = "b"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("load = 1 1", "not TOML"),
        ("", "load: Field required"),
        ('[[load]]\ntable = "orders"\ncolumns = {}', "load.1.table: Input should be 'events', 'users'"),
        ('[[load]]\ntable = "events"\n[load.columns]\nts = "a"', "events needs “name”"),
        (EVENTS + 'colour = "c"', "events has no column “colour”"),
        (EVENTS + 'user_key = "c"', "events has no column “user_key”"),
        (EVENTS + 'label = { constnt = "c" }', "load.1.columns.label: not one of"),
        (EVENTS.replace('ts = "a"', 'ts = { instant = "a", zone = "Paris" }'), "load.1.columns.ts: “Paris” is not a time zone"),
        ('colour = "red"\n' + EVENTS, "colour: Extra inputs are not permitted"),
        (EVENTS.replace("[load.columns]", 'skip = [{ column = "a", when = "odd" }]\n[load.columns]'), "load.1.skip.1.when"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(InvalidMapping) as caught:
        parse_mapping(text)
    assert words in str(caught.value)


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidMapping, match="cannot read"):
        read_mapping(tmp_path / "none.toml")


def test_the_documented_maps_are_valid_and_the_same_as_the_files() -> None:
    page = (DOCS / "import.md").read_text(encoding="utf-8")
    for path in (DOCS / "maps").glob("*.toml"):
        assert read_mapping(path).load
        assert path.read_text(encoding="utf-8") in page
    for block in page.split("```toml\n")[1:]:
        assert parse_mapping(block.split("```")[0]).load
