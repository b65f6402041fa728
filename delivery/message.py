"""What is sent: one message in one language, for any channel to say in its own form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Attachment:
    name: str
    kind: str  # such as application/pdf
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Link:
    words: str
    url: str


@dataclass(frozen=True)
class Message:
    """`first` is the line that says most and fits a phone's preview; `lines` follow; `facts` are pairs of name and value.

    `key` is the idempotency key: the same for every attempt. `data` is for machines (webhooks); it never holds a secret.
    """

    subject: str
    first: str
    key: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[Link, ...] = ()
    severity: str = "info"
    event: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    html: str = ""

    @property
    def plain(self) -> str:
        """Everything as plain text."""
        parts = [
            self.first,
            *self.lines,
            *(f"{name}: {value}" for name, value in self.facts),
            *(f"{link.words}: {link.url}" for link in self.links),
        ]
        return "\n".join(part for part in parts if part)


class Refused(RuntimeError):
    """The message cannot be delivered this way, and trying again would change nothing. The words never hold a secret."""


class Unreachable(RuntimeError):
    """The receiver did not take the message now; it may later."""
