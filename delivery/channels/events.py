"""On-call systems that take PagerDuty's Events API v2: fire and resolve under one key."""

from __future__ import annotations

import orjson
from pydantic import SecretStr

from accounts.language import Text
from delivery.channels.channel import Channel, ChannelSettings, Means, Url
from delivery.message import Message
from delivery.outward import Call, post

SEVERITIES = {"info": "info", "warning": "warning", "critical": "error", "emergency": "critical"}


class Events(ChannelSettings):
    """`routing_key` of the integration; `url` where another system takes the same format."""

    routing_key: SecretStr
    url: Url = "https://events.pagerduty.com/v2/enqueue"


def body_of(settings: Events, message: Message) -> bytes:
    payload = {
        "summary": f"{message.subject}: {message.first}"[:1024],
        "severity": SEVERITIES.get(message.severity, "warning"),
        "source": "vigie",
        "custom_details": dict(message.facts),
    }
    return orjson.dumps(
        {
            "routing_key": settings.routing_key.get_secret_value(),
            "event_action": "resolve" if message.event == "resolved" else "trigger",
            "dedup_key": str(message.data.get("group", message.key))[:255],
            "payload": payload,
            "links": [{"href": link.url, "text": link.words} for link in message.links],
        }
    )


def send(settings: Events, message: Message, means: Means) -> None:
    post(Call(settings.url, body_of(settings, message), {}, means.allowed))


CHANNEL = Channel(
    Events,
    send,
    Text("On-call events", "Événements d’astreinte"),
    Text("PagerDuty and others that take its Events API v2.", "PagerDuty et ceux qui acceptent son Events API v2."),
)
