"""Stripe webhooks, signature checked: charges and refunds become payments, payouts and subscriptions their own rows.

The address is `/webhooks/stripe/KEY`; the endpoint's signing secret is kept, encrypted, beside the key.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any

from ingest.decode import Refused, object_of, parsed
from ingest.wire.wire import Answer, BadEvent, Envelope, Fact, Letter, Outcome, Wire
from ingest.wire.words import mapping, objects, text

TOLERANCE_SECONDS = 300
_STATUS = {
    "trialing": "trialing", "active": "active", "past_due": "past_due", "unpaid": "past_due", "paused": "paused", "canceled": "cancelled",
    "incomplete_expired": "cancelled",
}  # fmt: skip


def opened(envelope: Envelope) -> Letter:
    return Letter(envelope.params.get("key", "")[:200], [object_of(parsed(envelope.body))])


def check(envelope: Envelope, secret: str) -> None:
    """Raises Refused 401 unless the body was signed with the secret in the last five minutes."""
    parts = [part.partition("=")[::2] for part in envelope.headers.get("stripe-signature", "").split(",")]
    stamp = next((value for name, value in parts if name.strip() == "t" and value.isdigit()), "0")
    expected = hmac.new(secret.encode(), stamp.encode() + b"." + envelope.body, sha256).hexdigest()
    signed = any(hmac.compare_digest(expected, value) for name, value in parts if name.strip() == "v1" and value.isascii())
    if not signed or abs(envelope.received / 1e6 - int(stamp)) > TOLERANCE_SECONDS:
        raise Refused(401, "unauthorized", "the signature is wrong or too old")


def read(item: Any, letter: Letter) -> Iterable[Fact]:
    event = objects(item)
    kind = text(event, "type", required=True) or ""
    thing = mapping(mapping(event, "data"), "object")
    before = mapping(mapping(event, "data"), "previous_attributes")
    reading = _KINDS.get(kind)
    if reading is None:
        return ()
    seen = {"id": text(event, "id", required=True), "ts": event.get("created")}
    return reading(kind, thing, before, seen)


def _charge(kind: str, thing: dict[str, Any], before: dict[str, Any], seen: dict[str, Any]) -> Iterator[Fact]:
    types = {"charge.failed": "failed", "charge.refunded": "refunded", "charge.captured": "captured"}
    done = types.get(kind, "captured" if thing.get("captured", True) else "authorised")
    amount = thing.get("amount_captured") if kind == "charge.captured" else thing.get("amount")
    if done == "refunded":
        amount = _whole(thing, "amount_refunded") - _whole(before, "amount_refunded")
    row = {
        **seen,
        **_money(amount, thing),
        "payment_id": text(thing, "id", required=True),
        "type": done,
        "provider": "stripe",
        "method": text(mapping(thing, "payment_method_details"), "type"),
        "decline_code": text(mapping(thing, "outcome"), "reason") or text(thing, "failure_code") if done == "failed" else None,
        "user_id": _reference(thing, "customer"),
        "country": text(mapping(mapping(thing, "billing_details"), "address"), "country"),
    }
    yield Fact("payments", row)


def _payout(kind: str, thing: dict[str, Any], before: dict[str, Any], seen: dict[str, Any]) -> Iterator[Fact]:
    status = {"payout.paid": "paid", "payout.failed": "failed"}.get(kind, "pending")
    row = {
        **seen,
        **_money(thing.get("amount"), thing),
        "payout_id": text(thing, "id", required=True),
        "provider": "stripe",
        "status": status,
    }
    yield Fact("payouts", {**row, "provider_id": _reference(thing, "destination"), "reason": text(thing, "failure_code")})


def _subscription(kind: str, thing: dict[str, Any], before: dict[str, Any], seen: dict[str, Any]) -> Iterator[Fact]:
    status = _STATUS.get(str(thing.get("status")))
    if status is None:  # not paid for yet
        return
    items = _items(thing)
    if kind == "customer.subscription.deleted":
        status = "cancelled"
    price = mapping(items[0], "price") if items else {}
    amount = _amount(items)
    row = {
        **seen,
        **_money(amount, thing if thing.get("currency") else price),
        "subscription_id": text(thing, "id", required=True),
        "change": _change(kind, (status, amount), before),
        "status": status,
        "interval": text(mapping(price, "recurring"), "interval"),
        "quantity": sum(item["quantity"] for item in items if type(item.get("quantity")) is int) or 1,
        "plan": text(price, "nickname") or text(price, "lookup_key") or _reference(price, "product"),
        "user_id": _reference(thing, "customer"),
        "ends_at": thing.get("cancel_at") or thing.get("ended_at"),
    }
    yield Fact("subscriptions", row)


def _change(kind: str, now: tuple[str, int], before: dict[str, Any]) -> str:
    """What happened, in the words of the subscriptions table."""
    status, amount = now
    if kind.endswith(".created"):
        return "start"
    if status == "cancelled":
        return "cancel"
    if "status" in before:
        return {"past_due": "past_due", "paused": "pause"}.get(status, "resume" if before["status"] == "paused" else "reactivate")
    earlier = _amount(_items(before)) if "items" in before else amount
    return "upgrade" if amount > earlier else "downgrade" if amount < earlier else "quantity"


def _items(thing: dict[str, Any]) -> list[dict[str, Any]]:
    items = mapping(thing, "items").get("data")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _amount(items: list[dict[str, Any]]) -> int:
    return sum(_whole(mapping(item, "price"), "unit_amount") * (_whole(item, "quantity") or 1) for item in items)


def _money(amount: Any, thing: dict[str, Any]) -> dict[str, Any]:
    """Stripe counts in minor units already."""
    if type(amount) is not int:
        raise BadEvent("amount must be a whole number")
    return {"amount_minor": abs(amount), "currency": (text(thing, "currency", required=True) or "").upper()}


def _whole(thing: dict[str, Any], name: str) -> int:
    value = thing.get(name)
    return value if type(value) is int else 0


def _reference(thing: dict[str, Any], name: str) -> str | None:
    """An id, or the id of an object that was expanded in place."""
    value = thing.get(name)
    return text(value, "id") if isinstance(value, dict) else text(thing, name)


_KINDS: dict[str, Callable[[str, dict[str, Any], dict[str, Any], dict[str, Any]], Iterator[Fact]]] = {
    **dict.fromkeys(("charge.succeeded", "charge.failed", "charge.captured", "charge.refunded"), _charge),
    **dict.fromkeys(("payout.created", "payout.paid", "payout.failed"), _payout),
    **dict.fromkeys((f"customer.subscription.{word}" for word in ("created", "updated", "deleted", "paused", "resumed")), _subscription),
}


def answer(_outcome: Outcome) -> Answer:
    """200 ends it; what could not be read is in quarantine."""
    return Answer(200, b'{"received":true}')


WIRE = Wire("stripe", opened, read, answer, check=check)
