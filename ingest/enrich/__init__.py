"""What an event's surroundings tell, added when it is read; the surroundings themselves are forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.actor import Tenant
from data_access.schema import FACTS
from ingest.enrich.addresses import Countries, shortened
from ingest.enrich.agents import agent_of
from ingest.enrich.channels import arrival, place_of
from ingest.enrich.privacy import Privacy, mask, pseudonymise
from ingest.wire.wire import Context, Envelope

Row = dict[str, Any]
Enrich = Callable[[str, Row, Context, Envelope], bool]
_AGENT = ("device", "os", "os_version", "browser", "browser_version")
_PLACE = ("region", "city")
_LONGEST = 200
# Which of the columns that a context can fill a table has.
_FILLS = {name: frozenset(table.c.keys()) for name, table in FACTS.items()}
_DEVICES = {"desktop": "desktop", "mobile": "mobile", "tablet": "tablet", "phone": "mobile", "ios": "mobile", "android": "mobile"}


class Enricher:
    """Shared by all tenants: the country database and the secret of pseudonyms."""

    def __init__(self, countries: Countries, secret: bytes) -> None:
        self._countries, self._secret = countries, secret
        self._known: dict[int, tuple[Tenant, Enrich]] = {}

    def for_tenant(self, tenant: Tenant) -> Enrich:
        """How rows of this tenant are enriched, by its settings."""
        known = self._known.get(tenant.key)
        if known is None or known[0] != tenant:
            known = (tenant, self._enriching(tenant, Privacy.of(tenant)))
            self._known[tenant.key] = known
        return known[1]

    def _enriching(self, tenant: Tenant, privacy: Privacy) -> Enrich:
        def enrich(table: str, row: Row, context: Context, envelope: Envelope) -> bool:
            if privacy.refuses(context, envelope.headers):
                return False
            if table in _FILLS and context.get("server") is not True:
                self._surroundings(table, row, context, envelope)
            if privacy.pseudonyms:
                pseudonymise(row, self._secret, tenant.key, table)
            if privacy.mask:
                mask(row)
            return True

        return enrich

    def _surroundings(self, table: str, row: Row, context: Context, envelope: Envelope) -> None:
        told = self._told(context, envelope)
        columns = _FILLS[table]
        for name, value in told.items():
            if name in columns and name not in row:
                row[name] = value[:_LONGEST]

    def _told(self, context: Context, envelope: Envelope) -> dict[str, str]:
        """Every column that the context can fill; what the client says itself wins."""
        agent = _text(context, "user_agent") or _browser_agent(envelope)
        told = dict(agent_of(agent)) if agent else {}
        told |= {name: value for name in (*_AGENT, *_PLACE, "screen") if (value := _text(context, name))}
        if "device" in told:
            told["device"] = _DEVICES.get(told["device"].lower(), told["device"].lower())
        country = _text(context, "country") or self._countries.of(shortened(_address(context, envelope)))
        if country and len(country) == 2:
            told["country"] = country.upper()
        if language := _text(context, "locale"):
            told["language"] = language.replace("_", "-")
        return told | _visit(context)


def _visit(context: Context) -> dict[str, str]:
    url, referrer = _text(context, "url"), _text(context, "referrer")
    campaign = context.get("campaign")
    came = arrival(url, referrer, campaign if isinstance(campaign, dict) else None) if url or referrer or campaign else {}
    if url:
        place = place_of(url)
        came["path"] = place.path
        if place.search:
            came["search"] = place.search
    return came


def _browser_agent(envelope: Envelope) -> str | None:
    """A request's own agent speaks for the person only where a browser sent it."""
    agent = envelope.headers.get("user-agent", "")
    return agent if agent.startswith("Mozilla/") else None


def _address(context: Context, envelope: Envelope) -> str:
    said = _text(context, "ip")
    return said or (envelope.address if _browser_agent(envelope) else "")


def _text(context: Context, name: str) -> str | None:
    value = context.get(name)
    return value if type(value) is str and value else None
