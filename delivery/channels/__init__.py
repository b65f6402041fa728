"""CHANNELS: every way to tell someone. A new one is one file here and one entry."""

from __future__ import annotations

from delivery.channels import email, events, slack, webhook
from delivery.channels.channel import Channel

CHANNELS: dict[str, Channel] = {
    "email": email.CHANNEL,
    "slack": slack.CHANNEL,
    "webhook": webhook.CHANNEL,
    "events": events.CHANNEL,
}
