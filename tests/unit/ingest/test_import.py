"""Files by a map: what gets in, what is refused and why, and that running twice changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from data_access.schema import events, imports, payments, subscriptions, users
from data_access.warehouse import Warehouse
from ingest.expressions import MissingColumn
from ingest.files import UnreadableFile
from ingest.importing import Summary, import_file
from ingest.mapping import parse_mapping
from ingest.writer import BatchWriter

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MAP = """
[[load]]
table = "events"
skip = [{ column = "who", when = "equal", value = "robot" }]
[load.columns]
id = "id"
ts = { instant = "when", zone = "Europe/Paris" }
name = { constant = "purchase" }
user_id = "who"
value_minor = { product = ["quantity", "price"] }
currency = "currency"
label = { template = "{who}/{currency}" }
is_new_user = "new"
"""
CSV = """id,when,who,quantity,price,currency,new
a,2026-01-01T10:00:00,ann,3,1.005,EUR,yes
b,2026-07-01T10:00:00,bob,2,500,JPY,no
c,yesterday,cid,1,1,EUR,yes
d,2026-01-01T10:00:00,dan,many,1,EUR,yes
e,2026-01-01T10:00:00,eve,1,1,EUR,perhaps
f,2026-01-01T10:00:00,robot,1,1,EUR,yes
g,2026-01-01T10:00:00,gus,-1,2.50,EUR,
h,too,few
i,,ida,1,1,EUR,yes
"""


def load(path: Path, text: str, writer: BatchWriter) -> Summary:
    return import_file(path, parse_mapping(text), writer, NOW, rejects_dir=path.parent / "rejects")


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(house: Warehouse, *columns: sa.Column[Any]) -> list[list[Any]]:
    frame = house.read(sa.select(*columns).order_by(columns[0]))
    return [[None if pd.isna(value) else value for value in row] for row in frame.itertuples(index=False)]


def test_a_csv_with_good_and_bad_rows(house: Warehouse, writer: BatchWriter, tmp_path: Path) -> None:
    summary = load(written(tmp_path / "sales.csv", CSV), MAP, writer)
    assert (summary.rows, summary.skipped, summary.unreadable) == (8, 1, 1)
    assert (summary.loaded, summary.rejected) == ({"events": 3}, {"events": 4})
    # 3 × 1.005 = 3.015 euros: 302 cents, halves away from zero; 2 × 500 yen has no smaller unit.
    assert read(house, events.c.label, events.c.value_minor, events.c.is_new_user) == [
        ["ann/EUR", 302, True], ["bob/JPY", 1000, False], ["gus/EUR", -250, True],
    ]  # fmt: skip
    # Paris is at UTC+1 in January and UTC+2 in July.
    assert [row[0].hour for row in read(house, events.c.ts)] == [9, 9, 8]
    assert summary.rejects is not None
    rejected = [json.loads(line) for line in summary.rejects.read_text().splitlines()]
    assert {r["reason"] for r in rejected} == {
        "3 columns where the header has 7", "when: “yesterday” is not a time", "quantity: “many” is not a number",
        "new: “perhaps” is not yes or no", "ts is empty",
    }  # fmt: skip
    assert {r["line"] for r in rejected if r["row"] and "many" in str(r["row"])} == {5}
    assert all(r["row"] for r in rejected)


def test_twice_changes_nothing(house: Warehouse, writer: BatchWriter, tmp_path: Path) -> None:
    path = written(tmp_path / "sales.csv", CSV)
    load(path, MAP, writer)
    before = [read(house, *table.columns) for table in (events, users, imports)]
    again = load(path, MAP, writer)
    assert (again.loaded, again.duplicates) == ({}, {"events": 3})
    assert [read(house, *table.columns) for table in (events, users, imports)] == before


def test_without_an_id_true_duplicates_stay_and_the_file_again_adds_nothing(house: Warehouse, writer: BatchWriter, tmp_path: Path) -> None:
    text = MAP.replace('id = "id"\n', "")
    path = written(tmp_path / "sales.csv", CSV + CSV.split("\n", 1)[1])
    assert load(path, text, writer).loaded == {"events": 6}
    assert load(path, text, writer).loaded == {}
    other = written(tmp_path / "other.csv", CSV)
    assert load(other, text, writer).loaded == {"events": 3}


def test_json_lines_with_nested_objects(house: Warehouse, writer: BatchWriter, tmp_path: Path) -> None:
    lines = [
        {"at": 1767225600, "user": {"id": 7}, "props": {"plan": "pro"}},
        {"at": "1767225601", "user": {"id": "8"}, "props": {}},
        {"at": None, "user": {"id": 9}},
    ]
    content = "\n".join(json.dumps(line) for line in lines) + "\n{broken\n[1]\n\n"
    text = """
    [[load]]
    table = "events"
    [load.columns]
    ts = { instant = "at", unit = "s" }
    name = { constant = "seen" }
    user_id = "user.id"
    properties = "props"
    """
    summary = load(written(tmp_path / "log.jsonl", content), text, writer)
    assert summary.loaded == {"events": 2}
    assert summary.unreadable == 2
    assert [row[0] for row in read(house, users.c.external_id)] == ["7", "8"]
    assert [row[1] for row in read(house, events.c.ts, events.c.properties)] == ['{"plan":"pro"}', "{}"]


def test_parquet_into_users_and_subscriptions(house: Warehouse, writer: BatchWriter, tmp_path: Path) -> None:
    frame = pd.DataFrame({"customer": [1.0, 2.0], "since": pd.to_datetime(["2026-01-01", "2026-01-02"]), "monthly": [9.99, 0.5]})
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "customers.parquet")
    text = """
    [[load]]
    table = "users"
    [load.columns]
    external_id = "customer"
    created_at = "since"
    signed_up_day = "since"
    kind = { constant = "individual" }
    [[load]]
    table = "subscriptions"
    [load.columns]
    id = { template = "start-{customer}" }
    ts = "since"
    user_id = "customer"
    subscription_id = "customer"
    change = { constant = "start" }
    status = { constant = "active" }
    interval = { constant = "month" }
    amount_minor = { amount = "monthly" }
    currency = { constant = "GBP" }
    """
    for expected in ({"users": 2, "subscriptions": 2}, {}):
        assert load(tmp_path / "customers.parquet", text, writer).loaded == expected
    assert [row[0] for row in read(house, users.c.external_id)] == ["1", "2"]
    assert read(house, subscriptions.c.mrr_minor, subscriptions.c.kind) == [[50, "individual"], [999, "individual"]]


def test_a_repeated_hour_is_read_as_its_first_and_a_skipped_one_moves_on(house: Warehouse, writer: BatchWriter, tmp_path: Path) -> None:
    rows = ["when", "2026-10-25 02:30", "2026-03-29 02:30", "2026-06-01 12:00"]
    text = """
    [[load]]
    table = "events"
    [load.columns]
    ts = { instant = "when", format = "%Y-%m-%d %H:%M", zone = "Europe/Paris" }
    name = { constant = "x" }
    """
    load(written(tmp_path / "clock.csv", "\n".join(rows)), text, writer)
    assert [str(row[0]) for row in read(house, events.c.ts)] == ["2026-03-29 01:00:00", "2026-06-01 10:00:00", "2026-10-25 00:30:00"]


def test_moments_with_an_offset_need_no_zone(house: Warehouse, writer: BatchWriter, tmp_path: Path) -> None:
    text = '[[load]]\ntable = "events"\n[load.columns]\nts = "when"\nname = "when"'
    load(written(tmp_path / "z.csv", "when\n2026-01-01T12:00:00Z\n2026-01-01T12:00:00+02:00\n"), text, writer)
    assert [row[0].hour for row in read(house, events.c.ts)] == [10, 12]


def test_a_failure_half_way_leaves_nothing(house: Warehouse, writer: BatchWriter, tmp_path: Path) -> None:
    text = (
        MAP + '[[load]]\ntable = "payments"\n[load.columns]\nts = "when"\ntype = "nothing"\namount_minor = "price"\ncurrency = "currency"'
    )
    with pytest.raises(MissingColumn, match="“nothing”; it has id, when"):
        load(written(tmp_path / "sales.csv", CSV), text, writer)
    assert read(house, events.c.id) == []
    assert read(house, payments.c.id) == []
    assert not (tmp_path / "rejects").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"\xff\xfe\x00bad\n1,2", "cannot read a.csv as csv"),
        ("a.parquet", b"not parquet", "cannot read a.parquet as parquet"),
        ("a.xyz", b"1", "what is a.xyz"),
    ],
)
def test_an_unreadable_file_is_named(writer: BatchWriter, tmp_path: Path, name: str, content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        load(written(tmp_path / name, content), MAP, writer)
    with pytest.raises(UnreadableFile, match=r"none\.csv"):
        load(tmp_path / "none.csv", MAP, writer)


def test_a_reject_file_is_named_safely(writer: BatchWriter, tmp_path: Path) -> None:
    summary = load(written(tmp_path / "a b ;é.csv", CSV), MAP, writer)
    assert summary.rejects is not None
    assert summary.rejects.parent == tmp_path / "rejects"
    assert summary.rejects.name.startswith("a_b__é-")
