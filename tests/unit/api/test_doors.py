"""What wraps every route: headers, size limits, one shape of errors; and the routes that need no token."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from openapi_spec_validator import validate

from accounts import csrf, sessions
from accounts.secret import secret_of
from accounts.sessions import Visit
from api import local
from api.openapi import description
from api.routes import TABLE
from data_access.clock import utc_now
from data_access.settings import settings
from tests.people import NOW

ORIGIN = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/openapi.json", "/api/v1/metrics", "/assets/session.js", "/nothing/here"])
def test_security_headers_are_on_every_answer(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert len(headers["x-trace-id"]) == 16
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy["script-src"]


def test_the_page_shell_is_ours_small_and_cached_by_its_etag(client):
    page = client.get("/overview", headers={"accept-encoding": "br"})
    assert "<title>Vigie</title>" in page.text
    assert page.headers["content-encoding"] == "br"
    assert "HttpOnly; SameSite=Lax" in page.headers["set-cookie"]
    again = client.get("/overview", headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/overview", headers={"accept-encoding": "gzip"}).text == page.text


def test_bundles_are_compressed_and_kept_forever_ours_are_asked_for_again(client):
    bundle = client.get("/").text.split('src="')[1].split('"')[0]
    plain, small = client.get(bundle, headers={"accept-encoding": "identity"}), client.get(bundle, headers={"accept-encoding": "gzip, br"})
    assert small.headers["content-encoding"] == "br"
    assert int(small.headers["content-length"]) < len(plain.content) / 2
    assert small.content == plain.content
    assert "immutable" in small.headers["cache-control"]
    assert client.get("/assets/session.js").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/assets/../app.py", "/assets/%2e%2e/app.py", "/static/../../__init__.py", "/assets/", "/assets/none.js"])
def test_no_file_outside_the_folders_is_served(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/account/_stcore/health", "/_stcore/health", "/api/nope", "/session/none", "/internal/a/b"])
def test_what_is_no_page_is_not_given_the_shell(client, path):
    assert client.get(path).status_code == 404


def test_a_body_over_the_limit_is_refused_before_it_is_read(client):
    refused = client.post("/session", headers={"content-length": "999999999"}, content=b"{}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")

    def endless():
        for _ in range(1000):
            yield b"x" * 65536

    assert client.post("/session", content=endless(), headers={**ORIGIN, "content-type": "application/json"}).status_code == 413


@pytest.mark.parametrize("entry", TABLE, ids=lambda e: f"{e.method} {e.path}")
def test_another_method_is_405_or_404_in_the_one_shape(client, entry):
    answer = client.request("PATCH", entry.path.replace("{", "").replace("}", ""))
    assert answer.status_code == 405
    assert entry.method in answer.headers["allow"]
    assert set(answer.json()["error"]) == {"code", "message", "trace_id"}


def test_an_error_nobody_foresaw_is_500_in_the_one_shape_without_its_words(client, bearer, monkeypatch):
    monkeypatch.setattr("api.catalogue.METRICS", None)
    answer = client.get("/api/v1/metrics", headers=bearer("anna"))
    assert answer.status_code == 500
    assert "NoneType" not in answer.text
    assert answer.json()["error"]["trace_id"] == answer.headers["x-trace-id"]


def begun(client, store, people, visit="the visit"):
    client.cookies.set(sessions.VISIT_COOKIE, visit)
    now = utc_now()
    started = sessions.start(store, people["alice"].id, Visit(visit), now=now, hours=1)
    return {"ticket": started.ticket, "csrf": csrf.mint(secret_of(settings()), visit, now)}


def test_a_ticket_is_exchanged_for_a_cookie_no_script_can_read(client, store, people):
    answer = client.post("/session", json=begun(client, store, people), headers=ORIGIN)
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    value = client.cookies[sessions.COOKIE]
    assert sessions.by_cookie(store, value, utc_now())[1] == people["alice"].id


def test_signing_out_kills_the_cookie_for_good(client, store, people):
    posted = begun(client, store, people)
    client.post("/session", json=posted, headers=ORIGIN)
    value = client.cookies[sessions.COOKIE]
    assert client.post("/session/end", json={"csrf": posted["csrf"]}, headers=ORIGIN).status_code == 204
    assert sessions.COOKIE not in client.cookies
    assert sessions.by_cookie(store, value, utc_now()) is None


@pytest.mark.parametrize(
    ("headers", "change"),
    [
        ({}, {}),
        ({"origin": "https://evil.example"}, {}),
        ({**ORIGIN, "sec-fetch-site": "cross-site"}, {}),
        ({**ORIGIN, "content-type": "text/plain"}, {}),
        (ORIGIN, {"csrf": ""}),
        (ORIGIN, {"csrf": 7}),
        (ORIGIN, {"csrf": csrf.mint(b"another secret", "the visit", NOW)}),
        (ORIGIN, {"ticket": "guessed"}),
        (ORIGIN, {"ticket": None}),
    ],
)
def test_no_other_site_and_no_forged_token_gets_a_cookie(client, store, people, headers, change):
    posted = {**begun(client, store, people), **change}
    answer = client.post("/session", content=json.dumps(posted), headers={"content-type": "application/json", **headers})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "refused")
    assert "set-cookie" not in answer.headers


def test_the_ticket_of_one_browser_is_useless_in_another(client, store, people):
    posted = begun(client, store, people)
    client.cookies.set(sessions.VISIT_COOKIE, "another browser")
    posted["csrf"] = csrf.mint(secret_of(settings()), "another browser", utc_now())
    assert client.post("/session", json=posted, headers=ORIGIN).status_code == 403


def test_the_description_is_valid_and_complete(client):
    document = client.get("/api/openapi.json").json()
    validate(document)
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    collected = {("POST", "/api/v1/events")}  # described beside the table, as its key is not a token
    assert described == {(entry.method, entry.path) for entry in TABLE if entry.documented} | collected
    assert document == description()


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs the program promtool")
def test_promtool_accepts_the_metrics(client, bearer):
    client.post("/api/v1/query", json={"metrics": ["active_users"]}, headers=bearer("anna"))
    client.get("/no-such-page-" + "x" * 50)
    text = client.get("/metrics").content
    assert b'route="/api/v1/query"' in text
    assert b"no-such-page" not in text
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


@pytest.mark.parametrize("key", ["", "Bearer ", "Bearer wrong", "Basic x"])
def test_the_command_lines_door_does_not_exist_without_its_key(client, key, tmp_path, monkeypatch):
    chosen = settings().model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr("api.operations.settings", lambda: chosen)
    local.announce(chosen, "127.0.0.1", 1)
    assert client.post("/internal/check", headers={"authorization": key}, json={}).status_code == 404


def test_the_command_lines_door_is_for_this_machine(client, tmp_path, monkeypatch):
    chosen = settings().model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr("api.operations.settings", lambda: chosen)
    key = {"authorization": f"Bearer {local.announce(chosen, '127.0.0.1', 1).key}"}
    assert client.post("/internal/check", headers=key, json={}).status_code == 404  # the test client is not this machine
    monkeypatch.setattr("api.operations.address", lambda _request: "127.0.0.1")
    assert client.post("/internal/check", headers={**key, "x-forwarded-for": "127.0.0.1"}, json={}).status_code == 404
    assert client.post("/internal/nothing", headers=key, json={}).status_code == 404
    answer = client.post("/internal/check", headers=key, json={})
    assert json.loads(answer.text)["result"] == {"engine": "duckdb"}
