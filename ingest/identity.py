"""Who is who: ids of one person lead to one user, decided in the order in which clients said so.

An anonymous id that turns out to be a known user is merged into it (`ingest/merging.py` moves what it did). A user is *identified*
once an id was said to be theirs: by identify, by alias, or by a list of users that was imported. `identify` never merges one
identified user into another, as two people on one device would become one; `alias` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
import structlog

from data_access.schema import aliases, users
from data_access.warehouse import Transaction
from ingest.columns import constant

log = structlog.get_logger("ingest")
IDENTIFY, ALIAS = "identify", "alias"


@dataclass
class Links:
    """What a batch of `aliases` says, resolved: `rows` to keep in the table, users to make (key → id, when), to name anew (key → id),
    identified keys, users merged (`into[old] = new`, new never itself old), and pairs of ids that identify may not merge."""

    rows: dict[str, tuple[int, datetime | None, str]] = field(default_factory=dict)
    made: dict[int, tuple[str, datetime | None]] = field(default_factory=dict)
    named: dict[int, str] = field(default_factory=dict)
    identified: set[int] = field(default_factory=set)
    into: dict[int, int] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)


class _Ledger:
    """Ids and keys as known, and as they become while the pairs are read."""

    def __init__(self, known: Mapping[str, int], identified: set[int], following: int) -> None:
        self.links = Links()
        self._key_of = dict(known)
        self._identified = set(identified)
        self._following = following

    def key(self, name: str) -> int | None:
        key = self._key_of.get(name)
        while key in self.links.into:
            key = self.links.into[key]
        return key

    def pair(self, known_as: str, user: str, said: tuple[datetime | None, str]) -> None:
        """One statement: `known_as` is this user too; `said`: since when, and how it was said."""
        old, new = self.key(known_as), self.key(user)
        bound = old is not None and old in self._identified and said[1] == IDENTIFY
        if new is None and old is not None and not bound:
            self._named(user, old, said)
            new = old
        elif new is None:
            new = self._made(user, said)
        self._identified.add(new)
        self.links.identified.add(new)
        if old is None:
            self._named(known_as, new, said, title=False)
        elif old != new and bound:
            self.links.refused.append((known_as, user))
        elif old != new:
            self._merged(old, new)

    def _made(self, user: str, said: tuple[datetime | None, str]) -> int:
        key, self._following = self._following, self._following + 1
        self.links.made[key] = (user, said[0])
        self._named(user, key, said, title=False)
        return key

    def _named(self, name: str, key: int, said: tuple[datetime | None, str], *, title: bool = True) -> None:
        self._key_of[name] = key
        self.links.rows[name] = (key, *said)
        if title:
            self.links.named[key] = name

    def _merged(self, old: int, new: int) -> None:
        into = self.links.into
        into[old] = new
        into.update({key: new for key, target in into.items() if target == old})
        self.links.rows |= {name: (new, since, how) for name, (key, since, how) in self.links.rows.items() if key == old}
        self.links.identified.discard(old)


def link(tx: Transaction, tenant: int, rows: pa.Table, now: datetime) -> Links:
    """Resolve pairs (`external_id`, `user_id`; `since` and `how` where said) in their order; nothing is written.

    Without `how` they are taken for `alias`: whoever gives such a list knows who is who. `now` is naive UTC.
    """
    listed = rows.to_pylist()
    names = sorted({str(name) for row in listed for name in (row["external_id"], row["user_id"]) if name})
    ledger = _Ledger(*_known(tx, tenant, names), _following(tx, tenant))
    for row in listed:
        if row["external_id"] and row["user_id"] and row["external_id"] != row["user_id"]:
            ledger.pair(str(row["external_id"]), str(row["user_id"]), (row.get("since") or now, row.get("how") or ALIAS))
    for known_as, user in ledger.links.refused:
        log.warning(
            "identify_refused", tenant=tenant, reason="both are identified users; send an alias to merge them", ids=[known_as, user]
        )
    return ledger.links


def _known(tx: Transaction, tenant: int, names: list[str]) -> tuple[dict[str, int], set[int]]:
    """The keys of these ids, and which of them are identified users."""
    staged = tx.stage("linked_names", pa.table({"name": pa.array(names, pa.string())}))
    both = sa.and_(users.c.tenant == aliases.c.tenant, users.c.user_key == aliases.c.user_key)
    question = sa.select(aliases.c.external_id, aliases.c.user_key, users.c.identified)
    found = tx.arrow(
        question.select_from(aliases.outerjoin(users, both)).where(
            aliases.c.tenant == tenant, aliases.c.external_id.in_(sa.select(staged.c.name))
        )
    ).to_pylist()
    keys = {row["external_id"]: int(row["user_key"]) for row in found}
    return keys, {int(row["user_key"]) for row in found if row["identified"]}


def _following(tx: Transaction, tenant: int) -> int:
    return int(tx.read(sa.select(sa.func.coalesce(sa.func.max(users.c.user_key), 0)).where(users.c.tenant == tenant)).iat[0, 0]) + 1


def settle(tx: Transaction, tenant: int, links: Links) -> None:
    """Write new users, names and who is identified. Merges are written by `merging.merge`, after this."""
    made = [(key, name, since) for key, (name, since) in links.made.items()]
    if made:
        columns = (("user_key", pa.int64()), ("external_id", pa.string()), ("created_at", pa.timestamp("us")))
        table = {name: pa.array(values, kind) for (name, kind), values in zip(columns, zip(*made, strict=True), strict=True)}
        count = len(made)
        tx.append(
            "users", pa.table({**table, "tenant": constant(tenant, pa.int32(), count), "identified": constant(True, pa.bool_(), count)})
        )
    _update(tx, tenant, links.named.items(), "external_id")
    _update(tx, tenant, ((key, True) for key in links.identified - set(links.made)), "identified")


def _update(tx: Transaction, tenant: int, values: Iterable[tuple[int, Any]], name: str) -> None:
    listed = list(values)
    if not listed:
        return
    staged = tx.stage(
        "settled_users", pa.table({"user_key": pa.array([k for k, _ in listed], pa.int64()), "value": [v for _, v in listed]})
    )
    column = users.c[name]
    mine = users.c.tenant == tenant, users.c.user_key == staged.c.user_key, column.is_distinct_from(staged.c.value)
    tx.execute(sa.update(users).values({name: staged.c.value}).where(*mine))


def alias_rows(links: Links) -> pa.Table:
    """The rows of `aliases` that are to be kept."""
    listed = [(name, key, since, how) for name, (key, since, how) in links.rows.items()]
    kinds = (("external_id", pa.string()), ("user_key", pa.int64()), ("since", pa.timestamp("us")), ("how", pa.string()))
    columns = zip(*listed, strict=True) if listed else ((),) * len(kinds)
    return pa.table({name: pa.array(values, kind) for (name, kind), values in zip(kinds, columns, strict=True)})
