"""rollup_user_day and rollup_active: who was active on which day, and how long since the day before that.

A day's histogram depends on each of its users' previous active day, so a late event changes two days: its own and
the user's next. `add` moves the histogram by what new days change; a `refresh` takes the whole history of the touched users, before
and after, and writes the difference.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access.schema import events, rollup_active, rollup_user_day
from data_access.warehouse import Transaction
from ingest.columns import put
from ingest.rollups import addition, steps
from ingest.rollups.part import Part, replace_rows

DIMENSIONS = ("country", "device", "channel", "plan", "kind")
EVERYONE = ""  # the value of rollup_active.dimension for all users
HISTOGRAM = ("day", "dimension", "value", "prev_day")
KEYS = ("day", "user_key", *DIMENSIONS)


def add(tx: Transaction, tenant: int, rows: pa.Table) -> steps.Steps | None:
    """Both tables for events just written; the days of the users who came on a day or in a combination that was not there, None for
    nobody."""
    new = addition.merge(tx, rollup_user_day, tenant, _arrived(rows), sums=("events",))
    if not new.num_rows:
        return None
    change, everyone = steps.change(_days_of(tx, tenant, new["user_key"]), new, DIMENSIONS)
    addition.append(tx, rollup_user_day, tenant, new)
    if change.num_rows:
        addition.add(tx, rollup_active, tenant, change, sums=("users",))
        if pc.any(pc.less(change["users"], 0)).as_py():
            tx.execute(sa.delete(rollup_active).where(rollup_active.c.tenant == tenant, rollup_active.c.users == 0))
    return everyone


def _arrived(rows: pa.Table) -> pa.Table:
    """One row per user, day and combination."""
    named = addition.decoded(rows.select(list(KEYS)).filter(pc.is_valid(rows["user_key"])))
    for name in DIMENSIONS:  # missing and empty are one
        named = put(named, name, pc.fill_null(named[name], ""))
    counted = named.group_by(list(KEYS)).aggregate([([], "count_all")]).rename_columns([*KEYS, "events"])
    return counted.sort_by([("day", "ascending"), ("user_key", "ascending")])


def _days_of(tx: Transaction, tenant: int, users: pa.ChunkedArray) -> pa.Table:
    staged = tx.stage("active_users", pa.table({"user_key": pc.unique(users)}))
    r = rollup_user_day.c
    mine = r.tenant == tenant, r.user_key.in_(sa.select(staged.c.user_key))
    return tx.arrow(sa.select(*(r[name] for name in KEYS)).where(*mine))


def rebuild(tx: Transaction, part: Part) -> None:
    """Both tables for the whole tenant, from events."""
    days = _user_days(part)
    replace_rows(tx, rollup_user_day, part.of(rollup_user_day), days.order_by(events.c.day, events.c.user_key))
    histogram = _labelled(part, _histogram(_known(rollup_user_day, part), part))
    replace_rows(tx, rollup_active, part.of(rollup_active), histogram)


def refresh(tx: Transaction, part: Part) -> Part:
    """Both tables for the users and days of `part`, and the later days they change. Returns the part with its users."""
    part = _with_users(tx, part)
    before = tx.stage("history_before", tx.arrow(_history(part)))
    fresh = tx.stage("fresh_days", tx.arrow(_user_days(part)))
    after = tx.stage("history_after", tx.arrow(_merged(part, before, fresh)))
    change = tx.stage("active_change", tx.arrow(_change(part, before, after)))
    replace_rows(tx, rollup_user_day, part.of_people(rollup_user_day), sa.select(*fresh.c).order_by(fresh.c.day, fresh.c.user_key))
    _write_histogram(tx, part, change)
    return part


def _user_days(part: Part) -> sa.Select[Any]:
    """One row per user, day and combination of dimensions, from events."""
    who = (events.c.tenant, events.c.day, events.c.user_key)
    what = [sa.func.coalesce(events.c[name], "").label(name) for name in DIMENSIONS]
    counted = sa.select(*who, *what, sa.func.count().label("events"))
    return counted.where(*part.of_people(events), events.c.user_key.is_not(None)).group_by(*who, *what)


def _with_users(tx: Transaction, part: Part) -> Part:
    """Where anyone may be touched: everyone seen on these days, before or now."""
    if part.users is not None:
        return part
    seen = sa.union(*(sa.select(t.c.user_key).where(*part.of(t), t.c.user_key.is_not(None)) for t in (events, rollup_user_day)))
    return Part(part.tenant, part.days, tx.stage("touched_users", tx.arrow(seen)), part.first, part.last)


def _known(table: sa.FromClause, part: Part) -> sa.Subquery:
    rows = sa.select(table.c.user_key, table.c.day, *(table.c[name] for name in DIMENSIONS))
    return rows.where(*part.people(table)).subquery("known")


def _history(part: Part) -> sa.Select[Any]:
    return sa.select(_known(rollup_user_day, part))


def _merged(part: Part, before: sa.FromClause, fresh: sa.FromClause) -> sa.CompoundSelect[Any]:
    """The users' history with the touched days replaced."""
    columns = ("user_key", "day", *DIMENSIONS)
    assert part.days is not None
    kept = sa.select(*(before.c[name] for name in columns)).where(before.c.day.not_in(sa.select(part.days.c.day)))
    return sa.union_all(kept, sa.select(*(fresh.c[name] for name in columns)))


def _histogram(known: sa.FromClause, part: Part) -> sa.CompoundSelect[Any]:
    """Users by day, dimension, value and previous day with that value, from the first touched day on."""
    return sa.union_all(*(_one_histogram(known, part, name) for name in (EVERYONE, *DIMENSIONS)))


def _one_histogram(known: sa.FromClause, part: Part, name: str) -> sa.Select[Any]:
    value = known.c[name] if name else sa.literal("", sa.Text)
    days = sa.select(known.c.user_key, known.c.day, value.label("value")).distinct().subquery("days")
    previous = sa.func.lag(days.c.day).over(partition_by=[days.c.user_key, days.c.value], order_by=days.c.day).label("prev_day")
    steps = sa.select(days.c.day, days.c.value, previous).subquery("steps")
    keys = (steps.c.day, sa.literal(name, sa.Text).label("dimension"), steps.c.value, steps.c.prev_day)
    counted = sa.select(*keys, sa.func.count().label("users")).group_by(steps.c.day, steps.c.value, steps.c.prev_day)
    return counted if part.first is None else counted.where(steps.c.day >= part.first)


def _labelled(part: Part, histogram: sa.CompoundSelect[Any] | sa.Select[Any]) -> sa.Select[Any]:
    rows = histogram.subquery("histogram")
    tenant = sa.cast(sa.literal(part.tenant.key), sa.Integer).label("tenant")
    return sa.select(tenant, *rows.c).order_by(rows.c.dimension, rows.c.day)


def _change(part: Part, before: sa.FromClause, after: sa.FromClause) -> sa.Select[Any]:
    """What to add to the histogram; steps that stay as they were cancel out."""
    old, new = _histogram(before, part).subquery("old"), _histogram(after, part).subquery("new")
    both = sa.union_all(
        sa.select(*(old.c[name] for name in HISTOGRAM), (-old.c.users).label("users")),
        sa.select(*(new.c[name] for name in HISTOGRAM), new.c.users),
    ).subquery("both")
    return _summed(both)


def _summed(rows: sa.FromClause) -> sa.Select[Any]:
    total = sa.func.sum(rows.c.users)
    keys = [rows.c[name] for name in HISTOGRAM]
    return sa.select(*keys, sa.cast(total, sa.BigInteger).label("users")).group_by(*keys).having(total != 0)


def _write_histogram(tx: Transaction, part: Part, change: sa.TableClause) -> None:
    """Add `change`; days it names are written anew, so that equal steps stay one row."""
    mine = sa.and_(rollup_active.c.tenant == part.tenant.key, rollup_active.c.day.in_(sa.select(change.c.day)))
    stored = sa.select(*(rollup_active.c[name] for name in (*HISTOGRAM, "users"))).where(mine)
    rows: pa.Table = tx.arrow(_labelled(part, _summed(sa.union_all(stored, sa.select(*change.c)).subquery("all_steps"))))
    tx.execute(sa.delete(rollup_active).where(mine))
    tx.append(rollup_active.name, rows)
