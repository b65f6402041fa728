"""The secret that signs CSRF tokens and keys the hashes of the store; and hashing with it."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets

from data_access.settings import InvalidSettings, Settings

MIN_LENGTH = 32
COMMAND = "vigie check --new-secret"
_KNOWN = frozenset({"changeme", "change-me", "secret", "password", "default", "example"})


def new_secret() -> str:
    """A fresh secret for SECRET_KEY: 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def check_secret(settings: Settings) -> None:
    """Raise InvalidSettings where the product must not start with this secret. Demo mode needs none."""
    if settings.demo_mode and not settings.secret_key.get_secret_value():
        return
    value = settings.secret_key.get_secret_value()
    if not value:
        raise InvalidSettings(f"SECRET_KEY is not set. Make one: `{COMMAND}`, and put the line it prints into .env.")
    if len(value) < MIN_LENGTH:
        raise InvalidSettings(f"SECRET_KEY has {len(value)} characters; {MIN_LENGTH} are needed. Make one: `{COMMAND}`.")
    if len(set(value)) < 8 or any(word in value.lower() for word in _KNOWN):
        raise InvalidSettings(f"SECRET_KEY can be guessed. Make one: `{COMMAND}`.")


def secret_of(settings: Settings) -> bytes:
    """The secret in use. Demo mode without one makes one per installation, kept in DATA_DIR with mode 0600."""
    check_secret(settings)
    value = settings.secret_key.get_secret_value()
    return value.encode() if value else _installation_secret(settings)


def _installation_secret(settings: Settings) -> bytes:
    path = settings.data_dir / "demo_secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "w") as file:
        file.write(new_secret())
    return path.read_bytes()


def digest(value: str) -> str:
    """SHA-256 in hex: for random ids of 128 bits and more, which need no salt."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def keyed_digest(secret: bytes, purpose: str, value: str) -> str:
    """HMAC-SHA-256 in hex, separate for each purpose: for values that could be guessed."""
    return hmac.new(secret, f"{purpose}\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
