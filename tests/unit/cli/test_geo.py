"""The country database is a file on this machine: checked, kept, looked into."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest


def text(value: str) -> bytes:
    return bytes([0x40 | len(value)]) + value.encode()


def number(value: int, kind: int = 6) -> bytes:
    """An unsigned whole number: 5 is 16 bits, 6 is 32, 9 (extended) is 64."""
    raw = value.to_bytes(8, "big").lstrip(b"\0")
    return bytes([kind << 5 | len(raw)]) + raw if kind < 8 else bytes([len(raw), kind - 7]) + raw


def table(**pairs: bytes) -> bytes:
    return bytes([0xE0 | len(pairs)]) + b"".join(text(name) + value for name, value in pairs.items())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Everything below 128.0.0.0 is France, everything above is nowhere: one node, two records of 24 bits."""
    tree = (1 + 16).to_bytes(3, "big") + (1).to_bytes(3, "big")
    about = table(
        node_count=number(1),
        record_size=number(24, 5),
        ip_version=number(4, 5),
        database_type=text("Test-Country"),
        binary_format_major_version=number(2, 5),
        binary_format_minor_version=number(0, 5),
        build_epoch=number(1_790_000_000, 9),
        languages=struct.pack("BB", 0, 4),
        description=table(),
    )
    path = tmp_path / "made.mmdb"
    path.write_bytes(tree + bytes(16) + table(country_code=text("FR")) + b"\xab\xcd\xefMaxMind.com" + about)
    return path


def test_without_a_file_the_sources_are_named(vigie):
    said = vigie("geo", "update").output
    assert "geo-whois-asn-country-mmdb" in said
    assert "--from" in said
    assert "No country database" in vigie("geo", "show").output


def test_a_database_is_checked_kept_and_looked_into(vigie, place, database):
    assert "Test-Country, built 2026-09-21, IPv4" in vigie("geo", "update", "--from", database).output
    assert (place / "geo" / "country.mmdb").read_bytes() == database.read_bytes()
    assert "81.2.3.0: FR" in vigie("geo", "show", "81.2.3.4").output
    assert "203.0.113.0: unknown" in vigie("geo", "show", "203.0.113.9").output


def test_what_is_no_database_is_refused_and_the_old_one_stays(vigie, place, database):
    vigie("geo", "update", "--from", database)
    wrong = place / "wrong"
    wrong.write_text("no database")
    assert "not a database" in vigie("geo", "update", "--from", wrong, code=1).output
    assert "Test-Country" in vigie("geo", "show").output
