"""Recorded requests of unmodified SDKs, and the formats field by field."""

from __future__ import annotations

import base64
import json

import orjson
import pytest

from ingest.decode import Refused
from ingest.wire import WIRES, keys
from ingest.wire.types import TYPES, schema_of
from tests.unit.ingest_live.desks import envelope, reading


@pytest.fixture(scope="module")
def recorded(shared):
    lines = (shared / "wire" / "sdk-requests.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def sent(recorded, path: str, agent: str):
    found = next(r for r in recorded if r["path"] == path and agent in {k.lower(): v for k, v in r["headers"].items()}["user-agent"])
    headers = {name.lower(): value for name, value in found["headers"].items()}
    body = found["body"]
    raw = base64.b64decode(body["_base64"]) if isinstance(body, dict) and "_base64" in body else orjson.dumps(body)
    return raw, headers


def test_segment_for_python_as_recorded(recorded):
    body, headers = sent(recorded, "/v1/batch", "analytics-python")
    assert WIRES["/v1/batch"].open(envelope(body, headers=headers)).key == "WK_TEST"
    read = reading("/v1/batch", body, headers=headers)
    assert (read.outcome.accepted, read.outcome.errors) == (5, [])
    track, page = read.rows["events"]
    assert (track["name"], track["user_id"], track["properties"]) == ("Signed Up", "u1", '{"amount":9.5}')
    assert (page["name"], page["page"], page["category"]) == ("page_view", "Home", "Docs")
    assert [u["external_id"] for u in read.rows["users"]] == ["u1", "u1"]
    assert read.rows["users"][0]["plan"] == "pro"
    assert read.rows["users"][1]["account_id"] == "g1"
    assert read.rows["accounts"][0]["name"] == "Acme"
    assert read.rows["aliases"][0]["external_id"] == "anon1"


def test_segment_for_node_as_recorded(recorded):
    body, headers = sent(recorded, "/v1/batch", "analytics-node-next")
    read = reading("/v1/batch", body, headers=headers)
    assert (read.outcome.accepted, read.outcome.errors) == (2, [])


def test_posthog_for_python_as_recorded(recorded):
    body, headers = sent(recorded, "/batch/", "posthog-python")
    assert WIRES["/batch/"].open(envelope(body, headers=headers)).key == "phc_TEST"
    read = reading("/batch/", body, headers=headers)
    assert (read.outcome.accepted, read.outcome.errors) == (4, [])
    assert [event["name"] for event in read.rows["events"]] == ["Signed Up"]
    assert "$set" not in read.rows["events"][0]["properties"]
    assert [u["plan"] for u in read.rows["users"]] == ["pro", "pro"]
    assert (read.rows["aliases"][0]["external_id"], read.rows["aliases"][0]["user_id"]) == ("anon1", "u1")
    assert read.rows["accounts"][0]["external_id"] == "g1"


@pytest.mark.parametrize("agent", ["posthog-node", "node"])
def test_posthog_for_node_and_js_as_recorded(recorded, agent):
    body, headers = sent(recorded, "/batch/", agent)
    assert reading("/batch/", body, headers=headers).outcome.accepted == 1


def test_posthog_takes_a_batch_an_array_and_one_event():
    event = {"event": "x", "distinct_id": "u", "properties": {"token": "K"}}
    for body in ({"api_key": "K", "batch": [event]}, [event], {**event, "api_key": "K"}):
        assert WIRES["/e/"].open(envelope(body)).key == "K"
        assert reading("/e/", body).rows["events"][0]["name"] == "x"


def test_posthog_identify_joins_the_anonymous_id():
    event = {"event": "$identify", "distinct_id": "u1", "properties": {"$anon_distinct_id": "a1", "$set": {"email": "a@b.c"}}}
    read = reading("/e/", event)
    assert read.rows["aliases"][0]["external_id"] == "a1"
    assert read.rows["users"][0]["email"] == "a@b.c"
    assert "events" not in read.rows


def test_money_in_whole_units_becomes_minor_units_of_its_currency():
    def value(amount, currency):
        properties = {"revenue": amount, "currency": currency}
        row = reading("/v1/track", {"userId": "u", "event": "paid", "properties": properties}).rows["events"][0]
        return row.get("value_minor"), row.get("currency")

    assert value(9.5, "eur") == (950, "EUR")
    assert value("19.99", "USD") == (1999, "USD")
    assert value(500, "JPY") == (500, "JPY")
    assert value(9.5, None) == (None, None)
    assert value(1e30, "EUR") == (None, None)


@pytest.mark.parametrize("path", sorted(WIRES))
@pytest.mark.parametrize("body", [{}, [], "text", 5, None, {"batch": 5}, {"events": {}}, {"batch": [None, 1, "x", [], {}]}, [[[]]]])
def test_no_shape_of_json_is_more_than_refused(path, body):
    try:
        read = reading(path, body)
    except Refused as refused:
        status = refused.status
    else:
        status = 200 if len(read.outcome.errors) == len(read.bad) else 500
    assert status in (200, 400, 413)


def test_the_key_is_found_in_each_place():
    basic = "Basic " + base64.b64encode(b"WK:").decode()
    assert keys.presented(envelope(b"", headers={"authorization": basic}), {}) == "WK"
    assert keys.presented(envelope(b"", headers={"authorization": "Bearer WK"}), {"key": "other"}, "key") == "WK"
    assert keys.presented(envelope(b""), {"key": "WK"}, "key") == "WK"
    assert keys.presented(envelope(b"", query={"key": "WK"}), {}) == "WK"
    assert keys.presented(envelope(b"", headers={"authorization": "Basic %%%"}), {}) == ""


def test_every_event_type_has_a_schema_that_a_good_event_meets():
    import jsonschema

    for name in TYPES:
        jsonschema.Draft202012Validator.check_schema(schema_of(name))
    jsonschema.validate({"type": "track", "name": "x", "ts": 5, "properties": {}}, schema_of("track"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"type": "payment", "data": {"payment_id": "p"}}, schema_of("payment"))


def test_the_page_view_is_the_event_the_pages_count():
    from analytics.sources.events import PAGE_VIEW
    from ingest.wire import words

    assert words.PAGE_VIEW == PAGE_VIEW
