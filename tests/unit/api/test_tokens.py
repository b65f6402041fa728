"""Who may use the API, how often, and the generated matrix of role × route."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts import actors, audit, tokens
from accounts.roles import ROLES
from api.routes import TABLE
from data_access.clock import utc_now
from data_access.settings import Settings

GUARDED = [entry for entry in TABLE if entry.token]


def call(client, entry, headers):
    body = {"json": {"metrics": ["active_users"]}} if entry.method in ("POST", "PUT") else {}
    return client.request(entry.method, entry.path.replace("{id}", "0000000000000000"), headers=headers, **body)


@pytest.mark.parametrize("entry", GUARDED, ids=lambda e: f"{e.method} {e.path}")
@pytest.mark.parametrize("role", ROLES)
def test_each_role_on_each_route(client, bearer, store, people, role, entry):
    actors.set_roles(store, people["bob"].id, [role], utc_now())
    people["bob"] = actors.by_id(store, people["bob"].id)
    answer = call(client, entry, bearer("bob"))
    if entry.permission is not None and entry.permission not in ROLES[role].permissions:
        assert answer.status_code == 403
        assert audit.newest(store, 1)[0]["outcome"] == "refused"
    else:
        assert answer.status_code in ((200, 403) if entry.path == "/api/v1/query" else (200, 201, 404, 422))


@pytest.mark.parametrize("entry", GUARDED, ids=lambda e: f"{e.method} {e.path}")
def test_unknown_revoked_expired_and_malformed_get_one_body_everywhere(client, store, people, entry):
    now = utc_now()
    revoked, token = tokens.create(store, people["alice"], "r", ["administer"], now=now)
    tokens.revoke(store, 1, token.id, now)
    expired, _ = tokens.create(store, people["alice"], "e", ["administer"], now=now - timedelta(days=2), expires=now - timedelta(days=1))
    presented = [
        {},
        {"Authorization": "Basic YTpi"},
        *({"Authorization": f"Bearer {t}"} for t in (revoked, expired, "", "vgt_x_y", "eyJhbGciOiJub25lIn0.e30.")),
    ]
    answers = [call(client, entry, headers) for headers in presented]
    assert {a.status_code for a in answers} == {401}
    bodies = {str({k: v for k, v in a.json()["error"].items() if k != "trace_id"}) for a in answers}
    assert len(bodies) == 1
    assert all(a.headers["www-authenticate"].startswith("Bearer") for a in answers)


def test_another_tenants_token_is_not_found_and_the_try_is_audited(client, bearer, store, people):
    secret, theirs = tokens.create(store, people["charlie"], "theirs", ["read_kpi"], now=utc_now())
    headers = bearer("alice")
    theirs_answer = client.delete(f"/api/v1/tokens/{theirs.id}", headers=headers)
    nobodys_answer = client.delete("/api/v1/tokens/0123456789abcdef", headers=headers)
    assert theirs_answer.status_code == nobodys_answer.status_code == 404
    assert theirs_answer.json()["error"]["message"] == nobodys_answer.json()["error"]["message"]
    assert tokens.authenticate(store, secret, utc_now())
    assert {(line["object"], line["outcome"]) for line in audit.newest(store, 1)[:2]} == {
        (f"token {theirs.id}", "not_found"),
        ("token 0123456789abcdef", "not_found"),
    }
    assert theirs.id not in client.get("/api/v1/tokens", headers=headers).text
    assert people["charlie"].id not in client.get("/api/v1/audit", headers=headers).text


def test_a_token_is_made_shown_once_used_and_revoked(client, bearer):
    admin = bearer("alice")
    made = client.post("/api/v1/tokens", json={"name": "robot", "permissions": ["read_kpi"], "days": 7}, headers=admin)
    assert made.status_code == 201
    robot = {"Authorization": f"Bearer {made.json()['data']['token']}"}
    assert client.get("/api/v1/metrics", headers=robot).status_code == 200
    assert client.get("/api/v1/tokens", headers=robot).status_code == 403
    assert made.json()["data"]["token"] not in client.get("/api/v1/tokens", headers=admin).text
    assert client.delete(f"/api/v1/tokens/{made.json()['data']['id']}", headers=admin).status_code == 200
    assert client.get("/api/v1/metrics", headers=robot).status_code == 401


KPI = ["read_kpi"]
IMPOSSIBLE = (
    {"name": "", "permissions": KPI},
    {"name": "x", "permissions": []},
    {"name": "x", "permissions": ["fly"]},
    {"name": "x", "permissions": KPI, "days": 0},
    {"extra": 1},
    [],
    7,
)


@pytest.mark.parametrize("body", IMPOSSIBLE)
def test_tokens_that_cannot_be_made(client, bearer, body):
    answer = client.post("/api/v1/tokens", json=body, headers=bearer("alice"))
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_over_the_rate_is_429_for_that_token_alone(client, bearer, monkeypatch):
    monkeypatch.setattr("api.limits.settings", lambda: Settings(_env_file=None, api_rate_per_minute=3))
    busy, calm = bearer("anna"), bearer("eve")
    codes = [client.get("/api/v1/metrics", headers=busy).status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    refused = client.get("/api/v1/metrics", headers=busy)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["error"]["code"] == "too_many_requests"
    assert client.get("/api/v1/metrics", headers=calm).status_code == 200


def test_guessing_tokens_is_limited_by_address(client, monkeypatch):
    monkeypatch.setattr("api.limits.settings", lambda: Settings(_env_file=None, api_rate_per_minute=2))
    codes = [client.get("/api/v1/metrics", headers={"Authorization": f"Bearer vgt_{n}_guess"}).status_code for n in range(4)]
    assert codes == [401, 401, 429, 429]


@pytest.mark.parametrize("path", ["/api/v1/metrics", "/api/v1/dimensions", "/api/v1/tokens", "/api/v1/audit"])
def test_every_list_comes_in_pages_that_add_up(client, bearer, path):
    headers = bearer("alice")
    for _ in range(4):
        bearer("alice")
        client.delete("/api/v1/tokens/none", headers=headers)
    whole = client.get(f"{path}?limit=1000", headers=headers).json()
    assert whole["next_cursor"] is None
    parts, cursor = [], ""
    while cursor is not None:
        page = client.get(f"{path}?limit=3&cursor={cursor}", headers=headers).json()
        assert 1 <= len(page["data"]) <= 3
        parts, cursor = parts + page["data"], page["next_cursor"]
    assert parts == whole["data"]
    assert len(parts) >= 4


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "limit=1e3", "cursor=%ff", "cursor=!!!!", "limit=٣"])
def test_odd_pages_are_refused(client, bearer, query):
    answer = client.get(f"/api/v1/audit?{query}", headers=bearer("alice"))
    assert answer.status_code in (400, 200 if query.startswith("cursor=!") else 400), answer.text
