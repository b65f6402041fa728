"""The writer's parts against plain, slow versions of themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID as PythonUUID
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.actor import Tenant
from data_access.dialects.columns import UUID, hexed, unhex
from data_access.warehouse import Warehouse
from ingest.days import local_days
from ingest.ids import id_bytes, with_ids
from ingest.sessions import MINUTE, runs, session_key
from ingest.verify import differences
from ingest.writer import BatchWriter

SECOND = 1_000_000
GAP = 1800 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(
    st.lists(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)), max_size=30),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_local_days_equal_the_zones_own(moments: list[datetime], zone: str) -> None:
    aware = [moment.replace(tzinfo=UTC) for moment in moments]
    micros = np.array([(moment - EPOCH) // timedelta(microseconds=1) for moment in aware], np.int64)
    assert local_days(micros, zone).to_pylist() == [moment.astimezone(ZoneInfo(zone)).date() for moment in aware]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40_000)), min_size=1, max_size=60))
def test_runs_equal_a_walk_through_the_events(seen: list[tuple[int, int]]) -> None:
    user, ts = (np.array(column, np.int64) for column in zip(*seen, strict=True))
    keys, began = runs(user, ts * SECOND, ts * SECOND, np.zeros(len(ts), np.int64), gap=GAP)
    start: dict[int, int] = {}
    last: dict[int, int] = {}
    for i in sorted(range(len(seen)), key=lambda i: seen[i]):
        who, when = seen[i]
        if who not in last or when - last[who] > 1800:
            start[who] = when
        last[who] = when
        assert began[i] == start[who] * SECOND
        assert keys[i] == session_key(np.array([who]), np.array([start[who] * SECOND]))[0]


@given(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 20_000)), min_size=1, max_size=40), st.integers(1, 4))
def test_sessions_do_not_depend_on_how_events_are_batched(seen: list[tuple[int, int]], size: int) -> None:
    """Batches joined to the intervals before them give the partition of all events at once."""
    user, ts = (np.array(column, np.int64) for column in zip(*seen, strict=True))
    whole, _ = runs(user, ts * SECOND, ts * SECOND, np.zeros(len(ts), np.int64), gap=GAP)
    key = np.zeros(len(ts), np.int64)
    for at in range(0, len(ts), size):
        held = key[:at].copy()
        both = slice(0, at + size)
        key[both], _ = runs(
            user[both], ts[both] * SECOND, ts[both] * SECOND, np.append(held, np.zeros(len(ts[both]) - at, np.int64)), gap=GAP
        )
    together = whole[:, None] == whole[None, :]
    assert ((key[:, None] == key[None, :]) == together).all()


def test_keys_fit_a_float_and_tell_users_and_minutes_apart() -> None:
    users, minutes = np.array([1, 2, 2**27 - 1]), np.array([0, 1, 2**26 - 1])
    keys = {int(session_key(np.array([u]), np.array([m * MINUTE]))[0]) for u in users for m in minutes}
    assert len(keys) == 9
    assert all(int(float(key)) == key for key in keys)


def test_too_short_a_gap_is_refused(house: Warehouse) -> None:
    with pytest.raises(ValueError, match="minute"):
        BatchWriter(house, Tenant(1, "a", "A"), timedelta(seconds=59))


@given(st.lists(st.one_of(st.none(), st.uuids()), max_size=20))
def test_hexadecimal_there_and_back(ids: list[PythonUUID | None]) -> None:
    stored = unhex(pa.array([None if i is None else i.hex for i in ids], pa.string()))
    assert stored.to_pylist() == [None if i is None else i.bytes for i in ids]
    column = pa.chunked_array([pa.ExtensionArray.from_storage(UUID, stored)])
    assert hexed(column).to_pylist() == [None if i is None else i.hex for i in ids]


def test_any_text_is_an_id_and_always_the_same(house: Warehouse) -> None:
    texts = ["a", "b", "a", None, "4f8f8a0e-6b1c-4b6e-9d53-7a1f0a4e9c11", "4F8F8A0E6B1C4B6E9D537A1F0A4E9C11", "é😀"]
    first, again = (id_bytes(with_ids(pa.table({"id": texts}))["id"]) for _ in range(2))
    assert (first[0] == first[2]).all()
    assert (first[4] == first[5]).all()
    assert [bool((a == b).all()) for a, b in zip(first, again, strict=True)] == [True, True, True, False, True, True, True]
    assert len({tuple(row) for row in first.tolist()}) == 5


def test_ids_in_chunks_and_slices() -> None:
    ids = with_ids(pa.table({"id": [f"{i:032x}" for i in range(10)]}))["id"]
    sliced = pa.chunked_array([ids.chunks[0][2:5], ids.chunks[0][7:9]])
    assert id_bytes(sliced)[:, 1].astype(">u8").view("u8").tolist() != []
    assert (id_bytes(sliced) == id_bytes(ids)[[2, 3, 4, 7, 8]]).all()


def test_verify_names_what_differs(house: Warehouse, writer: BatchWriter) -> None:
    import sqlalchemy as sa

    from data_access.schema import rollup_event_day, rollup_user_day, sessions

    shop = Tenant(1, "shop", "Shop", time_zone="Europe/London", currency="GBP")
    rows = {
        "ts": [datetime(2026, 1, 1, 10)] * 2,
        "user_id": ["a", "b"],
        "name": ["page_view"] * 2,
        "value_minor": [5, 7],
        "currency": ["GBP"] * 2,
    }
    writer.write({"events": pa.table(rows)}, datetime(2026, 1, 2, tzinfo=UTC))
    assert differences(house, shop) == {}
    with house.transaction() as tx:
        tx.execute(sa.update(rollup_event_day).values(events=3))
        tx.execute(sa.delete(rollup_user_day).where(rollup_user_day.c.user_key == 1))
        tx.execute(sa.delete(sessions).where(sessions.c.user_key == 2))
    by_day = {f"rollup_session_day {what}" for what in ("sessions", "short", "page views")}
    assert set(differences(house, shop)) == {"rollup_event_day events", "rollup_user_day", "sessions", *by_day}
