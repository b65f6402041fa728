"""E-mail by SMTP: text and HTML, at most fifty recipients a transaction, files over 10 MB refused (send a link instead)."""

from __future__ import annotations

import hashlib
import re
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from html import escape
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import Field, field_validator

from accounts.language import Text
from delivery.channels.channel import Channel, ChannelSettings, Means
from delivery.message import Message, Refused, Unreachable

SECONDS = 20.0
AT_ONCE = 50
MOST_BYTES = 10_000_000
_ADDRESS = re.compile(r"^[^\s@<>,;:\\\"()\[\]]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,}$|^[^\s@<>,;:\\\"()\[\]]{1,64}@localhost$")


class Email(ChannelSettings):
    recipients: Annotated[tuple[str, ...], Field(min_length=1, max_length=500)]

    @field_validator("recipients")
    @classmethod
    def _addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for address in given:
            if not _ADDRESS.match(address):
                raise ValueError(f"“{address[:60]}” is not an e-mail address")
        return tuple(dict.fromkeys(given))


def letter(message: Message, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    """The mail. Its Message-ID follows from the idempotency key, so that a repeated one is known as the same. Raises Refused."""
    mail = EmailMessage()
    try:
        mail["Subject"] = message.subject[:200]
        mail["From"], mail["To"] = sender, ", ".join(recipients)
        domain = sender.rpartition("@")[2].strip("> ") or "vigie"
        mail["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:40]}@{domain}>"
    except ValueError as error:
        raise Refused(f"a header cannot be written: {error}") from None
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.plain)
    mail.add_alternative(message.html or _html(message), subtype="html")
    if sum(len(one.data) for one in message.attachments) > MOST_BYTES:
        raise Refused("the files are over 10 MB: send a link")
    for one in message.attachments:
        kind, _, sub = one.kind.partition("/")
        mail.add_attachment(one.data, maintype=kind, subtype=sub, filename=one.name)
    return mail


def send(settings: Email, message: Message, means: Means) -> None:
    if not means.smtp_url:
        raise Refused("no mail server is set: SMTP_URL")
    with _server(means.smtp_url) as server:
        for some in _some(settings.recipients):
            _sent(server, letter(message, means.mail_from, some))


def _sent(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise (Refused if all(code >= 500 for code in codes) else Unreachable)(f"the recipients were refused ({codes[0]})") from None
    except smtplib.SMTPResponseException as error:
        raise (Refused if error.smtp_code >= 500 else Unreachable)(f"the mail server answered {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(f"the mail server broke off: {type(error).__name__}") from None


def _server(url: str) -> smtplib.SMTP:
    """`smtp://user:password@host:587` speaks TLS where the server offers it, `smtps://` from the first byte."""
    parts = urlsplit(url)
    open_one = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        server = open_one(parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 587), timeout=SECONDS)
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls()
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except smtplib.SMTPAuthenticationError:
        raise Refused("the mail server refused the user name or password of SMTP_URL") from None
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(f"the mail server does not answer: {type(error).__name__}") from None
    return server


def _some(recipients: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for first in range(0, len(recipients), AT_ONCE):
        yield recipients[first : first + AT_ONCE]


def _html(message: Message) -> str:
    rows = "".join(
        f'<tr><td style="padding:4px 16px 4px 0;color:#64748b">{escape(name)}</td><td style="padding:4px 0">{escape(value)}</td></tr>'
        for name, value in message.facts
    )
    lines = "".join(f'<p style="margin:0 0 12px">{escape(line)}</p>' for line in message.lines)
    links = "".join(
        f'<a href="{escape(link.url, quote=True)}" style="display:inline-block;margin:8px 12px 0 0;padding:8px 14px;border-radius:6px;'
        f'background:#2563eb;color:#fff;text-decoration:none">{escape(link.words)}</a>'
        for link in message.links
    )
    return (
        '<div style="font:15px/1.5 -apple-system,Segoe UI,Inter,sans-serif;color:#0f172a;max-width:600px">'
        f'<h1 style="font-size:18px;margin:0 0 8px">{escape(message.subject)}</h1>'
        f'<p style="font-size:17px;margin:0 0 16px">{escape(message.first)}</p>{lines}'
        f'<table style="border-collapse:collapse">{rows}</table>{links}</div>'
    )


CHANNEL = Channel(Email, send, Text("E-mail", "E-mail"), Text("Mail through your SMTP server.", "Courriel par votre serveur SMTP."))
