"""The generator keeps its promises: valid rows, the same every time, nothing after now."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import demo
from data_access import schema
from demo.business import ALLO, LUMEN, SCALES, TENANTS
from demo.generate import tables, until

END = date(2026, 11, 20)
DERIVED = {"sessions"}
ONLY = {
    LUMEN.slug: {"subscriptions", "ai_generations", "conversations", "api_requests", "experiments", "exposures", "accounts"},
    ALLO.slug: {"bookings", "calls", "providers", "commissions", "balances"},
}


def collected(tenant, scale="small", end=END) -> dict[str, pa.Table]:
    parts = defaultdict(list)
    for name, table in tables(SCALES[scale], end, tenant):
        parts[name].append(table)
    return {name: pa.concat_tables(chunks) for name, chunks in parts.items()}


@pytest.fixture(scope="module", params=TENANTS, ids=lambda tenant: tenant.slug)
def made(request):
    return request.param, collected(request.param)


def test_every_table_of_the_business_is_filled(made):
    tenant, found = made
    every = (set(schema.FACTS) | set(schema.DIMENSION_TABLES)) - DERIVED
    others = set().union(*(names for slug, names in ONLY.items() if slug != tenant.slug))
    assert set(found) == every - others
    assert all(table.num_rows for table in found.values())


def test_columns_are_those_of_the_schema_and_of_their_type(made):
    _, found = made
    for name, table in found.items():
        columns = schema.metadata.tables[name].columns
        assert set(table.column_names) <= set(columns.keys()), name
        for field in table.schema:
            assert _fits(columns[field.name].type.__class__.__name__, field.type), f"{name}.{field.name}: {field.type}"


def _fits(wanted: str, got: pa.DataType) -> bool:
    if pa.types.is_dictionary(got):
        got = got.value_type
    fitting = {
        "Text": pa.types.is_string,
        "JSON": pa.types.is_string,
        "BigInteger": pa.types.is_integer,
        "Double": pa.types.is_float64,
        "Boolean": pa.types.is_boolean,
        "DateTime": lambda kind: kind == pa.timestamp("us"),
        "Date": pa.types.is_date32,
        "Uuid": lambda kind: kind == pa.uuid(),
    }
    return fitting[wanted](got)


def test_what_must_not_be_missing_is_there(made):
    _, found = made
    for name, table in found.items():
        for column in schema.metadata.tables[name].columns:
            if not column.nullable and column.name in table.column_names:
                assert table[column.name].null_count == 0, f"{name}.{column.name}"


def test_ids_are_unique_in_every_table(made):
    _, found = made
    for name, table in found.items():
        if "id" in table.column_names:
            ids = table["id"].combine_chunks().storage
            assert pc.count_distinct(ids).as_py() == table.num_rows, name


def test_a_person_has_no_two_events_at_one_instant(made):
    _, found = made
    events = found["events"].select(["user_key", "ts"])
    assert events.group_by(["user_key", "ts"]).aggregate([]).num_rows == events.num_rows


def test_sessions_are_what_half_an_hour_of_silence_would_make_them(made):
    _, found = made
    events = found["events"].select(["user_key", "ts", "session_key"]).to_pandas().sort_values(["user_key", "ts"])
    quiet = events.ts.diff() > np.timedelta64(30, "m")
    new = events.user_key.ne(events.user_key.shift()) | quiet
    assert (events.session_key.ne(events.session_key.shift()) == new).all()


def test_days_are_the_tenants_days(made):
    tenant, found = made
    events = found["events"].select(["ts", "day"]).to_pandas()
    days = events.ts.dt.tz_localize("UTC").dt.tz_convert(tenant.time_zone).dt.date
    assert (days == events.day).all()


def test_facts_come_in_the_order_of_time(made):
    _, found = made
    for name in {"payments", "subscriptions", "bookings", "calls", "conversions", "checks"} & set(found):
        ts = found[name]["ts"].to_numpy()
        assert (np.diff(ts) >= np.timedelta64(0)).all(), name


def test_facts_name_people_who_exist(made):
    _, found = made
    users = found["users"]["user_key"]
    for name, table in found.items():
        if "user_key" in table.column_names:
            assert pc.all(pc.is_in(table["user_key"].drop_null(), users)).as_py(), name


def test_the_same_arguments_give_the_same_rows():
    first, second = collected(ALLO), collected(ALLO)
    assert all(first[name].equals(second[name]) for name in first)


def test_dimensions_come_before_facts_and_chunks_stay_small():
    order = [(name, table.num_rows) for name, table in tables(SCALES["default"], END, LUMEN)]
    names = [name for name, _ in order]
    assert max(rows for _, rows in order) <= 600_000
    assert names.index("accounts") < names.index("users") < names.index("fx_rates") < names.index("subscriptions") < names.index("events")


@pytest.mark.parametrize("scale", ["small", "default"])
def test_a_scale_is_as_large_as_it_says(scale):
    found = [collected(tenant, scale) for tenant in TENANTS]
    assert sum(each["users"].num_rows for each in found) == SCALES[scale].users
    events = sum(each["events"].num_rows for each in found)
    assert abs(events / SCALES[scale].events - 1) < 0.05
    assert len(set(found[0]["events"]["name"].to_pylist())) >= 40


def test_small_is_made_within_two_seconds():
    collected(LUMEN)  # imports pandas on the first use
    begun = time.process_time()
    for tenant in TENANTS:
        collected(tenant)
    assert time.process_time() - begun < 2


def test_nothing_is_later_than_now():
    now = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    naive = now.replace(tzinfo=None)
    for name, table in until(now, tables(SCALES["small"], END, LUMEN)):
        for column in ("ts", "created_at", "since", "last_seen_at"):
            if column in table.column_names and table.num_rows:
                assert pc.max(table[column]).as_py() <= naive, f"{name}.{column}"


def test_today_is_partial_and_reaches_now():
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    events = pa.concat_tables([table for name, table in until(now, tables(SCALES["default"], END, LUMEN)) if name == "events"])
    last = pc.max(events["ts"]).as_py().replace(tzinfo=UTC)
    assert (now - last).total_seconds() < 900


class ListWriter:
    """Collects what is loaded, as `ingest.writer.BatchWriter` would be given it."""

    def __init__(self, warehouse: list, tenant) -> None:
        self.warehouse, self.tenant = warehouse, tenant

    @contextmanager
    def bulk(self, now):
        yield self

    def add(self, batch) -> None:
        self.warehouse.extend((self.tenant.slug, name, table.num_rows) for name, table in batch.items())


def test_create_loads_both_companies_and_tells_its_progress():
    warehouse, told = [], []
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    rows = demo.create(warehouse, ListWriter, SCALES["small"], END, now=now, progress=lambda done, what: told.append((done, what)))
    assert {slug for slug, _, _ in warehouse} == {"lumen", "allo"}
    assert rows["events"] == sum(count for _, name, count in warehouse if name == "events")
    done = [part for part, _ in told]
    assert done == sorted(done)
    assert done[-1] == 1.0
