"""Faults while events come in: PostgreSQL drops every connection in the middle of a batch, the clock steps, the store goes away."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from api import collect
from data_access import schema
from data_access.clock import utc_now
from data_access.warehouse import Transaction, open_warehouse
from ingest.live import keyring
from tests.unit.ingest_live.running import running, until

EVENTS = "/api/v1/events"


def events(first: int, count: int = 50) -> list[dict]:
    return [{"id": f"event-{n}", "name": "clicked", "user_id": f"u{n % 5}"} for n in range(first, first + count)]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_postgresql_ends_every_connection_in_the_middle_of_a_batch(url, tmp_path, monkeypatch):
    """What kill -9 of the server does to its clients, without taking it from the other tests."""
    warehouse = open_warehouse(url)
    killer = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    real, kills = Transaction.append, []

    def cut(self, *arguments, **more):
        done = real(self, *arguments, **more)
        if len(kills) < 3:
            kills.append(1)
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            with killer.connect() as connection:
                connection.execute(sa.text(others))
        return done

    monkeypatch.setattr(Transaction, "append", cut)

    async def story():
        async with running(warehouse, tmp_path) as here:
            for first in range(0, 200, 50):
                assert (await here.post(EVENTS, events(first))).status_code == 200
            await here.drained()
            return here.rows(schema.events)["name"].tolist(), here.rows(schema.rollup_event_day)["events"].sum()

    rows, counted = asyncio.run(story())
    warehouse.close()
    killer.dispose()
    assert kills == [1, 1, 1]
    assert (len(rows), counted) == (200, 200)


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_clock_that_steps_loses_nothing_and_counts_nothing_twice(warehouse, tmp_path, monkeypatch):
    steps = [timedelta(0), timedelta(hours=-3), timedelta(hours=5), timedelta(days=-400), timedelta(0)]

    async def story():
        async with running(warehouse, tmp_path) as here:
            for number, step in enumerate(steps):
                monkeypatch.setattr(collect, "utc_now", lambda step=step: utc_now() + step)
                now = utc_now().isoformat()
                sent = [{**one, "ts": now} for one in events(number * 50)]
                for again in (0, 50):
                    answer = (await here.post(EVENTS, sent)).json()["data"]
                    assert (answer["accepted"], answer["duplicates"]) == (50 - again, again)
            await here.drained()
            return here.rows(schema.events)

    rows = asyncio.run(story())
    assert len(rows) == 250
    assert rows["id"].nunique() == 250


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_while_the_store_is_away_known_keys_go_on_and_the_backlog_waits(warehouse, tmp_path, monkeypatch):
    async def story():
        async with running(warehouse, tmp_path) as here:
            assert (await here.post(EVENTS, events(0))).status_code == 200
            await here.drained()
            ring, around = here.collector._ring, here.collector._drain._around
            known = around.tenants

            def away(*_arguments):
                raise sa.exc.OperationalError("select", {}, Exception("gone"))

            with monkeypatch.context() as patched:
                patched.setattr(ring, "_load", away)
                patched.setattr(ring, "_loaded", ring._loaded - keyring.FRESH_SECONDS - 1)
                object.__setattr__(around, "tenants", away)
                assert (await here.post(EVENTS, events(50))).status_code == 200
                await until(lambda: here.collector.failures > 0)
                assert len(here.rows(schema.events)) == 50
            object.__setattr__(around, "tenants", known)
            await here.drained()
            return len(here.rows(schema.events))

    assert asyncio.run(story()) == 100
