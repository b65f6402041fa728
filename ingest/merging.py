"""Users that turned out to be one: what they did becomes the one's, in the transaction of the batch that says so.

User keys of rows that are there change here and nowhere else; `Moved` says whose, and on which days, for whatever else is kept
by user.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access.schema import FACTS, aliases, events, identity_merges, segment_members, sessions, subscriptions, users
from data_access.warehouse import Transaction
from ingest import movements, rollups
from ingest import sessions as visits
from ingest.columns import Whole
from ingest.lists import moves

MOVING = tuple(table for table in FACTS.values() if "user_key" in table.c and table is not sessions)
EARLIEST, LATEST = ("created_at", "signed_up_day"), ("last_seen_at",)


@dataclass(frozen=True)
class Moved:
    """Whose rows are now another's: the keys given up and those they became, and the tenant days of the rows by table."""

    users: frozenset[int] = frozenset()
    days: Mapping[str, frozenset[date]] = field(default_factory=dict)


@dataclass(frozen=True)
class Merging:
    """The setting of a merge: a bulk load derives rollups and movements at its end."""

    tenant: Tenant
    gap: timedelta
    now: datetime  # naive UTC
    deferred: bool = False


def merge(tx: Transaction, of: Merging, into: Mapping[int, int]) -> Moved:
    """Give everything of the users `into` names to those they turned out to be. Past facts, sessions, activity, movements, names and
    properties; the earliest creation and the latest sighting stand."""
    if not into:
        return Moved()
    tenant = of.tenant.key
    staged = tx.stage("merged_users", pa.table({"old": pa.array(list(into), pa.int64()), "new": pa.array(list(into.values()), pa.int64())}))
    days = {table.name: found for table in MOVING if (found := _moved_days(tx, tenant, table, staged))}
    _combine(tx, of, into)
    changed = _visits(tx, of, into)
    for name in days:
        table = FACTS[name]
        tx.execute(sa.update(table).values(user_key=staged.c.new).where(table.c.tenant == tenant, table.c.user_key == staged.c.old))
    tx.execute(sa.update(aliases).values(user_key=staged.c.new).where(aliases.c.tenant == tenant, aliases.c.user_key == staged.c.old))
    everyone = frozenset(into) | frozenset(into.values())
    moves.users_changed(tx, tenant, everyone)
    touched = days.get("events", frozenset()) | changed
    if touched:
        rollups.moved(tx, of.tenant, set(touched), set(everyone), sessions_only=of.deferred)
        days |= {"events": touched, "sessions": touched}
    if "subscriptions" in days:
        days |= {"mrr_movements": _customers(tx, of, into)}
    _memberships(tx, tenant, into)
    return Moved(everyone, days)


def _memberships(tx: Transaction, tenant: int, into: Mapping[int, int]) -> None:
    """Frozen segments hold the one who stays, once."""
    m = segment_members.c
    staged = tx.stage("member_users", pa.table({"user_key": pa.array(sorted({*into, *into.values()}), pa.int64())}))
    mine = m.tenant == tenant, m.user_key.in_(sa.select(staged.c.user_key))
    held = tx.read(sa.select(m.tenant, m.segment, m.version, m.user_key).where(*mine))
    if held["user_key"].isin(into).any():
        tx.execute(sa.delete(segment_members).where(*mine))
        kept = held.assign(user_key=held["user_key"].map(lambda key: into.get(int(key), int(key)))).drop_duplicates()
        tx.append(segment_members.name, pa.Table.from_pandas(kept, preserve_index=False))


def _moved_days(tx: Transaction, tenant: int, table: sa.Table, staged: sa.TableClause) -> frozenset[date]:
    old = sa.select(staged.c.old)
    found = tx.read(sa.select(table.c.day).where(table.c.tenant == tenant, table.c.user_key.in_(old)).distinct())
    return frozenset(pd.to_datetime(found["day"]).dt.date) if len(found) else frozenset()


def _customers(tx: Transaction, of: Merging, into: Mapping[int, int]) -> frozenset[date]:
    """Individuals pay under their new key; the days of movements that changed."""
    names = {f"u{old}": f"u{new}" for old, new in into.items()}
    staged = tx.stage("merged_customers", pa.table({"old": list(names), "new": list(names.values())}))
    mine = subscriptions.c.tenant == of.tenant.key, subscriptions.c.customer == staged.c.old
    tx.execute(sa.update(subscriptions).values(customer=staged.c.new).where(*mine))
    return frozenset() if of.deferred else frozenset(movements.refresh(tx, of.tenant, set(names) | set(names.values())))


def _combine(tx: Transaction, of: Merging, into: Mapping[int, int]) -> None:
    """One row of `users` out of several, and a line of history for each that is given up."""
    tenant = of.tenant.key
    everyone = sorted({*into, *into.values()})
    staged = tx.stage("combined_users", pa.table({"user_key": pa.array(everyone, pa.int64())}))
    mine = users.c.tenant == tenant, users.c.user_key.in_(sa.select(staged.c.user_key))
    columns = [sa.cast(c, sa.Text).label(c.name) if isinstance(c.type, sa.JSON) else c for c in users.c]
    known = {row["user_key"]: row for row in tx.arrow(sa.select(*columns).where(*mine)).to_pylist()}
    _note(tx, of, into, known)
    for old, new in into.items():
        if old in known:
            known[new] = _one(known.get(new), known.pop(old)) | {"user_key": new}
    tx.execute(sa.delete(users).where(*mine))
    if known:
        tx.append("users", pa.Table.from_pylist(list(known.values())))


def _one(kept: dict[str, Any] | None, given_up: dict[str, Any]) -> dict[str, Any]:
    """What is known of the one who stays comes first; the other fills gaps."""
    if kept is None:
        return given_up
    row = {name: given_up[name] if value is None else value for name, value in kept.items()}
    for names, choose in ((EARLIEST, min), (LATEST, max)):
        for name in names:
            row[name] = choose((value for value in (kept[name], given_up[name]) if value is not None), default=None)
    said = [orjson.loads(text) for text in (given_up["properties"], kept["properties"]) if text]
    row["properties"] = orjson.dumps({key: value for one in said for key, value in one.items()}).decode() if said else None
    row["identified"] = bool(kept["identified"]) or bool(given_up["identified"]) or None
    return row


def _note(tx: Transaction, of: Merging, into: Mapping[int, int], known: Mapping[int, dict[str, Any]]) -> None:
    ids = {key: row["external_id"] for key, row in known.items()}
    lines = [
        {"tenant": of.tenant.key, "ts": of.now, "user_key": old, "into_key": new, "external_id": ids.get(old), "into_id": ids.get(new)}
        for old, new in into.items()
    ]
    tx.append(identity_merges.name, pa.Table.from_pylist(lines))


def _visits(tx: Transaction, of: Merging, into: Mapping[int, int]) -> frozenset[date]:
    """Their events in the sessions of one person; the days of sessions that now open differently."""
    c, tenant = sessions.c, of.tenant.key
    staged = tx.stage("visiting_users", pa.table({"user_key": pa.array(sorted({*into, *into.values()}), pa.int64())}))
    mine = c.tenant == tenant, c.user_key.in_(sa.select(staged.c.user_key))
    stored = tx.read(sa.select(c.user_key, c.session_key, c.ts, c.ended_at, c.day, c.is_new_user).where(*mine))
    if stored.empty:
        return frozenset()
    before = stored["session_key"].to_numpy(np.int64)
    whose, given_up = stored["user_key"].map(lambda key: into.get(key, key)).to_numpy(np.int64), stored["user_key"].isin(into).to_numpy()
    start, end = (stored[name].to_numpy().astype("datetime64[us]").astype(np.int64) for name in ("ts", "ended_at"))
    gap = int(of.gap / timedelta(microseconds=1))
    keys, began = visits.runs(whose, start, end, np.where(given_up, 0, before), gap=gap)
    visits.join_moved(tx, tenant, {int(a): int(b) for a, b in zip(before, keys, strict=True) if a != b})
    fresh = began <= _created(tx, tenant, whose)
    _flag(tx, tenant, keys, {"is_new_user": fresh, "begins": start == began})
    return frozenset(stored["day"][fresh != stored["is_new_user"].fillna(False).to_numpy(bool)].dt.date)


def _created(tx: Transaction, tenant: int, whose: Whole) -> Whole:
    """When each was created, microseconds; long before anything where nobody knows."""
    staged = tx.stage("created_users", pa.table({"user_key": pa.array(np.unique(whose))}))
    mine = users.c.tenant == tenant, users.c.user_key.in_(sa.select(staged.c.user_key)), users.c.created_at.is_not(None)
    known = tx.read(sa.select(users.c.user_key, users.c.created_at).where(*mine))
    at = pd.Series(known["created_at"].to_numpy().astype("datetime64[us]").astype(np.int64), index=known["user_key"].to_numpy(np.int64))
    found: Whole = at.reindex(whose, fill_value=np.iinfo(np.int64).min).to_numpy()
    return found


def _flag(tx: Transaction, tenant: int, keys: Whole, flags: Mapping[str, Any]) -> None:
    """Events say whether their session is the first of a new user; in sessions made of several only the first event opens one."""
    frame = pd.DataFrame({"key": keys, **flags})
    told = frame.groupby("key", as_index=False).agg(is_new_user=("is_new_user", "max"), parts=("begins", "size"))
    staged = tx.stage("flagged_sessions", pa.Table.from_pandas(told, preserve_index=False))
    same = sa.and_(events.c.tenant == tenant, events.c.session_key == staged.c.key)
    fresh = events.c.is_new_user.is_distinct_from(staged.c.is_new_user)
    tx.execute(sa.update(events).values(is_new_user=staged.c.is_new_user).where(same, fresh))
    if (told["parts"] > 1).any():
        _open(tx, tenant, staged)


def _open(tx: Transaction, tenant: int, staged: sa.TableClause) -> None:
    e = events.c
    joined = sa.select(staged.c.key).where(staged.c.parts > 1)
    place = sa.func.row_number().over(partition_by=e.session_key, order_by=[e.ts, e.seq, e.id])
    ranked = sa.select(e.id, (place == 1).label("opens")).where(e.tenant == tenant, e.session_key.in_(joined))
    first = tx.stage("opening_events", tx.arrow(ranked))
    same = e.tenant == tenant, e.id == sa.cast(first.c.id, sa.Uuid), e.is_new_session.is_distinct_from(first.c.opens)
    tx.execute(sa.update(events).values(is_new_session=first.c.opens).where(*same))
