"""Rollups kept batch by batch equal rollups rebuilt at the end, whatever the batches and their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.schema import api_requests, events
from data_access.warehouse import Warehouse, open_warehouse
from ingest.rollups import Touched, add, rebuild, refresh
from ingest.touched import whole
from tests.unit.rollups.rows import KEPT, TENANT, contents, event, table_of

Batch = list[dict[str, Any]]


@pytest.fixture(scope="module")
def house() -> Iterator[Warehouse]:
    opened = open_warehouse("duckdb:///:memory:", threads=1)
    opened.migrate()
    yield opened
    opened.close()


def empty(house: Warehouse) -> None:
    with house.transaction() as tx:
        for table in (events, api_requests, *KEPT):
            tx.execute(sa.delete(table))


def write(house: Warehouse, batch: Batch) -> None:
    """As the batch writer does: the rows, then what they touched."""
    with house.transaction() as tx:
        tx.append("events", table_of("events", batch))
        days = {row["day"] for row in batch}
        refresh(tx, TENANT, Touched({"events": days}, {row["user_key"] for row in batch if row["user_key"] is not None}))


def arrive(house: Warehouse, batch: Batch) -> None:
    """As the batch writer does where nothing but these rows is new."""
    with house.transaction() as tx:
        rows = whole("events", table_of("events", batch))
        tx.append("events", rows)
        add(tx, TENANT, {"events": rows})


def kept_and_rebuilt(house: Warehouse) -> tuple[dict[str, Any], dict[str, Any]]:
    kept = {table.name: contents(house, table) for table in KEPT}
    with house.transaction() as tx:
        rebuild(tx, TENANT)
    return kept, {table.name: contents(house, table) for table in KEPT}


@st.composite
def batches(draw: st.DrawFn) -> list[Batch]:
    """Up to 40 events of five users (one unknown) over nine days across a DST change, in batches of any order."""
    one = st.tuples(
        st.integers(0, 9 * 24 * 2),
        st.sampled_from([1, 2, 3, 4, None]),
        st.sampled_from(["use", "page_view", "pay"]),
        st.sampled_from(["FR", "BE", None]),
        st.sampled_from(["mobile", "desktop"]),
        st.sampled_from([None, 11, 12, 13]),
        st.integers(0, 3),
    )
    drawn = draw(st.lists(one, min_size=1, max_size=40))
    groups: dict[int, Batch] = {}
    for number, (half_hours, user, name, country, device, session, batch) in enumerate(drawn):
        more = {"country": country, "device": device, "session_key": session, "page": f"/{number % 3}", "duration_ms": float(number)}
        groups.setdefault(batch, []).append(event(number, half_hours / 2, user, name, **more))
    return list(groups.values())


@settings(max_examples=40)
@given(batches(), st.lists(st.booleans(), min_size=4, max_size=4))
def test_batches_in_any_order_equal_a_rebuild(house: Warehouse, drawn: list[Batch], adding: list[bool]) -> None:
    """Whether each is added to what was there or makes its days anew."""
    empty(house)
    for batch, by_adding in zip(drawn, adding, strict=False):
        (arrive if by_adding else write)(house, batch)
    kept, rebuilt = kept_and_rebuilt(house)
    assert kept == rebuilt


def test_a_late_event_moves_the_next_days_previous_day(house: Warehouse) -> None:
    empty(house)
    write(house, [event(1, 12, 7, country="FR"), event(2, 12 + 5 * 24, 7, country="FR")])
    write(house, [event(3, 12 + 3 * 24, 7, country="FR")])
    everyone = house.read(sa.text("select day, prev_day, users from rollup_active where dimension = '' order by day"))
    assert [str(d)[:10] for d in everyone["day"]] == ["2026-03-25", "2026-03-28", "2026-03-30"]
    assert [str(d)[:10] for d in everyone["prev_day"]] == ["NaT", "2026-03-25", "2026-03-28"]
    assert list(everyone["users"]) == [1, 1, 1]


def test_removed_rows_leave_no_trace(house: Warehouse) -> None:
    """An erased person: the rows go, the writer names the days and the user."""
    empty(house)
    write(house, [event(1, 12, 7, session_key=5), event(2, 40, 8, session_key=6), event(3, 41, 7, session_key=5)])
    with house.transaction() as tx:
        tx.execute(sa.delete(events).where(events.c.user_key == 7))
        refresh(tx, TENANT, Touched({"events": {event(1, 12, 7)["day"], event(3, 41, 7)["day"]}}, {7}))
    kept, rebuilt = kept_and_rebuilt(house)
    assert kept == rebuilt
    assert [row[1] for row in kept["sessions"]] == [6]


def test_anyone_touched_is_the_same_as_naming_everyone(house: Warehouse) -> None:
    empty(house)
    write(house, [event(1, 12, 7), event(2, 40, 8)])
    with house.transaction() as tx:
        late = event(3, 20, 8)
        tx.append("events", table_of("events", [late]))
        refresh(tx, TENANT, Touched({"events": {late["day"]}}))
    kept, rebuilt = kept_and_rebuilt(house)
    assert kept == rebuilt


def test_another_tenants_rows_stay(house: Warehouse) -> None:
    empty(house)
    write(house, [event(1, 12, 7)])
    with house.transaction() as tx:
        tx.append("events", table_of("events", [event(9, 12, 7) | {"tenant": 2}]))
        refresh(tx, TENANT, Touched({"events": {event(1, 12, 7)["day"]}}, {7}))
        rebuild(tx, TENANT)
    assert {row[0] for table in KEPT for row in contents(house, table)} == {TENANT.key}
