"""POST /api/v1/query: the same answer as run(), for whom it is meant, and clear words for everything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator

from accounts import audit
from analytics.kinds import query_from_json
from analytics.run import run
from api.openapi import description
from data_access import connections
from data_access.clock import utc_now
from data_access.errors import QueryBudgetExceeded, WarehouseUnavailable

DAILY = {"kind": "aggregate", "metrics": ["active_users"], "period": "7d", "grain": "day", "compare": "previous"}


def ask(client, headers, query=None, **options):
    return client.post("/api/v1/query", json=DAILY if query is None else query, headers=headers, **options)


def holds(schema, value):
    document = {"$ref": f"#/components/schemas/{schema}", "components": description()["components"]}
    Draft202012Validator(document).validate(value)


def test_the_answer_is_what_run_says(client, bearer, people):
    answer = ask(client, bearer("anna"))
    assert answer.status_code == 200
    result = run(query_from_json(DAILY), people["anna"], utc_now())
    data = answer.json()["data"]
    assert [row["active_users"] for row in data["rows"]] == result.frame["active_users"].tolist()
    assert data["totals"] == result.totals
    assert sum(row["active_users"] for row in data["rows"]) == 6
    assert data["rows"][0]["bucket"].endswith("T00:00:00")
    assert [c["name"] for c in data["columns"]] == ["bucket", "active_users", "active_users__previous"]


def test_it_has_the_shape_the_description_promises(client, bearer):
    holds("ResultAnswer", ask(client, bearer("anna")).json())
    holds("Problem", ask(client, {}).json())


def test_another_tenant_sees_nothing_of_it(client, bearer):
    answer = ask(client, bearer("charlie")).json()["data"]
    assert answer["totals"]["active_users"] in (0, None)
    assert "empty" in [w["code"] for w in answer["warnings"]]


def test_the_sql_is_for_people_who_build(client, bearer):
    assert "sql" in ask(client, bearer("anna")).json()["data"]
    assert "sql" not in ask(client, bearer("eve")).json()["data"]
    assert "sql" not in ask(client, bearer("anna", "read_kpi")).json()["data"]


def test_a_right_that_is_missing_is_named_and_audited(client, bearer, store, people):
    answer = ask(client, bearer("bob"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert "read_kpi" in answer.json()["error"]["message"]
    line = audit.newest(store, 1)[0]
    assert (line["outcome"], line["actor"], line["trace"]) == ("refused", people["bob"].id, answer.json()["error"]["trace_id"])


def test_rows_come_in_pages(client, bearer):
    headers, rows, cursor = bearer("anna"), [], ""
    for _ in range(3):
        answer = client.post(f"/api/v1/query?limit=3&cursor={cursor}", json=DAILY, headers=headers).json()
        rows += answer["data"]["rows"]
        cursor = answer["next_cursor"]
    assert cursor is None
    assert rows == ask(client, headers).json()["data"]["rows"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "not JSON at byte"),
        (b'{"metrics": ["active_users"', 400, "at byte 27"),
        (b"\xef\xbb\xbf{}", 400, "not JSON"),
        (b'{"metrics": ["active_users"], "limit": NaN}', 400, "not JSON"),
        (b"[]", 422, "an object"),
        (b"{}", 422, "metrics"),
        (b'{"kind": "guess"}', 422, "kind"),
        (b'{"kind": ["aggregate"]}', 422, "kind"),
        (b'{"metrics": ["no_such_metric"]}', 422, "no_such_metric"),
        (b'{"metrics": ["active_users"], "by": ["1; DROP TABLE events"]}', 422, "dimension"),
        (b'{"metrics": ["active_users"], "period": "whenever"}', 422, "not a period"),
        (b'{"metrics": ["active_users"], "grain": "day\'; --"}', 422, "grain"),
        (b'{"metrics": ["active_users"], "order": "x; DROP TABLE events"}', 422, ""),
        (b'{"metrics": ["active_users"], "segment": "\' OR 1=1"}', 422, "segment"),
        (b'{"metrics": ["active_users"], "filters": [["is", "country", [{"a": 1}]]]}', 422, "filter"),
        (b"[" * 100_000, 413, "bytes"),
        (b"[" * 60_000, 400, ""),
    ],
)
def test_a_question_that_cannot_be_asked_says_what_to_change(client, bearer, body, status, words):
    answer = client.post("/api/v1/query", content=body, headers=bearer("anna"))
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]["message"]
    assert set(answer.json()["error"]) == {"code", "message", "trace_id"}


@pytest.mark.parametrize(
    "value", ["'; DROP TABLE events; --", "' OR '1'='1", "read_csv('/etc/passwd')", "\x00", "<img src=x>", "%s %(a)s :b"]
)
def test_sql_in_a_value_is_a_value(client, bearer, value):
    for operator in ("is", "contains", "is_not"):
        query = {**DAILY, "filters": [[operator, "page", [value]]]}
        answer = ask(client, bearer("anna"), query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["totals"]["active_users"] == (2 if operator == "is_not" else 0)
    assert ask(client, bearer("anna")).json()["data"]["totals"]["active_users"] == 2


def test_a_question_over_its_budget_stops_with_words(client, bearer, monkeypatch):
    monkeypatch.setattr("api.query.run", lambda *_: (_ for _ in ()).throw(QueryBudgetExceeded(20)))
    answer = ask(client, bearer("anna"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "over_budget")
    assert "20 s" in answer.json()["error"]["message"]


def test_a_warehouse_that_is_gone_is_503_and_never_a_traceback(client, bearer, monkeypatch):
    def gone(*_args, **_options):
        raise WarehouseUnavailable("connection to 10.0.0.5 refused: password=hidden")

    monkeypatch.setattr(connections.warehouse(), "read", gone)
    answer = ask(client, bearer("anna"), {**DAILY, "period": f"2020-01-01~{utc_now().date() - timedelta(days=1)}"})
    assert answer.status_code == 503
    assert "hidden" not in answer.text
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
