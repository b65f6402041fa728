"""Where clients put their write key."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ingest.wire.wire import Envelope

LONGEST = 200


def presented(envelope: Envelope, body: Mapping[str, Any], *names: str) -> str:
    """The key of the Authorization header (Bearer, or Basic with the key as the user), of X-Write-Key, of one of the
    body's `names`, or of the query; empty where there is none."""
    scheme, _, value = envelope.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()[:LONGEST]
    if scheme.lower() == "basic":
        return _user(value)
    asked = [envelope.headers.get("x-write-key"), *(body.get(name) for name in names), envelope.query.get("key")]
    return next((key[:LONGEST] for key in asked if isinstance(key, str) and key), "")


def _user(value: str) -> str:
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0][:LONGEST]
    except (binascii.Error, UnicodeDecodeError):
        return ""
