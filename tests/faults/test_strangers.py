"""Everything of one company asked for by another: not there. Every door is taken from the table of routes and of shapes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from accounts import actors, tokens
from accounts.actor import Actor
from analytics.kinds import KINDS, query_from_json
from analytics.period import Period
from analytics.query import Scope
from analytics.run import run
from api import limits
from api.asgi import exception_handlers, middleware
from api.routes import TABLE, routes
from data_access.clock import utc_now
from data_access.connections import connected
from data_access.settings import settings
from data_access.warehouse import Warehouse, open_warehouse
from ingest import quarantine
from ingest.writer import BatchWriter
from reports.bundle import bundle
from reports.library import REPORTS
from tests.faults.conftest import rows
from tests.faults.screen import open_page
from tests.people import ACME, GLOBEX

SECRETS = ("globexonly", "charlie")
MARCH = "2026-03-01~2026-03-09"
SHAPES: dict[str, dict[str, Any]] = {
    "aggregate": {"metrics": ["events", "revenue", "mrr"], "by": ["country"]},
    "retention": {"subject": "users", "grain": "day"},
    "movements": {},
    "funnel": {"steps": [{"event": "globexonly visit"}]},
    "lifecycle": {},
    "stickiness": {},
    "paths": {"items": []},
    "trends": {"series": [{}], "by": ["event", "page"]},
    "attribution": {"event": {"event": "globexonly visit"}, "by": ["channel", "campaign", "source", "medium"]},
    "sessions": {},
    "live": {},
    "event_names": {},
    "properties": {},
    "dropoff": {"of": {"kind": "funnel", "steps": [{"event": "globexonly visit"}, {"event": "globexonly visit"}]}, "by": ["country"]},
    "segment_size": {"definition": {"kind": "all", "of": [{"kind": "did", "window": {}}]}},
    "segment_difference": {"definition": {"kind": "all", "of": [{"kind": "did", "window": {}}]}},
    "segment_members": {"definition": {"kind": "all", "of": [{"kind": "did", "window": {}}]}},
    "people": {"of": {"kind": "funnel", "steps": [{"event": "globexonly visit"}]}, "step": 1, "outcome": "reached"},
}
OF_ONE = {"person"}  # refused alike for somebody of theirs and for nobody: below
NAME_THEIRS = {"segment_overlap", "segment_reasons"}  # cannot be asked without the id of one's own: tests/unit/api/test_segments.py


def theirs() -> dict[str, list[dict[str, Any]]]:
    """A business in which every word says whose it is."""
    ts = datetime(2026, 3, 3, 10)
    who = {"user_id": "globexonly person", "country": "globexonly land"}
    subscription = {
        "subscription_id": "globexonly s",
        "change": "start",
        "status": "active",
        "interval": "month",
        "plan": "globexonly plan",
    }
    return {
        "events": [{"ts": ts, "name": "globexonly visit", "page": "/globexonly", "path": "/globexonly", **who}],
        "payments": [{"ts": ts, "type": "captured", "amount_minor": 900, "currency": "USD", **who}],
        "subscriptions": [
            {"ts": ts, "amount_minor": 900, "mrr_minor": 900, "currency": "USD", "plan": "globexonly plan", **subscription, **who}
        ],
    }


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    opened = open_warehouse(f"duckdb:///{tmp_path_factory.mktemp('strangers')}/warehouse.duckdb")
    opened.migrate()
    BatchWriter(opened, GLOBEX).write({name: rows(*facts) for name, facts in theirs().items()}, utc_now())
    own = {"ts": datetime(2026, 3, 3, 10), "name": "visit", "user_id": "ours", "page": "/"}
    BatchWriter(opened, ACME).write({"events": rows(own)}, utc_now())
    yield opened
    opened.close()


@pytest.fixture
def client(house: Warehouse, store: sa.Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    monkeypatch.setenv("SECRET_KEY", "for-tests-only-0123456789abcdefghij")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings.cache_clear()
    limits.forget()
    app = Starlette(routes=routes(), middleware=middleware(), exception_handlers=exception_handlers())
    with connected(warehouse=house, store=store), TestClient(app, raise_server_exceptions=False) as opened:
        yield opened
    settings.cache_clear()


def person(store: sa.Engine, name: str) -> Actor:
    tenant = "globex" if name == "charlie" else "acme"
    found = actors.by_email(store, f"{name}@{tenant}.test")
    assert found
    return found


def bearer(store: sa.Engine, name: str) -> dict[str, str]:
    actor = person(store, name)
    return {"Authorization": f"Bearer {tokens.create(store, actor, 'test', sorted(actor.permissions), now=utc_now())[0]}"}


def test_every_shape_is_tried() -> None:
    assert SHAPES.keys() | NAME_THEIRS | OF_ONE == KINDS.keys()


@pytest.mark.parametrize("kind", SHAPES)
def test_no_shape_answers_with_anything_of_theirs(client: TestClient, store: sa.Engine, house: Warehouse, kind: str) -> None:
    asked = {"kind": kind, "period": MARCH, **SHAPES[kind]}
    own = run(query_from_json(asked), person(store, "charlie"), datetime(2026, 3, 10, tzinfo=UTC))
    stranger = client.post("/api/v1/query", json=asked, headers=bearer(store, "alice"))
    assert stranger.status_code == 200, stranger.text
    answer = stranger.json()["data"]
    shown = orjson.dumps({name: answer[name] for name in ("rows", "totals")}).decode()
    assert "globexonly" not in shown.replace("globexonly visit", "")  # the step that was asked for
    if kind in ("people", "movements", "sessions"):
        assert len(own.frame) > 0
        assert "globexonly" not in shown


@pytest.mark.parametrize("view", ["profile", "days", "timeline"])
def test_somebody_of_theirs_is_nobody(client: TestClient, store: sa.Engine, house: Warehouse, view: str) -> None:
    def asked(name: str) -> dict[str, Any]:
        return {"kind": "person", "id": name, "view": view, "period": MARCH}

    def error(name: str) -> tuple[int, str, str]:
        answer = client.post("/api/v1/query", json=asked(name), headers=bearer(store, "alice"))
        said = answer.json()["error"]
        return answer.status_code, said["code"], said["message"].replace(name, "NAME")

    own = run(query_from_json(asked("globexonly person")), person(store, "charlie"), datetime(2026, 3, 10, tzinfo=UTC))
    assert len(own.frame) > 0
    assert error("globexonly person") == error("never seen") == (422, "invalid_query", error("never seen")[2])


@pytest.mark.parametrize("dimension", ["user", "customer", "country", "page", "event", "plan", "property.x"])
def test_a_filter_with_their_names_finds_nothing(client: TestClient, store: sa.Engine, house: Warehouse, dimension: str) -> None:
    names = ["globexonly person", "globexonly land", "/globexonly", "globexonly visit", "globexonly plan"]
    for metric in ("events", "sessions", "revenue", "mrr"):
        asked = {"metrics": [metric], "period": MARCH, "filters": [["is", dimension, names]]}
        answer = client.post("/api/v1/query", json=asked, headers=bearer(store, "alice"))
        if answer.status_code == 200 and not any(w["code"] == "not_applicable" for w in answer.json()["data"]["warnings"]):
            assert not answer.json()["data"]["totals"][metric], (metric, dimension)


@pytest.mark.parametrize("entry", [e for e in TABLE if e.documented and e.token], ids=lambda e: f"{e.method} {e.path}")
def test_no_route_shows_or_touches_what_is_theirs(client: TestClient, store: sa.Engine, entry: Any) -> None:
    charlie = person(store, "charlie")
    secret, token = tokens.create(store, charlie, "globexonly token", ["read_kpi"], now=utc_now())
    quarantine.keep(store, 2, [quarantine.Entry("globexonly", "why", '{"name": "globexonly"}', "mark")], utc_now())
    identity = quarantine.listed(store, 2)[0].id if "quarantine" in entry.path else token.id
    question = {"metrics": ["events"], "by": ["event"], "period": MARCH}
    body = question if entry.path.endswith("query") else {"name": "x", "permissions": ["read_kpi"]}
    asked = {"json": body, "headers": bearer(store, "alice"), "params": {"tenant": "globex", "tenant_id": "2"}}
    answered = client.request(entry.method, entry.path.replace("{id}", identity), **asked)
    assert answered.status_code < 500
    assert not [word for word in (*SECRETS, charlie.id) if word in answered.text]
    assert tokens.authenticate(store, secret, utc_now()) is not None
    assert quarantine.listed(store, 2)[0].replayed_at is None
    if "{id}" in entry.path:
        assert answered.status_code == 404
        trail = client.get("/api/v1/audit", headers=bearer(store, "alice")).json()["data"]
        assert [line["object"] for line in trail if identity in line["object"] and line["outcome"] == "not_found"]


@pytest.mark.usefixtures("no_browser")
@pytest.mark.parametrize("page", REPORTS)
def test_no_page_and_no_export_shows_theirs(client: TestClient, store: sa.Engine, page: str) -> None:
    for address in ({}, {"tenant": "globex", "segment": "globexonly"}):
        shown = open_page(store, "alice@acme.test", page, period=MARCH, **address)
        assert not shown.traceback
        assert "globexonly" not in shown.body
    named = orjson.dumps([["is", "country", ["globexonly land"]]]).decode()
    filtered = open_page(store, "alice@acme.test", page, period=MARCH, filters=named)
    assert not filtered.traceback
    assert {said.strip("€0.%sm\u202f ") for said in filtered.tiles.values()} <= {"", "—"}, filtered.tiles
    taken = bundle(REPORTS[page], Scope(period=Period(MARCH)), person(store, "alice"), utc_now())
    with zipfile.ZipFile(io.BytesIO(taken)) as archive:
        assert len(archive.namelist()) > 1
        assert all(b"globexonly" not in archive.read(name) for name in archive.namelist())
