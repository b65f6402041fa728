"""From a request to the warehouse, on every engine: what is acknowledged is there, once."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import orjson
import sqlalchemy as sa

from accounts import write_keys
from accounts.actor import Tenant
from data_access import schema
from data_access.clock import utc_now
from data_access.errors import WarehouseUnavailable
from ingest import quarantine
from tests.unit.ingest_live.running import running, until

EVENTS = "/api/v1/events"
BATCH = {"Content-Type": "application/json"}
ACME = Tenant(1, "acme", "Acme", time_zone="Europe/Paris")
OTHER = Tenant(2, "other", "Other")


def event(number: int, **more):
    return {"id": f"event-{number}", "name": "clicked", "user_id": f"u{number % 5}", **more}


def test_an_acknowledged_event_is_soon_queryable(warehouse, tmp_path):
    async def story():
        async with running(warehouse, tmp_path) as here:
            await here.post(EVENTS, [event(0)])
            await here.drained()  # the first write compiles its statements
            started = time.perf_counter()
            answer = await here.post(EVENTS, [event(n) for n in range(1, 101)])
            assert answer.json()["data"]["accepted"] == 100
            await until(lambda: len(here.rows(schema.events)) == 101)
            # 2 s are promised on a machine of its own; here another worker's tests share the processors.
            assert time.perf_counter() - started < 8

    asyncio.run(story())


def test_events_fill_sessions_rollups_and_users(warehouse, tmp_path):
    context = {"url": "https://acme.test/pricing?utm_source=news&utm_medium=email&utm_campaign=may", "country": "FR"}

    async def story():
        async with running(warehouse, tmp_path) as here:
            await here.post(
                EVENTS, [{"type": "page", "anonymous_id": "a1", "title": "Pricing", "context": context}, event(1, user_id="u1")]
            )
            await here.drained()
            return [here.rows(table) for table in (schema.events, schema.sessions, schema.users, schema.rollup_event_day)]

    events, sessions, users, rollup = asyncio.run(story())
    page = events[events["name"] == "page_view"].iloc[0]
    assert (page["path"], page["channel"], page["campaign"], page["country"], page["page"]) == ("/pricing", "email", "may", "FR", "Pricing")
    assert events["session_key"].nunique() == len(sessions) == 2
    visitor = users[users["external_id"] == "a1"].iloc[0]
    assert (visitor["channel"], visitor["country"], visitor["campaign"]) == ("email", "FR", "may")
    assert users["created_at"].notna().all()
    assert rollup["events"].sum() == 2


def test_the_same_ids_count_once_across_retries_and_restarts(warehouse, tmp_path):
    events = [event(n, ts="2026-05-01T12:00:00Z") for n in range(50)]

    async def send(times: int) -> list[dict]:
        async with running(warehouse, tmp_path) as here:
            answers = [(await here.post(EVENTS, [*events, events[0]])).json()["data"] for _ in range(times)]
            await here.drained()
            assert len(here.rows(schema.events)) == 50
            return answers

    first, again = asyncio.run(send(2))
    assert (first["accepted"], first["duplicates"]) == (50, 1)
    assert (again["accepted"], again["duplicates"]) == (0, 51)
    asyncio.run(send(1))


def test_a_visitor_who_signs_up_keeps_their_history(warehouse, tmp_path):
    async def story():
        async with running(warehouse, tmp_path) as here:
            await here.post(EVENTS, [{"name": "looked", "anonymous_id": "a1"}])
            await here.drained()
            await here.post(EVENTS, [{"type": "identify", "user_id": "u1", "anonymous_id": "a1", "traits": {"plan": "pro"}}])
            await here.post(EVENTS, [{"name": "bought", "user_id": "u1"}, {"name": "looked", "anonymous_id": "a1"}])
            await here.drained()
            return here.rows(schema.events), here.rows(schema.users)

    events, users = asyncio.run(story())
    assert events["user_key"].nunique() == 1
    assert users[["external_id", "plan"]].to_numpy().tolist() == [["u1", "pro"]]


def test_each_tenant_gets_its_own_and_every_wrong_key_the_same_answer(warehouse, tmp_path):
    async def story():
        async with running(warehouse, tmp_path, ACME, OTHER) as here:
            for number, tenant in ((1, 1), (1, 2), (2, 2)):
                await here.post(EVENTS, event(number), tenant=tenant)
            await here.drained()
            assert [len(here.rows(schema.events, key)) for key in (1, 2)] == [1, 2]
            listed = write_keys.listed(here.store, 1)[0]
            assert write_keys.revoke(here.store, 2, listed.id, utc_now()) is False
            write_keys.revoke(here.store, 1, listed.id, utc_now())
            here.collector._ring._loaded -= 60
            answers = [await here.post(EVENTS, event(9))]
            for wrong in ("", "vgw_unknown", "x" * 5000, here.keys[2][:-1]):
                answers.append(await here.client.post(EVENTS, json=event(9), headers={"Authorization": f"Bearer {wrong}"}))
            assert {answer.status_code for answer in answers} == {401}
            assert len({orjson.dumps({**answer.json()["error"], "trace_id": ""}) for answer in answers}) == 1

    asyncio.run(story())


def test_over_quota_one_tenant_waits_and_the_other_does_not(warehouse, tmp_path):
    small = replace(ACME, settings=(("ingest_events_per_second", "1"),))

    async def story():
        async with running(warehouse, tmp_path, small, OTHER) as here:
            assert (await here.post(EVENTS, [event(n) for n in range(10)])).status_code == 200
            refused = await here.post(EVENTS, [event(11), event(12), event(13)])
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "3")
            assert (await here.post(EVENTS, [event(n) for n in range(100)], tenant=2)).status_code == 200

    asyncio.run(story())


def test_while_the_warehouse_is_away_nothing_is_lost_and_it_drains_when_it_is_back(warehouse, tmp_path, monkeypatch):
    real = warehouse.transaction

    def away():
        raise WarehouseUnavailable("gone")

    async def story():
        async with running(warehouse, tmp_path) as here:
            monkeypatch.setattr(warehouse, "transaction", away)
            for number in range(30):
                assert (await here.post(EVENTS, event(number))).status_code == 200
            await until(lambda: here.collector._drain._state.failures > 1)
            assert len(here.rows(schema.events)) == 0
            monkeypatch.setattr(warehouse, "transaction", real)
            await here.drained()
            assert len(here.rows(schema.events)) == 30

    asyncio.run(story())


def test_what_was_not_written_before_a_stop_is_written_after_the_start(warehouse, tmp_path, monkeypatch):
    def away():
        raise WarehouseUnavailable("gone")

    async def before():
        async with running(warehouse, tmp_path) as here:
            await here.post(EVENTS, [event(n) for n in range(7)])

    async def after():
        async with running(warehouse, tmp_path) as here:
            await here.drained()
            return len(here.rows(schema.events))

    with monkeypatch.context() as patched:
        patched.setattr(warehouse, "transaction", away)
        asyncio.run(before())
    assert asyncio.run(after()) == 7


def test_a_full_backlog_is_503_with_retry_after_and_takes_events_again(warehouse, tmp_path, monkeypatch):
    async def story():
        async with running(warehouse, tmp_path) as here:
            here.collector.journal.limit = 10
            full = await here.post(EVENTS, event(1))
            assert (full.status_code, full.headers["retry-after"]) == (503, "5")
            here.collector.journal.limit = 1 << 20
            assert (await here.post(EVENTS, event(1))).json()["data"]["accepted"] == 1

    asyncio.run(story())


def test_bad_events_are_put_aside_with_their_reason_once(warehouse, tmp_path):
    async def story():
        async with running(warehouse, tmp_path) as here:
            await here.post(EVENTS, [event(1), {"name": 5.5}, {"type": "payment", "data": {}}])
            await here.drained()
            return quarantine.listed(here.store, 1), quarantine.listed(here.store, 2)

    mine, others = asyncio.run(story())
    assert sorted(aside.reason for aside in mine) == ["data.payment_id is missing", "name must be a text"]
    assert {orjson.dumps(aside.event) for aside in mine} == {b'{"name":5.5}', b'{"type":"payment","data":{}}'}
    assert others == ()


def test_one_request_the_warehouse_cannot_take_does_not_stop_the_others(warehouse, tmp_path, monkeypatch):
    from ingest.live import flush

    real = flush.arrow

    def picky(name, rows):
        if any(row.get("name") == "poison" for row in rows):
            raise ValueError("a column does not fit")
        return real(name, rows)

    monkeypatch.setattr(flush, "arrow", picky)

    async def story():
        async with running(warehouse, tmp_path) as here:
            await asyncio.gather(*(here.post(EVENTS, event(n, name="poison" if n == 3 else "fine")) for n in range(6)))
            await here.drained()
            return len(here.rows(schema.events)), quarantine.listed(here.store, 1)

    written, aside = asyncio.run(story())
    assert written == 5
    assert "a column does not fit" in aside[0].reason


def test_typed_events_reach_their_tables(warehouse, tmp_path):
    payment = {"payment_id": "p1", "type": "captured", "amount_minor": 950, "currency": "EUR", "provider": "stripe"}
    sent = [
        {"type": "payment", "id": "p1c", "user_id": "u1", "data": payment},
        {"type": "form_error", "user_id": "u1", "data": {"form": "signup", "field": "email", "message": "invalid"}},
        {"type": "sample", "data": {"metric": "cpu", "value": 0.5, "labels": {"host": "a"}}},
        {"type": "error", "data": {"message": "boom", "service": "api", "attributes": {"code": 5}}},
    ]

    async def story():
        async with running(warehouse, tmp_path) as here:
            answer = await here.post(EVENTS, sent)
            assert answer.json()["data"]["errors"] == []
            await here.drained()
            return [here.rows(table) for table in (schema.payments, schema.form_errors, schema.samples, schema.error_logs)]

    payments, errors, samples, logs = asyncio.run(story())
    assert payments[["payment_id", "amount_minor", "amount_base_minor"]].to_numpy().tolist() == [["p1", 950, 950]]
    assert errors["field"].tolist() == ["email"]
    assert samples["value"].tolist() == [0.5]
    assert logs["message"].tolist() == ["boom"]


def test_browsers_of_any_origin_may_post(warehouse, tmp_path):
    async def story():
        async with running(warehouse, tmp_path) as here:
            asked = await here.client.options(EVENTS, headers={"Origin": "https://shop.test", "Access-Control-Request-Method": "POST"})
            assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
            beacon = orjson.dumps({"key": here.keys[1], "events": [event(1)]})
            sent = await here.client.post(EVENTS, content=beacon, headers={"Content-Type": "text/plain"})
            assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (200, "*")

    asyncio.run(story())


def test_the_newest_version_moves_with_each_batch(warehouse, tmp_path):
    async def story():
        async with running(warehouse, tmp_path) as here:
            seen = []
            for number in range(2):
                await here.post(EVENTS, event(number))
                await here.drained()
                seen.append(int(warehouse.read(sa.select(sa.func.max(schema.data_versions.c.version))).iat[0, 0]))
            return seen

    first, second = asyncio.run(story())
    assert second > first


def test_an_event_put_aside_comes_in_after_a_fix_and_only_once(warehouse, tmp_path):
    from accounts import actors, tokens
    from api.routes import routes

    def asked(identity: str) -> str:
        return f"/api/v1/quarantine/{identity}/replay"

    async def story():
        async with running(warehouse, tmp_path) as here:
            here.client._transport.app.routes.extend(routes())
            new = actors.NewActor("acme", "ann@acme.test", "Ann", ("admin",), "a long password")
            secret, _ = tokens.create(here.store, actors.add(here.store, new, utc_now()), "t", ["administer"], now=utc_now())
            headers = {"Authorization": f"Bearer {secret}"}
            await here.post(EVENTS, [{"type": "track", "user_id": "u1"}])
            await here.drained()
            good = orjson.dumps({"name": "late", "user_id": "u1"}).decode()
            quarantine.keep(here.store, 1, [quarantine.Entry("vigie", "was refused", good, "mark")], utc_now())
            listed = (await here.client.get("/api/v1/quarantine", headers=headers)).json()["data"]
            ids = {aside["reason"]: aside["id"] for aside in listed}
            still = await here.client.post(asked(ids["name is missing"]), headers=headers)
            assert (still.status_code, still.json()["error"]["message"]) == (422, "name is missing")
            assert (await here.client.post(asked(ids["was refused"]), headers=headers)).status_code == 200
            assert (await here.client.post(asked(ids["was refused"]), headers=headers)).status_code == 404
            assert (await here.client.post(asked(ids["was refused"]), headers={"Authorization": "Bearer no"})).status_code == 401
            await here.drained()
            return here.rows(schema.events)["name"].tolist(), quarantine.reasons(here.store, 1)

    names, left = asyncio.run(story())
    assert names == ["late"]
    assert left == (("vigie", "name is missing", 1),)
