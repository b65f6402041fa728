"""CloudEvents, OpenTelemetry, Sentry and Stripe: as recorded, and field by field."""

from __future__ import annotations

import base64
import json

import orjson
import pytest

from ingest.decode import Refused
from ingest.wire import WIRES
from ingest.wire.errors import fingerprint
from tests.unit.ingest_live.desks import NOW, RECEIVED, OpenDesk, envelope, reading

METRICS, LOGS, SENTRY, STRIPE = "/v1/metrics", "/v1/logs", "/api/{project}/envelope/", "/webhooks/stripe/{key}"


@pytest.fixture(scope="module")
def recorded(shared):
    return [json.loads(line) for line in (shared / "wire" / "sdk-requests.jsonl").read_text().splitlines()]


def sent(recorded, path: str, at: int = 0):
    found = [r for r in recorded if r["path"] == path][at]
    body = found["body"]
    raw = base64.b64decode(body["_base64"]) if "_base64" in body else orjson.dumps(body)
    return raw, {name.lower(): value for name, value in found["headers"].items()}


def test_opentelemetry_metrics_as_recorded(recorded):
    body, headers = sent(recorded, METRICS)
    assert WIRES[METRICS].open(envelope(body, headers=headers)).key == "K"
    read = reading(METRICS, body, headers=headers)
    rows = {row["metric"]: row for row in read.rows["samples"]}
    assert {name: row["value"] for name, row in rows.items()} == {"signups": 3.0, "latency.count": 1.0, "latency.sum": 12.5, "active": 2.0}
    assert rows["latency.sum"]["unit"] == "ms"
    assert orjson.loads(rows["signups"]["labels"])["plan"] == "pro"
    assert rows["signups"]["source"] == "unknown_service:python"
    answer = WIRES[METRICS].answer(read.outcome)
    assert (answer.status, answer.body, answer.kind) == (200, b"", "application/x-protobuf")


def test_the_same_export_again_is_all_duplicates(recorded):
    body, headers = sent(recorded, METRICS)
    first = reading(METRICS, body, headers=headers)
    again = reading(METRICS, body, OpenDesk(set(first.ids)), headers=headers)
    assert (again.outcome.duplicates, again.rows) == (4, {})


def test_opentelemetry_as_json_is_answered_as_json():
    point = {"timeUnixNano": str(RECEIVED * 1000), "asDouble": 0.5, "attributes": [{"key": "cpu", "value": {"stringValue": "0"}}]}
    metric = {"name": "load", "gauge": {"dataPoints": [point]}}
    body = {"resourceMetrics": [{"resource": {}, "scopeMetrics": [{"metrics": [metric]}]}]}
    read = reading(METRICS, body, headers={"content-type": "application/json"})
    assert [(row["metric"], row["value"], row["ts"]) for row in read.rows["samples"]] == [("load", 0.5, RECEIVED)]
    assert WIRES[METRICS].answer(read.outcome).body == b"{}"


def test_opentelemetry_logs_in_both_encodings():
    from google.protobuf import json_format
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    trace = "fd07f103d17441718c3e8df6810006a6"
    record = {
        "timeUnixNano": str(RECEIVED * 1000), "severityNumber": 17, "body": {"stringValue": "boom 42"}, "traceId": trace,
        "attributes": [{"key": "code", "value": {"intValue": "5"}}],
    }  # fmt: skip
    service = {"attributes": [{"key": "service.name", "value": {"stringValue": "api"}}]}
    body = {"resourceLogs": [{"resource": service, "scopeLogs": [{"logRecords": [record]}]}]}
    as_json = reading(LOGS, body, headers={"content-type": "application/json"}).rows["error_logs"][0]
    message = ExportLogsServiceRequest()
    json_format.ParseDict(body, message)
    message.resource_logs[0].scope_logs[0].log_records[0].trace_id = bytes.fromhex(trace)
    as_protobuf = reading(LOGS, message.SerializeToString()).rows["error_logs"][0]
    assert as_json == as_protobuf
    assert {name: as_json[name] for name in ("service", "severity", "message", "trace_id")} == {
        "service": "api", "severity": "error", "message": "boom 42", "trace_id": trace,
    }  # fmt: skip


@pytest.mark.parametrize("path", [METRICS, LOGS])
@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"{", b"\x0a\xff\xff\xff\xff\x0f"])
def test_damaged_protobuf_is_400(path, body):
    with pytest.raises(Refused) as caught:
        reading(path, body)
    assert caught.value.status == 400


@pytest.mark.parametrize("at", [0, 1])
def test_cloudevents_as_recorded(recorded, at):
    body, headers = sent(recorded, "/cloudevents", at)
    row = reading("/cloudevents", body, headers=headers).rows["events"][0]
    assert (row["name"], row["user_id"], row["source"], row["properties"]) == ("signup", "u1", "/app", '{"amount":9.5}')
    assert row["ts"] == 1714564800000000


def test_binary_and_structured_cloudevents_are_the_same_event(recorded):
    ids = {
        reading("/cloudevents", *[sent(recorded, "/cloudevents", at)[0]], headers=sent(recorded, "/cloudevents", at)[1]).ids[0]
        for at in (0, 1)
    }
    assert len(ids) == 1


def test_sentry_as_recorded(recorded):
    body, headers = sent(recorded, "/api/42/envelope/")
    letter = WIRES[SENTRY].open(envelope(body, headers=headers, params={"project": "42"}))
    assert (letter.key, letter.tenant) == ("pub", "42")
    row = reading(SENTRY, body, headers=headers).rows["error_logs"][0]
    assert (row["message"], row["severity"], row["service"]) == ("hello", "info", "vm")
    assert row["trace_id"] == "fd07f103d17441718c3e8df6810006a6"


def sentry(kind: str, payload: dict, *, length: bool = True) -> bytes:
    raw = orjson.dumps(payload)
    header = {"type": kind, **({"length": len(raw)} if length else {})}
    return b"\n".join((b"{}", b'{"type":"session"}', b'{"sid":"x"}', orjson.dumps(header), raw))


@pytest.mark.parametrize("length", [True, False])
def test_sentry_errors_carry_type_place_and_person(length):
    frames = [{"module": "app", "function": "main", "lineno": 3}, {"module": "pay", "function": "charge", "lineno": 9}]
    thrown = {"type": "ValueError", "value": "no card 42", "stacktrace": {"frames": frames}}
    event = {"event_id": "a" * 32, "timestamp": RECEIVED / 1e6, "exception": {"values": [thrown]}, "user": {"id": 7}, "platform": "python"}
    row = reading(SENTRY, sentry("event", event, length=length)).rows["error_logs"][0]
    assert (row["message"], row["severity"], row["user_id"], row["service"]) == ("ValueError: no card 42", "error", "7", "python")
    assert orjson.loads(row["attributes"])["frames"][-1] == "pay:charge:9"


def test_sentry_transactions_of_a_web_server_are_api_requests():
    event = {
        "event_id": "b" * 32, "transaction": "/pay", "start_timestamp": RECEIVED / 1e6 - 0.25, "timestamp": RECEIVED / 1e6,
        "contexts": {"trace": {"op": "http.server", "status": "not_found", "trace_id": "t"}}, "request": {"method": "POST"},
    }  # fmt: skip
    row = reading(SENTRY, sentry("transaction", event)).rows["api_requests"][0]
    assert (row["endpoint"], row["method"], row["status"], round(row["latency_ms"])) == ("/pay", "POST", 404, 250)
    event["contexts"]["trace"]["op"] = "queue.task"
    assert reading(SENTRY, sentry("transaction", event)).rows["samples"][0]["metric"] == "transaction.duration"


def test_errors_that_differ_in_numbers_are_the_same_error():
    assert fingerprint("api", "user 42 not found") == fingerprint("api", "user 7 not found")
    assert fingerprint("api", "user 42 not found") != fingerprint("web", "user 42 not found")


def stripe_event(kind: str, thing: dict, before: dict | None = None) -> dict:
    return {
        "id": f"evt_{kind}",
        "type": kind,
        "created": RECEIVED // 1_000_000,
        "data": {"object": thing, "previous_attributes": before or {}},
    }


CHARGE = {"id": "ch_1", "amount": 1250, "amount_captured": 1250, "currency": "eur", "captured": True, "customer": "cus_1"}


@pytest.mark.parametrize(
    ("kind", "thing", "before", "expected"),
    [
        ("charge.succeeded", CHARGE, {}, ("captured", 1250)),
        ("charge.succeeded", {**CHARGE, "captured": False}, {}, ("authorised", 1250)),
        ("charge.captured", {**CHARGE, "amount_captured": 1000}, {}, ("captured", 1000)),
        ("charge.failed", {**CHARGE, "failure_code": "card_declined"}, {}, ("failed", 1250)),
        ("charge.refunded", {**CHARGE, "amount_refunded": 700}, {"amount_refunded": 200}, ("refunded", 500)),
    ],
)
def test_stripe_charges_are_payments(kind, thing, before, expected):
    row = reading(STRIPE, stripe_event(kind, thing, before)).rows["payments"][0]
    assert (row["type"], row["amount_minor"]) == expected
    assert (row["currency"], row["user_id"], row["provider"], row["payment_id"]) == ("EUR", "cus_1", "stripe", "ch_1")


def subscription(amount: int, status: str = "active") -> dict:
    price = {"unit_amount": amount, "currency": "eur", "recurring": {"interval": "month"}, "nickname": "team"}
    return {"id": "sub_1", "status": status, "customer": "cus_1", "currency": "eur", "items": {"data": [{"price": price, "quantity": 3}]}}


@pytest.mark.parametrize(
    ("kind", "thing", "before", "change", "status"),
    [
        ("created", subscription(1000), {}, "start", "active"),
        ("updated", subscription(1500), {"items": subscription(1000)["items"]}, "upgrade", "active"),
        ("updated", subscription(500), {"items": subscription(1000)["items"]}, "downgrade", "active"),
        ("updated", subscription(1000, "past_due"), {"status": "active"}, "past_due", "past_due"),
        ("deleted", subscription(1000, "canceled"), {}, "cancel", "cancelled"),
    ],
)
def test_stripe_subscriptions_are_states_after_a_change(kind, thing, before, change, status):
    row = reading(STRIPE, stripe_event(f"customer.subscription.{kind}", thing, before)).rows["subscriptions"][0]
    assert (row["change"], row["status"], row["plan"], row["interval"], row["quantity"]) == (change, status, "team", "month", 3)
    assert row["amount_minor"] == thing["items"]["data"][0]["price"]["unit_amount"] * 3


def test_stripe_says_more_than_we_keep_and_is_answered_200():
    read = reading(STRIPE, stripe_event("customer.created", {"id": "cus_1"}))
    assert (read.rows, read.outcome.accepted, WIRES[STRIPE].answer(read.outcome).status) == ({}, 1, 200)


def test_stripes_own_library_signs_what_we_accept_and_nothing_else():
    import stripe

    secret, body = "whsec_test", orjson.dumps(stripe_event("charge.succeeded", CHARGE)).decode()
    now = int(NOW.timestamp())

    def check(header: str, of: str = body, with_secret: str = secret) -> int:
        try:
            WIRES[STRIPE].check(envelope(of.encode(), headers={"stripe-signature": header}), with_secret)
        except Refused as refused:
            return refused.status
        return 200

    good = stripe.WebhookSignature.generate_signature_header(body, secret, now)
    assert check(good) == 200
    assert check(good, body + " ") == 401
    assert check(good, with_secret="whsec_other") == 401
    assert check(stripe.WebhookSignature.generate_signature_header(body, secret, now - 301)) == 401
    assert [check(header) for header in ("", "t=,v1=", f"t={now}", "v1=é", f"t={now},v1=é")] == [401] * 5
