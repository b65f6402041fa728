"""What a tenant does not want kept: names behind a keyed hash, personal patterns masked, those who said no left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.actor import Tenant
from accounts.secret import keyed_digest

YES = frozenset({"1", "true", "yes", "on"})
_PERSONAL = ("email", "name")  # columns of users that pseudonyms make needless
_IDS = ("user_id", "external_id")
MASK = "***"
_PATTERNS = (
    re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,190}\.[A-Za-z]{2,24}"),  # mail addresses
    re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),  # IBAN
    re.compile(r"(?<![\w.])(?:\d[ -]?){13,18}\d(?![\w.])"),  # cards
    re.compile(r"(?<![\w.])(?:\+|00)[1-9]\d{0,2}[ .-]?(?:\(?\d{1,4}\)?[ .-]?){2,5}\d{2,4}(?![\w.])"),  # telephone numbers
)
_TEXTS = ("properties", "attributes", "search", "title", "label", "message", "referrer")


@dataclass(frozen=True)
class Privacy:
    """A tenant's choices, from its settings: `ingest_pseudonyms`, `ingest_mask`, `ingest_ignore_do_not_track`,
    each "true" or absent."""

    pseudonyms: bool = False
    mask: bool = False
    ignore_do_not_track: bool = False

    @classmethod
    def of(cls, tenant: Tenant) -> Privacy:
        chosen = {name.removeprefix("ingest_") for name, value in tenant.settings if str(value).lower() in YES}
        return cls(**{name: name in chosen for name in cls.__dataclass_fields__})

    def refuses(self, context: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
        """The person asked not to be tracked: by the event, or by the browser unless the tenant overrules it."""
        if context.get("opt_out") is True:
            return True
        return not self.ignore_do_not_track and (headers.get("dnt") == "1" or headers.get("sec-gpc") == "1")


def hidden(secret: bytes, tenant: int, identity: str) -> str:
    """The pseudonym of an id: the same for the same id and tenant, and nothing without the secret."""
    return keyed_digest(secret, f"pseudonym {tenant}", identity)[:32]


def pseudonymise(row: dict[str, Any], secret: bytes, tenant: int, table: str) -> None:
    """Replace who a row is about, in place."""
    for name in _IDS:
        if name in row and not (name == "external_id" and table == "accounts"):
            row[name] = hidden(secret, tenant, row[name])
    if table == "users":
        for name in _PERSONAL:
            row.pop(name, None)


def mask(row: dict[str, Any]) -> None:
    """Hide mail addresses, telephone, card and account numbers in what people may have typed, in place."""
    for name in _TEXTS:
        value = row.get(name)
        if value:
            row[name] = masked(value)


def masked(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return text
