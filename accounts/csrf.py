"""CSRF tokens: signed, bound to one browser, good for a while."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from accounts.secret import keyed_digest

LIFETIME = timedelta(hours=12)


def mint(secret: bytes, visit: str, now: datetime) -> str:
    """A token for the browser that holds this visit cookie."""
    until = int((now + LIFETIME).timestamp())
    return f"{until}.{keyed_digest(secret, 'csrf', f'{until}.{visit}')}"


def valid(secret: bytes, token: str, visit: str, now: datetime) -> bool:
    """Whether the token was minted here, for this browser, and is not over."""
    until, _, signature = token.partition(".")
    if not visit or not (until.isascii() and until.isdigit() and len(until) < 12):
        return False
    expected = keyed_digest(secret, "csrf", f"{until}.{visit}")
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")) and int(until) > now.timestamp()
