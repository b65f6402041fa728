"""PayPal webhooks, signature checked: captures, refunds and refusals become payments, payout items become payouts.

The address is `/webhooks/paypal/KEY`; the webhook's id, which is part of what PayPal signs, is kept beside the key.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ingest.decode import Refused, object_of, parsed
from ingest.wire.wire import Answer, BadEvent, Envelope, Fact, Letter, Outcome, Wire
from ingest.wire.words import mapping, minor, objects, text

# Certificates are only ever fetched from PayPal itself.
_CERTIFICATES = re.compile(r"https://api(-m)?(\.sandbox)?\.paypal\.com/[\w./-]+")
_LARGEST = 64 * 1024
_PAYMENTS = {
    "PAYMENT.AUTHORIZATION.CREATED": "authorised",
    "PAYMENT.CAPTURE.COMPLETED": "captured",
    "PAYMENT.SALE.COMPLETED": "captured",
    "PAYMENT.CAPTURE.DENIED": "failed",
    "PAYMENT.CAPTURE.DECLINED": "failed",
    "PAYMENT.SALE.DENIED": "failed",
    "PAYMENT.CAPTURE.REFUNDED": "refunded",
    "PAYMENT.CAPTURE.REVERSED": "refunded",
    "PAYMENT.SALE.REFUNDED": "refunded",
}
_PAYOUTS = {
    "SUCCEEDED": "paid", "UNCLAIMED": "pending", "HELD": "pending", "FAILED": "failed", "BLOCKED": "failed", "RETURNED": "failed",
    "REFUNDED": "failed", "DENIED": "failed", "CANCELED": "failed",
}  # fmt: skip
_ITEM = "PAYMENT.PAYOUTS-ITEM."


def opened(envelope: Envelope) -> Letter:
    return Letter(envelope.params.get("key", "")[:200], [object_of(parsed(envelope.body))])


def check(envelope: Envelope, secret: str) -> None:
    """Raises Refused 401 unless PayPal signed this body for this webhook; 503 where its certificate cannot be fetched."""
    head = envelope.headers
    url = head.get("paypal-cert-url", "")
    if not _CERTIFICATES.fullmatch(url) or head.get("paypal-auth-algo") != "SHA256withRSA":
        raise Refused(401, "unauthorized", "the signature is wrong")
    signed = "|".join(
        (head.get("paypal-transmission-id", ""), head.get("paypal-transmission-time", ""), secret, str(zlib.crc32(envelope.body)))
    )
    key = public_key(url)
    try:
        signature = base64.b64decode(head.get("paypal-transmission-sig", ""), validate=True)
        key.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise Refused(401, "unauthorized", "the signature is wrong") from None


@lru_cache(maxsize=16)
def public_key(url: str) -> rsa.RSAPublicKey:
    """The key of PayPal's certificate. Raises Refused 503, which is not remembered."""
    try:
        key = x509.load_pem_x509_certificate(fetched(url)).public_key()
    except (OSError, ValueError) as error:
        raise Refused(503, "unavailable", "PayPal's certificate cannot be read now", retry_after=60) from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise Refused(401, "unauthorized", "the signature is wrong")
    return key


def fetched(url: str) -> bytes:
    """The network, and nothing else. Raises OSError."""
    import httpx

    try:
        answer = httpx.get(url, timeout=5, follow_redirects=False)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise OSError(str(error)) from error
    if len(answer.content) > _LARGEST:
        raise OSError("the certificate is too long")
    return answer.content


def read(item: Any, letter: Letter) -> Iterable[Fact]:
    event = objects(item)
    kind = text(event, "event_type", required=True) or ""
    thing = mapping(event, "resource")
    seen = {"id": text(event, "id", required=True), "ts": event.get("create_time")}
    if kind in _PAYMENTS:
        return _payment(_PAYMENTS[kind], thing, seen)
    if kind.startswith(_ITEM):
        return _payout(kind.removeprefix(_ITEM), thing, seen)
    return ()


def _payment(done: str, thing: dict[str, Any], seen: dict[str, Any]) -> Iterator[Fact]:
    amount = mapping(thing, "amount")
    fee = mapping(mapping(thing, "seller_receivable_breakdown"), "paypal_fee")
    declined = mapping(thing, "processor_response").get("response_code") or mapping(thing, "status_details").get("reason")
    row = {
        **seen,
        **_money(amount.get("value", amount.get("total")), amount),
        "payment_id": _payment_id(done, thing),
        "type": done,
        "provider": "paypal",
        "method": "paypal",
        "decline_code": declined if done == "failed" and isinstance(declined, str) else None,
        "fee_minor": minor(fee.get("value"), fee.get("currency_code")),
        "user_id": text(thing, "custom_id") or text(thing, "custom"),
        "booking_id": text(thing, "invoice_id"),
    }
    yield Fact("payments", row, {"server": True})


def _payment_id(done: str, thing: dict[str, Any]) -> str | None:
    """A refund is a thing of its own that links up to the capture it gives back."""
    links = thing.get("links")
    up = [link.get("href") for link in links if isinstance(link, dict) and link.get("rel") == "up"] if isinstance(links, list) else []
    if done == "refunded" and up and isinstance(up[0], str):
        return up[0].rstrip("/").rsplit("/", 1)[-1]
    return text(thing, "sale_id") or text(thing, "id", required=True)


def _payout(word: str, thing: dict[str, Any], seen: dict[str, Any]) -> Iterator[Fact]:
    status, item = _PAYOUTS.get(word), mapping(thing, "payout_item")
    if status is None:
        return
    amount = mapping(item, "amount")
    row = {
        **seen,
        **_money(amount.get("value"), {"currency_code": amount.get("currency")} | amount),
        "payout_id": text(thing, "payout_item_id", required=True),
        "provider_id": text(item, "sender_item_id") or text(item, "receiver"),
        "provider": "paypal",
        "status": status,
        "reason": text(mapping(thing, "errors"), "name") if status == "failed" else None,
    }
    yield Fact("payouts", row, {"server": True})


def _money(value: Any, amount: dict[str, Any]) -> dict[str, Any]:
    """PayPal counts in whole units, as text."""
    currency = text(amount, "currency_code") or text(amount, "currency") or ""
    if (counted := minor(value, currency)) is None:
        raise BadEvent("amount must have a value and a currency_code")
    return {"amount_minor": abs(counted), "currency": currency.upper()}


def answer(_outcome: Outcome) -> Answer:
    """200 ends it; what could not be read is in quarantine."""
    return Answer(200, b"{}")


WIRE = Wire("paypal", opened, read, answer, check=check, fetches=True)
