"""Any HTTP receiver: JSON, signed with HMAC-SHA-256 over the instant and the body."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated

import orjson
from pydantic import Field, SecretStr

from accounts.language import Text
from delivery.channels.channel import Channel, ChannelSettings, Means, Url
from delivery.message import Message
from delivery.outward import Call, post


class Webhook(ChannelSettings):
    """`secrets`: the first signs; receivers may check against any, so that one can be replaced without a gap."""

    url: Url
    secrets: Annotated[tuple[SecretStr, ...], Field(max_length=2)] = ()


def body_of(message: Message) -> bytes:
    return orjson.dumps(
        {
            "event": message.event,
            "key": message.key,
            "severity": message.severity,
            "title": message.subject,
            "text": message.first,
            "facts": dict(message.facts),
            "links": {link.words: link.url for link in message.links},
            "data": dict(message.data),
        }
    )


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Hex HMAC-SHA-256 of `stamp.body`."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send(settings: Webhook, message: Message, means: Means) -> None:
    body, stamp = body_of(message), str(int(means.now.timestamp()))
    signed = {"X-Vigie-Timestamp": stamp, "Idempotency-Key": message.key}
    if settings.secrets:
        signatures = (signature(secret.get_secret_value(), stamp, body) for secret in settings.secrets)
        signed["X-Vigie-Signature"] = ",".join(f"v1={one}" for one in signatures)
    post(Call(settings.url, body, signed, means.allowed))


CHANNEL = Channel(
    Webhook,
    send,
    Text("Webhook", "Webhook"),
    Text("A signed JSON POST to any address.", "Un POST JSON signé vers n’importe quelle adresse."),
)
