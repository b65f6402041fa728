"""What a channel is: settings that a form is made from, and one function that sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from accounts.language import Text
from delivery.message import Message


class ChannelSettings(BaseModel):
    """Subclasses add their own fields; a SecretStr is sealed in the store and never shown again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Literal["en", "fr"] = "en"


@dataclass(frozen=True)
class Means:
    """What the installation gives every channel: the instant, the mail server, hosts that may be private."""

    now: datetime
    smtp_url: str = ""
    mail_from: str = ""
    allowed: frozenset[str] = frozenset()


Send = Callable[[Any, Message, Means], None]


@dataclass(frozen=True)
class Channel:
    """`send` returns once the receiver has the message; it raises Refused or Unreachable."""

    model: type[ChannelSettings]
    send: Send
    label: Text
    description: Text


Url = Annotated[str, Field(min_length=8, max_length=2000, pattern="^https?://")]
