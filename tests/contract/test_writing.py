"""What the one batch writer promises, on every engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access import schema, versions
from data_access.dialects.columns import BadColumn
from data_access.schema import accounts, aliases, data_versions, events, mrr_movements, payments, sessions, subscriptions, users
from data_access.warehouse import Warehouse, open_warehouse
from ingest.verify import differences
from ingest.writer import BatchWriter, UnknownTable

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}")


def rows(*dicts: dict[str, Any]) -> pa.Table:
    names = list(dict.fromkeys(name for row in dicts for name in row))
    return pa.table({name: [row.get(name) for row in dicts] for name in names})


def views(*seen: tuple[str, str, str]) -> pa.Table:
    """(id, user, moment) of page views."""
    return rows(*({"id": i, "user_id": u, "ts": at(t), "name": "page_view"} for i, u, t in seen))


def everything(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    return {
        name: sorted(map(repr, warehouse.read(sa.select(table)).itertuples(index=False))) for name, table in schema.metadata.tables.items()
    }  # type: ignore[return-value]


def one(warehouse: Warehouse, statement: sa.Select[Any]) -> list[Any]:
    return warehouse.read(statement).iloc[:, 0].tolist()


def test_the_same_batch_twice_changes_nothing(warehouse: Warehouse, writer: BatchWriter) -> None:
    batch = {
        "users": rows({"external_id": "ann", "plan": "pro", "properties": '{"a": 1, "b": [2]}'}),
        "fx_rates": rows({"day": date(2026, 1, 1), "currency": "USD", "rate": 0.9}),
        "events": views(("e1", "ann", "02-01T10:00"), ("e2", "bob", "02-01T10:05"), ("e1", "ann", "02-01T10:00")),
        "subscriptions": rows(
            {"id": "s1", "ts": at("02-01T10:00"), "user_id": "ann", "subscription_id": "s", "change": "start", "status": "active",
             "interval": "year", "amount_minor": 12_006, "currency": "EUR"}
        ),
    }  # fmt: skip
    first = writer.write(batch, NOW)
    assert first.inserted == {"users": 1, "fx_rates": 1, "events": 2, "subscriptions": 1}
    assert first.duplicates == {"events": 1, "subscriptions": 0}
    before = everything(warehouse)
    again = writer.write(batch, NOW + timedelta(hours=1))
    assert again.version == 0
    assert sum(again.inserted.values()) == 0
    assert again.duplicates == {"events": 3, "subscriptions": 1}
    assert everything(warehouse) == before


def test_a_duplicate_across_a_restart_counts_once(url: str, tenant: Tenant) -> None:
    for expected in (1, 0):
        opened = open_warehouse(url)
        written = BatchWriter(opened, tenant).write({"events": views(("e1", "ann", "02-01T10:00"))}, NOW)
        opened.close()
        assert sum(written.inserted.values()) == expected


def test_the_same_id_of_two_tenants_is_two_rows(warehouse: Warehouse, tenant: Tenant) -> None:
    for key in (1, 2):
        BatchWriter(warehouse, Tenant(key, str(key), "x")).write({"events": views(("e1", "ann", "02-01T10:00"))}, NOW)
    assert sorted(one(warehouse, sa.select(events.c.tenant))) == [1, 2]


@pytest.mark.needs("ids_of_old_days")
def test_the_same_id_at_a_distant_time_is_a_duplicate(warehouse: Warehouse, writer: BatchWriter) -> None:
    writer.write({"events": views(("e1", "ann", "01-01T10:00"))}, NOW)
    assert writer.write({"events": views(("e1", "ann", "02-20T10:00"))}, NOW).duplicates == {"events": 1}


@pytest.mark.parametrize("restarted", [False, True])
def test_a_retry_without_a_time_of_its_own_is_a_duplicate_for_thirty_days(url: str, tenant: Tenant, restarted: bool) -> None:
    """It is dated by its receipt, weeks after the first."""
    house = open_warehouse(url)
    first = views(*((f"e{day}", "ann", f"01-{30 - day}T10:00") for day in range(4)))
    BatchWriter(house, tenant).write({"events": first}, NOW - timedelta(days=28))
    if restarted:
        house.close()
        house = open_warehouse(url)
    again = views(*((f"e{day}", "ann", "02-26T10:00") for day in range(5)))
    assert BatchWriter(house, tenant).write({"events": again}, NOW - timedelta(days=3)).duplicates == {"events": 4}
    house.close()


def test_a_retry_on_the_next_day_is_a_duplicate(writer: BatchWriter) -> None:
    writer.write({"events": views(("e1", "ann", "02-01T22:59"))}, NOW)
    assert writer.write({"events": views(("e1", "ann", "02-01T23:30"))}, NOW).duplicates == {"events": 1}


def test_a_failure_leaves_nothing(warehouse: Warehouse, writer: BatchWriter) -> None:
    writer.write({"events": views(("e0", "ann", "02-01T09:00"))}, NOW)
    before = everything(warehouse)
    bad = {"events": views(("e1", "cid", "02-01T10:00")), "payments": rows({"id": "p", "ts": at("02-01T10:00"), "colour": "red"})}
    with pytest.raises(BadColumn, match="colour"):
        writer.write(bad, NOW)
    with pytest.raises(UnknownTable, match="sessions"):
        writer.write({"sessions": rows({"session_key": 1})}, NOW)
    with pytest.raises(BadColumn, match="colour"), writer.bulk(NOW) as load:  # noqa: PT012 - the first batch must be in before
        load.add({"events": views(("e2", "dan", "02-01T10:00"))})
        load.add(bad)
    assert everything(warehouse) == before
    assert versions.latest(warehouse, 1, ["events"], date(2026, 1, 1), date(2027, 1, 1)).version == 1


def test_days_are_the_tenants(warehouse: Warehouse, writer: BatchWriter) -> None:
    """Paris: UTC+1 in winter, UTC+2 from 29 March 01:00 UTC."""
    writer.write(
        {"events": views(("a", "u", "03-28T22:59"), ("b", "u", "03-28T23:00"), ("c", "u", "03-29T21:59"), ("d", "u", "03-29T22:00"))}, NOW
    )
    days = warehouse.read(sa.select(events.c.day).order_by(events.c.ts))["day"].dt.day.tolist()
    assert days == [28, 29, 29, 30]


def test_base_amounts_at_the_dated_rate(warehouse: Warehouse, writer: BatchWriter) -> None:
    rates = [(1, "USD", 0.9), (10, "USD", 0.8), (1, "JPY", 0.006)]
    paid = [("a", "01-31T10:00", 1000, "USD"), ("b", "02-09T10:00", 1000, "USD"), ("c", "02-10T10:00", 1005, "USD"),
            ("d", "02-10T10:00", 1000, "JPY"), ("e", "02-10T10:00", 2**53 + 1, "EUR"), ("f", "02-10T10:00", 5, "XYZ"),
            ("g", "02-10T10:00", None, "EUR")]  # fmt: skip
    batch = {
        "fx_rates": rows(*({"day": date(2026, 2, d), "currency": c, "rate": r} for d, c, r in rates)),
        "payments": rows(*({"id": i, "ts": at(t), "type": "captured", "amount_minor": m, "currency": c} for i, t, m, c in paid)),
    }
    writer.write(batch, NOW)
    found = warehouse.read(
        sa.select(payments.c.amount_base_minor.label("base")).order_by(payments.c.ts, payments.c.amount_minor, payments.c.currency)
    )
    by_id = dict(zip(("a", "b"), found["base"].tolist()[:2], strict=True))
    assert str(by_id["a"]) == "nan"  # before the first rate
    assert by_id["b"] == 900
    rest = one(warehouse, sa.select(payments.c.amount_base_minor).where(payments.c.currency == "USD", payments.c.amount_minor == 1005))
    assert rest == [804]
    # 1,000 yen are 6.00 euros: 600 cents.
    assert one(warehouse, sa.select(payments.c.amount_base_minor).where(payments.c.currency == "JPY")) == [600]
    assert one(warehouse, sa.select(payments.c.amount_base_minor).where(payments.c.amount_minor > 10_000)) == [2**53 + 1]
    assert one(warehouse, sa.select(sa.func.count()).where(payments.c.currency == "XYZ", payments.c.amount_base_minor.is_(None))) == [1]


def test_people_get_keys_and_facts_what_they_were(warehouse: Warehouse, writer: BatchWriter) -> None:
    writer.write(
        {
            "accounts": rows({"external_id": "acme", "plan": "team"}),
            "users": rows({"external_id": "ann", "account_id": "acme", "plan": "pro", "kind": "business", "country": "FR"}),
            "events": views(("1", "ann", "02-01T10:00"), ("2", "bob", "02-01T10:00")),
        },
        NOW,
    )
    writer.write({"users": rows({"external_id": "ann", "plan": "team"}), "events": views(("3", "ann", "02-02T10:00"))}, NOW)
    who = sa.select(events.c.plan, events.c.kind, events.c.country, events.c.account_key).join(users, users.c.user_key == events.c.user_key)
    found = warehouse.read(who.where(users.c.external_id == "ann").order_by(events.c.ts))
    assert found["plan"].tolist() == ["pro", "team"]
    assert found["kind"].tolist() == ["business", "business"]
    assert found["account_key"].tolist() == one(warehouse, sa.select(accounts.c.account_key)) * 2
    assert sorted(one(warehouse, sa.select(aliases.c.external_id))) == ["ann", "bob"]
    assert sorted(one(warehouse, sa.select(users.c.user_key))) == [1, 2]
    assert one(warehouse, sa.select(users.c.country).where(users.c.external_id == "ann")) == ["FR"]


def test_a_new_user_is_created_when_first_seen(warehouse: Warehouse, writer: BatchWriter) -> None:
    with writer.bulk(NOW) as load:
        load.add({"events": views(("2", "ann", "02-05T10:00"), ("1", "ann", "02-04T10:00"))})
        load.add({"events": views(("0", "ann", "02-01T10:00"))})
    assert one(warehouse, sa.select(users.c.created_at)) == [at("02-01T10:00")]


def test_sessions_split_at_a_longer_gap_and_join_when_it_is_filled(warehouse: Warehouse, writer: BatchWriter) -> None:
    """10:00, 10:30:00 (exactly the gap: the same), 11:00:01 (one second more: another); a late 10:45 joins them."""
    writer.write({"events": views(("a", "ann", "02-01T10:00"), ("b", "ann", "02-01T10:30"), ("c", "ann", "02-01T11:00:01"))}, NOW)
    held = sa.select(sessions.c.events).order_by(sessions.c.ts)
    assert one(warehouse, held) == [2, 1]
    assert one(warehouse, sa.select(events.c.is_new_session).order_by(events.c.ts)) == [True, False, True]
    writer.write({"events": views(("d", "ann", "02-01T10:45"))}, NOW)
    assert one(warehouse, held) == [4]
    assert one(warehouse, sa.select(sessions.c.duration_s)) == [3601.0]
    assert len(set(one(warehouse, sa.select(events.c.session_key)))) == 1
    assert differences(warehouse, Tenant(1, "acme", "Acme", time_zone="Europe/Paris")) == {}


def test_a_session_goes_on_over_midnight_and_batches(warehouse: Warehouse, writer: BatchWriter) -> None:
    for i, moment in enumerate(("02-01T22:50", "02-01T23:10", "02-01T23:35")):
        writer.write({"events": views((str(i), "ann", moment))}, NOW)
    found = warehouse.read(sa.select(sessions.c.events, sessions.c.day, sessions.c.duration_s))
    assert found["events"].tolist() == [3]
    assert found["day"].dt.day.tolist() == [1]
    assert found["duration_s"].tolist() == [2700.0]


def test_batches_and_a_bulk_load_and_a_rebuild_agree(warehouse: Warehouse, tenant: Tenant) -> None:
    moments = sorted(f"02-{1 + i % 9:02d}T{(i * 7) % 24:02d}:{(i * 13) % 60:02d}" for i in range(120))
    seen = [(str(i), f"u{i % 5}", moment) for i, moment in enumerate(moments)]
    writer = BatchWriter(warehouse, tenant)
    for start in range(0, 120, 40):
        writer.write({"events": views(*seen[start : start + 40])}, NOW)
    other = Tenant(2, "bulk", "Bulk", time_zone="Europe/Paris")
    with BatchWriter(warehouse, other).bulk(NOW) as load:
        load.add({"events": views(*seen)})
    for table in (sessions, schema.rollup_user_day, schema.rollup_active, schema.rollup_event_day, schema.rollup_activity):
        # Users are numbered in the order they come, the same in both.
        columns = [c for c in table.columns if c.name not in ("tenant", "session_key")]
        mine, theirs = (
            sorted(map(repr, warehouse.read(sa.select(*columns).where(table.c.tenant == key)).itertuples(index=False))) for key in (1, 2)
        )
        assert mine == theirs, table.name
    assert differences(warehouse, tenant) == {}
    before = everything(warehouse)
    writer.rebuild(NOW)
    after = everything(warehouse)
    assert {name for name in before if before[name] != after[name]} <= {"data_versions"}


def test_versions_move_only_on_the_days_written(warehouse: Warehouse, writer: BatchWriter) -> None:
    def seen(first: int, last: int) -> tuple[int, int]:
        found = versions.latest(warehouse, 1, ["events", "payments"], date(2026, 2, first), date(2026, 2, last))
        return found.version, found.rows

    assert seen(1, 28) == (0, 0)
    writer.write({"events": views(("a", "ann", "02-01T10:00"), ("b", "ann", "02-03T10:00"))}, NOW)
    assert (seen(1, 2), seen(2, 3), seen(1, 28)) == ((1, 1), (0, 0), (1, 2))
    writer.write({"events": views(("c", "bob", "02-03T11:00"))}, NOW)
    assert (seen(1, 2), seen(1, 3), seen(3, 4), seen(1, 28)) == ((1, 1), (1, 1), (2, 1), (2, 2))
    stored = warehouse.read(sa.select(sa.func.max(data_versions.c.version)).where(data_versions.c.table_name == "events"))
    assert stored.iat[0, 0] == 2
    assert versions.latest(warehouse, 2, ["events"], date(2026, 1, 1), date(2027, 1, 1)).version == 0
    assert writer.rebuild(NOW) == 3
    assert seen(1, 2) == (3, 1)


def test_a_table_without_days_counts_for_every_period(warehouse: Warehouse, writer: BatchWriter) -> None:
    writer.write({"users": rows({"external_id": "ann"})}, NOW)
    found = versions.latest(warehouse, 1, ["users"], date(2020, 1, 1), date(2020, 1, 2))
    assert (found.version, found.rows, found.written_at) == (1, 1, NOW.replace(tzinfo=None))


def test_versions_are_read_back_after_a_restart(url: str, tenant: Tenant) -> None:
    opened = open_warehouse(url)
    BatchWriter(opened, tenant).write({"events": views(("a", "ann", "02-01T10:00"))}, NOW)
    before = versions.latest(opened, 1, ["events"], date(2026, 1, 1), date(2027, 1, 1))
    opened.close()
    opened = open_warehouse(url)
    assert versions.latest(opened, 1, ["events"], date(2026, 1, 1), date(2027, 1, 1)) == before
    opened.close()


def test_nul_nan_and_infinity_never_get_in(warehouse: Warehouse, writer: BatchWriter) -> None:
    writer.write(
        {
            "events": rows(
                {"id": "1", "ts": at("02-01T10:00"), "name": "a\0b", "duration_ms": float("nan")},
                {"id": "2", "ts": at("02-01T10:01"), "name": "c", "duration_ms": float("inf")},
                {"id": "3", "ts": at("02-01T10:02"), "name": "d", "duration_ms": 2.0},
            )
        },
        NOW,
    )
    found = warehouse.read(sa.select(events.c.name, events.c.duration_ms).order_by(events.c.ts))
    assert found["name"].tolist() == ["ab", "c", "d"]
    assert found["duration_ms"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize("year", [1, 1969, 2513, 9999])
def test_moments_far_away_are_kept(warehouse: Warehouse, writer: BatchWriter, year: int) -> None:
    moment = datetime(year, 6, 1, 12)
    writer.write({"events": rows({"id": "1", "ts": moment, "user_id": "ann", "name": "x"})}, NOW)
    found = warehouse.read(sa.select(events.c.ts, events.c.day, events.c.session_key))
    assert found["ts"].iat[0].to_pydatetime() == moment
    assert found["day"].iat[0].date() == moment.date()
    assert abs(found["session_key"].iat[0]) < 2**53


def test_a_row_without_an_instant_is_refused(writer: BatchWriter) -> None:
    with pytest.raises(BadColumn, match="ts"):
        writer.write({"events": rows({"id": "1", "name": "x"})}, NOW)


def test_rows_without_an_id_are_never_duplicates(warehouse: Warehouse, writer: BatchWriter) -> None:
    batch = {"events": rows({"ts": at("02-01T10:00"), "name": "x"}, {"ts": at("02-01T10:00"), "name": "x"})}
    writer.write(batch, NOW)
    writer.write(batch, NOW)
    assert len(set(one(warehouse, sa.select(events.c.id)))) == 4


def test_subscriptions_get_their_customer_and_mrr(warehouse: Warehouse, writer: BatchWriter) -> None:
    def change(i: str, moment: str, **more: object) -> dict[str, object]:
        return {"id": i, "ts": at(moment), "subscription_id": i[0], "change": "start", "currency": "EUR", **more}

    writer.write(
        {
            "subscriptions": rows(
                change("a1", "02-01T10:00", user_id="ann", status="active", interval="year", amount_minor=12_006),
                change("b1", "02-01T11:00", user_id="bob", account_id="acme", status="past_due", interval="month", amount_minor=900),
                change("c1", "02-01T12:00", user_id="cid", status="trialing", interval="month", amount_minor=900),
            )
        },
        NOW,
    )
    found = warehouse.read(sa.select(subscriptions.c.customer, subscriptions.c.mrr_minor).order_by(subscriptions.c.ts))
    # 12,006 / 12 = 1,000.5, rounded half up.
    assert found["mrr_minor"].tolist() == [1001, 900, 0]
    assert found["customer"].tolist() == ["u1", "a1", "u3"]
    assert sorted(one(warehouse, sa.select(mrr_movements.c.delta_minor))) == [900, 1001]
