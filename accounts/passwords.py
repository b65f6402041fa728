"""Passwords: argon2id, capped before hashing, the same time for people who do not exist."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_BYTES = 1_024

_argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # the OWASP minimum for argon2id
# Each hash takes 19 MB and a core: a burst of sign-ins queues here instead of starving the pages.
_at_once = threading.BoundedSemaphore(2)
_NOBODY = _argon2.hash("the password of nobody")


class WeakPassword(ValueError):
    """The password cannot be used; the message says why."""


def hashed(password: str) -> str:
    """The argon2id hash of a new password; raises WeakPassword."""
    if password != password.strip():
        raise WeakPassword("a password cannot begin or end with a space")
    if len(password) < MIN_LENGTH:
        raise WeakPassword(f"a password needs at least {MIN_LENGTH} characters")
    if _too_long(password):
        raise WeakPassword(f"a password may have at most {MAX_BYTES} bytes")
    with _at_once:
        return _argon2.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether this is the password. Takes the same time without a hash (unknown person) and for an oversized password."""
    usable = password_hash is not None and not _too_long(password)
    with _at_once:
        found = _verified(password if usable else "", password_hash if usable and password_hash else _NOBODY)
    return found and usable


def _verified(password: str, password_hash: str) -> bool:
    try:
        return _argon2.verify(password_hash, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def _too_long(password: str) -> bool:
    return len(password) > MAX_BYTES or len(password.encode("utf-8", "surrogatepass")) > MAX_BYTES
