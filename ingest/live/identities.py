"""Who is who, before a batch is written: what is known of the people it speaks of. Who turns out to be whom is the writer's to say
(`ingest/identity.py`)."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from data_access.schema import accounts, aliases
from data_access.warehouse import Warehouse
from ingest.decode_letter import SEEN
from ingest.live.parcel import Row

REMEMBERED = 100_000
_FIRST_SEEN = ("country", "channel", "campaign")


class Identities:
    """Remembers which pairs the warehouse has heard, as many clients repeat both ids on every event."""

    def __init__(self) -> None:
        self._heard: dict[tuple[int, str], tuple[str, str | None]] = {}
        self._met: set[tuple[int, str]] = set()

    def settle(self, warehouse: Warehouse, tenant: int, tables: dict[str, list[Row]]) -> None:
        """Prepare the rows of `users`, `accounts` and `aliases` in place."""
        pairs = self._news(tenant, tables.pop("aliases", []))
        known = _known(warehouse, aliases, tenant, self._asked(tenant, tables, pairs))
        # A new id of a person who is known is no new person.
        known |= {row["user_id"] for row in pairs if row["external_id"] in known}
        turned = {row["external_id"]: row["user_id"] for row in pairs}
        strangers = [{**row, "external_id": turned.get(name, name)} for name, row in self._strangers(tenant, tables).items()]
        # What a person says of themselves comes after what their first event tells, and so wins.
        people = [*(row for row in strangers if row["external_id"] not in known), *tables.get("users", [])]
        _date(people, known)
        # That a row says nothing of it leaves open whether the user is identified; without the column it would be a list of users.
        tables["users"] = [{"identified": None, **row} for row in people]
        companies = tables.get("accounts", [])
        _date(companies, _known(warehouse, accounts, tenant, {row["external_id"] for row in companies}))
        tables["aliases"] = pairs

    def _news(self, tenant: int, pairs: list[Row]) -> list[Row]:
        """The pairs in their order, each once, without those heard last."""
        once = {(row["external_id"], row["user_id"], row.get("how")): row for row in pairs}
        return [row for (name, user, how), row in once.items() if self._heard.get((tenant, name)) != (user, how)]

    def _asked(self, tenant: int, tables: dict[str, list[Row]], pairs: list[Row]) -> set[str]:
        named = {row["external_id"] for row in tables.get("users", [])} | {row[end] for row in pairs for end in ("external_id", "user_id")}
        return named | set(self._strangers(tenant, tables))

    def _strangers(self, tenant: int, tables: dict[str, list[Row]]) -> dict[str, Row]:
        """A row of `users` for each person of these events who was not met lately: when, where and how they first came."""
        found: dict[str, Row] = {}
        for row in tables.get("events", []):
            user = row.get("user_id")
            if user is None or user in found or (tenant, user) in self._met:
                continue
            came = {name: row[name] for name in _FIRST_SEEN if name in row}
            found[user] = {"external_id": user, SEEN: row["ts"], **came}
        return found

    def written(self, tenant: int, rows: Iterable[Row]) -> None:
        """The warehouse has heard these pairs."""
        if len(self._heard) > REMEMBERED:
            self._heard.clear()
        for row in rows:
            self._heard[(tenant, row["external_id"])] = (row["user_id"], row.get("how"))

    def met(self, tenant: int, events: Iterable[Row]) -> None:
        """The warehouse knows the people of these events."""
        if len(self._met) > REMEMBERED:
            self._met.clear()
        self._met.update((tenant, row["user_id"]) for row in events if "user_id" in row)


def _date(rows: list[Row], known: set[str]) -> None:
    """A person or company not met before was created when first spoken of, unless it says otherwise."""
    for row in rows:
        seen = row.pop(SEEN, None)
        if seen is not None and row["external_id"] not in known:
            row.setdefault("created_at", seen)


def _known(warehouse: Warehouse, table: sa.Table, tenant: int, ids: set[str]) -> set[str]:
    if not ids:
        return set()
    question = sa.select(table.c.external_id).where(table.c.tenant == tenant, table.c.external_id.in_(sorted(ids)))
    return set(warehouse.read(question)["external_id"])
