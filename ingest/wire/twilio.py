"""Twilio status callbacks of calls, signature checked: how each call ended becomes a row of `calls`.

The address is `/webhooks/twilio/KEY?booking_id=…&provider_id=…&user_id=…` (the parameters as far as they are known); the
account's auth token is kept, encrypted, beside the key.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from ingest.decode import Refused
from ingest.wire.wire import Answer, BadEvent, Envelope, Fact, Letter, Outcome, Wire
from ingest.wire.words import objects, text

_ENDED = {"completed": "completed", "busy": "busy", "no-answer": "no_answer", "failed": "failed", "canceled": "failed"}
_KNOWN_FROM_ADDRESS = ("booking_id", "provider_id", "user_id")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def opened(envelope: Envelope) -> Letter:
    return Letter(envelope.params.get("key", "")[:200], [_form(envelope.body)], shared=dict(envelope.query))


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=200))
    except ValueError:  # also where it is not UTF-8
        raise Refused(400, "malformed", "not a form") from None


def check(envelope: Envelope, secret: str) -> None:
    """Raises Refused 401 unless Twilio signed the address and the form with this token.

    TRICKY: what is signed is the address as Twilio was given it. Behind a proxy we see another scheme, and ports come
    and go, so each way of writing it is tried.
    """
    said = envelope.headers.get("x-twilio-signature", "")
    form = "".join(name + value for name, value in sorted(_form(envelope.body).items()))
    signatures = [b64encode(hmac.digest(secret.encode(), (url + form).encode(), "sha1")).decode() for url in _written(envelope.url)]
    if not (said.isascii() and any(hmac.compare_digest(said, one) for one in signatures)):
        raise Refused(401, "unauthorized", "the signature is wrong")


def _written(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    for scheme, port in _DEFAULT_PORTS.items():
        for place in dict.fromkeys((parts.netloc, host, f"{host}:{port}")):
            yield urlunsplit((scheme, place, parts.path, parts.query, ""))


def read(item: Any, letter: Letter) -> Iterable[Fact]:
    form = objects(item)
    status = _ENDED.get(form.get("CallStatus", ""))
    if status is None:  # it still rings, or it is a message
        return
    call = text(form, "CallSid", required=True)
    error = text(form, "ErrorCode") or text(form, "SipResponseCode")
    row = {
        "id": f"twilio\x1f{call}\x1f{form['CallStatus']}",
        "ts": _instant(form.get("Timestamp")),
        "call_id": call,
        "status": status,
        "duration_s": _seconds(form.get("CallDuration") or form.get("Duration")),
        "error_code": (error or form["CallStatus"]) if status == "failed" else None,
    }
    shared = letter.shared if isinstance(letter.shared, dict) else {}
    yield Fact("calls", row | {name: shared[name] for name in _KNOWN_FROM_ADDRESS if shared.get(name)}, {"server": True})


def _instant(value: str | None) -> str | None:
    """Twilio writes Tue, 31 Mar 2026 10:00:00 +0000."""
    if not value:
        return None
    try:
        return parsedate_to_datetime(value).isoformat()
    except ValueError:
        raise BadEvent("Timestamp is no time") from None


def _seconds(value: str | None) -> int | None:
    if not value:
        return None
    if not value.isdigit() or len(value) > 9:
        raise BadEvent("CallDuration must be whole seconds")
    return int(value)


def answer(_outcome: Outcome) -> Answer:
    """Empty: anything else Twilio would read as instructions."""
    return Answer(200, b"", "text/plain")


WIRE = Wire("twilio", opened, read, answer, limit=64 * 1024, check=check)
