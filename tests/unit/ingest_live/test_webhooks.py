"""PayPal, Twilio and log lines: signatures as their makers compute them, rows field by field."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from ingest.decode import Refused
from ingest.wire import paypal, twilio
from tests.unit.ingest_live.desks import RECEIVED, envelope, reading

PAYPAL, TWILIO, LINES = "/webhooks/paypal/{key}", "/webhooks/twilio/{key}", "/v1/log-lines"
CERTIFICATE = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42"
FORM = b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
KEY = {"params": {"key": "K" * 20}}


def call(url: str, signature: str):
    return envelope(FORM, headers={"x-twilio-signature": signature}, url=url)


@pytest.mark.parametrize(
    "seen", ["https://mycompany.com/myapp.php?foo=1&bar=2", "http://mycompany.com/myapp.php?foo=1&bar=2", "http://mycompany.com:443/myapp.php?foo=1&bar=2"]
)  # fmt: skip
def test_twilios_own_example_is_good_however_the_proxy_writes_the_address(seen):
    twilio.check(call(seen, "RSOYDt4T1cUTdK1PDd93/VVr8B8="), "12345")


@pytest.mark.parametrize(
    ("url", "signature", "token"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=3", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "12345"),
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "54321"),
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "", "12345"),
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "é", "12345"),
    ],
)
def test_any_other_signature_of_twilio_is_refused(url, signature, token):
    with pytest.raises(Refused, match="signature"):
        twilio.check(call(url, signature), token)


def test_a_call_that_ended_is_a_row():
    body = b"CallSid=CA1&CallStatus=no-answer&CallDuration=0&Timestamp=Fri%2C+20+Nov+2026+10%3A00%3A00+%2B0000"
    row = reading(TWILIO, body, query={"booking_id": "b7", "provider_id": "e1", "user_id": "u1"}, **KEY).rows["calls"][0]
    assert (row["call_id"], row["status"], row["duration_s"]) == ("CA1", "no_answer", 0)
    assert (row["booking_id"], row["provider_id"], row["user_id"]) == ("b7", "e1", "u1")
    assert row["ts"] == int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp()) * 1_000_000
    assert reading(TWILIO, b"CallSid=CA1&CallStatus=ringing", **KEY).rows == {}
    failed = reading(TWILIO, b"CallSid=CA2&CallStatus=failed&SipResponseCode=487", **KEY).rows["calls"][0]
    assert (failed["status"], failed["error_code"]) == ("failed", "487")


@pytest.mark.parametrize(
    "body", [b"CallSid=CA1&CallStatus=completed&CallDuration=long", b"CallSid=CA1&CallStatus=completed&Timestamp=soon"]
)
def test_a_call_with_nonsense_is_put_aside(body):
    assert len(reading(TWILIO, body, **KEY).bad) == 1


@pytest.fixture(scope="module")
def signer():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messageverificationcerts.paypal.com")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    signed = made.not_valid_before(now).not_valid_after(now + timedelta(days=900)).sign(key, hashes.SHA256())
    return key, signed.public_bytes(serialization.Encoding.PEM)


def notified(body: bytes, key, **changed: str):
    said = f"T1|2026-11-21T12:00:00Z|WH-1|{zlib.crc32(body)}".encode()
    signature = base64.b64encode(key.sign(said, padding.PKCS1v15(), hashes.SHA256())).decode()
    headers = {
        "paypal-transmission-id": "T1",
        "paypal-transmission-time": "2026-11-21T12:00:00Z",
        "paypal-cert-url": CERTIFICATE,
        "paypal-auth-algo": "SHA256withRSA",
        "paypal-transmission-sig": signature,
    }
    return envelope(body, headers=headers | {name.replace("_", "-"): value for name, value in changed.items()})


def test_paypals_signature_is_checked_with_its_certificate(signer, monkeypatch):
    key, certificate = signer
    asked = []
    paypal.public_key.cache_clear()
    monkeypatch.setattr(paypal, "fetched", lambda url: asked.append(url) or certificate)
    for _ in range(2):
        paypal.check(notified(b"{}", key), "WH-1")
    assert asked == [CERTIFICATE]
    wrong = [
        (notified(b"{}", key), "WH-2"),
        (notified(b"{}", key, paypal_transmission_id="T2"), "WH-1"),
        (notified(b"{}", key, paypal_transmission_sig="!"), "WH-1"),
        (notified(b"{}", key, paypal_cert_url="https://evil.test/paypal.com/cert"), "WH-1"),
        (notified(b"{}", key, paypal_cert_url="https://api.paypal.com.evil.test/cert"), "WH-1"),
        (notified(b"{}", key, paypal_auth_algo="none"), "WH-1"),
    ]
    for sent, secret in wrong:
        with pytest.raises(Refused, match="signature"):
            paypal.check(sent, secret)
    assert asked == [CERTIFICATE]
    paypal.public_key.cache_clear()


def test_while_paypals_certificate_cannot_be_had_it_is_asked_to_come_back(signer, monkeypatch):
    def away(url: str) -> bytes:
        raise OSError("gone")

    paypal.public_key.cache_clear()
    monkeypatch.setattr(paypal, "fetched", away)
    with pytest.raises(Refused) as refused:
        paypal.check(notified(b"{}", signer[0]), "WH-1")
    assert (refused.value.status, refused.value.retry_after) == (503, 60)


def money(value: str, currency: str = "EUR") -> dict:
    return {"value": value, "currency_code": currency}


@pytest.mark.parametrize(
    ("kind", "resource", "expected"),
    [
        (
            "PAYMENT.CAPTURE.COMPLETED",
            {"id": "C1", "amount": money("9.50"), "custom_id": "u1", "seller_receivable_breakdown": {"paypal_fee": money("0.68")}},
            {"payment_id": "C1", "type": "captured", "amount_minor": 950, "currency": "EUR", "fee_minor": 68, "user_id": "u1"},
        ),
        ("PAYMENT.CAPTURE.COMPLETED", {"id": "C2", "amount": money("950", "JPY")}, {"amount_minor": 950, "currency": "JPY"}),
        (
            "PAYMENT.CAPTURE.REFUNDED",
            {"id": "R1", "amount": money("4.00"), "links": [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/C1"}]},
            {"payment_id": "C1", "type": "refunded", "amount_minor": 400},
        ),
        (
            "PAYMENT.CAPTURE.DENIED",
            {"id": "C3", "amount": money("1.00"), "processor_response": {"response_code": "5120"}},
            {"payment_id": "C3", "type": "failed", "decline_code": "5120"},
        ),
    ],
)
def test_paypals_payments_field_by_field(kind, resource, expected):
    sent = {"id": "WH1", "event_type": kind, "create_time": "2026-11-21T10:00:00Z", "resource": resource}
    row = reading(PAYPAL, sent, **KEY).rows["payments"][0]
    assert {name: row.get(name) for name in expected} == expected
    assert row["provider"] == "paypal"


def test_paypals_payout_items():
    item = {"payout_item_id": "P1", "payout_item": {"amount": {"value": "20.00", "currency": "EUR"}, "sender_item_id": "e1"}}
    sent = {"id": "1", "event_type": "PAYMENT.PAYOUTS-ITEM.FAILED", "resource": item | {"errors": {"name": "RECEIVER_UNREGISTERED"}}}
    row = reading(PAYPAL, sent, **KEY).rows["payouts"][0]
    assert (row["status"], row["amount_minor"], row["provider_id"], row["reason"]) == ("failed", 2000, "e1", "RECEIVER_UNREGISTERED")
    assert reading(PAYPAL, {"id": "2", "event_type": "CUSTOMER.DISPUTE.CREATED", "resource": {}}, **KEY).rows == {}
    assert len(reading(PAYPAL, {"id": "3", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": {"id": "C"}}, **KEY).bad) == 1


def test_lines_of_several_loggers_are_rows_of_logs():
    lines = [
        {"level": "ERROR", "message": "boom 17", "timestamp": "2026-11-21T11:59:00Z", "service": "api", "trace_id": "t1", "code": 5},
        {"level": 50, "time": 1795262340000, "msg": "boom 18", "name": "api"},
        {"@t": "2026-11-21T11:59:00Z", "@m": "hello", "@l": "Warning", "requestId": 7},
        {"severity": "critical", "err": {"message": "refused"}},
    ]
    body = b"\n".join(orjson.dumps(line) for line in lines) + b"\nplain text\n\n{broken\n[3]\n"
    read = reading(LINES, body, query={"service": "shop"})
    rows = read.rows["error_logs"]
    assert [(row.get("severity"), row["message"], row["service"]) for row in rows] == [
        ("error", "boom 17", "api"), ("error", "boom 18", "api"), ("warn", "hello", "shop"), ("fatal", "refused", "shop"),
        (None, "plain text", "shop"), (None, "[3]", "shop"),
    ]  # fmt: skip
    assert rows[0]["fingerprint"] == rows[1]["fingerprint"]
    assert rows[0]["attributes"] == '{"code":5}'
    assert (rows[0]["trace_id"], rows[2]["request_id"]) == ("t1", "7")
    assert [index for index, _ in read.outcome.errors] == [5]
    again = reading(LINES, body)
    assert again.rows["error_logs"][0]["id"] == rows[0]["id"]
    assert again.rows["error_logs"][3]["id"] != rows[3]["id"]
    assert rows[1]["ts"] < RECEIVED


def test_a_list_of_lines_and_a_body_that_is_no_text():
    assert len(reading(LINES, [{"message": "a"}, "b"]).rows["error_logs"]) == 2
    with pytest.raises(Refused, match="byte 1"):
        reading(LINES, b"a\xff")
