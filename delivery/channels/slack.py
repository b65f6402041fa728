"""Slack, and whatever takes its incoming webhooks (Mattermost, Rocket.Chat)."""

from __future__ import annotations

import orjson
from pydantic import SecretStr

from accounts.language import Text
from delivery.channels.channel import Channel, ChannelSettings, Means
from delivery.message import Message
from delivery.outward import Call, post

COLOURS = {"info": "#2563eb", "warning": "#d97706", "critical": "#dc2626", "emergency": "#991b1b"}
_MEANT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Slack(ChannelSettings):
    """`url`: the incoming webhook's address, which is itself a secret."""

    url: SecretStr


def body_of(message: Message) -> bytes:
    """Blocks with everything that came from data escaped, so that no name becomes a mention or a link."""
    lines = "\n".join(line.translate(_MEANT) for line in (message.first, *message.lines))
    facts = [{"type": "mrkdwn", "text": f"*{name.translate(_MEANT)}*\n{value.translate(_MEANT)}"} for name, value in message.facts[:10]]
    links = " · ".join(f"<{link.url}|{link.words.translate(_MEANT)}>" for link in message.links)
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": message.subject[:150]}},
        {"type": "section", "text": {"type": "mrkdwn", "text": lines[:2900] or "—"}},
        *([{"type": "section", "fields": facts}] if facts else []),
        *([{"type": "section", "text": {"type": "mrkdwn", "text": links[:2900]}}] if links else []),
    ]
    colour = COLOURS.get(message.severity, COLOURS["info"])
    return orjson.dumps(
        {"text": f"{message.subject}: {message.first}".translate(_MEANT), "attachments": [{"color": colour, "blocks": blocks}]}
    )


def send(settings: Slack, message: Message, means: Means) -> None:
    post(Call(settings.url.get_secret_value(), body_of(message), {}, means.allowed))


CHANNEL = Channel(
    Slack,
    send,
    Text("Slack", "Slack"),
    Text("An incoming webhook of Slack, Mattermost or Rocket.Chat.", "Un webhook entrant de Slack, Mattermost ou Rocket.Chat."),
)
