"""rollup_user_day and rollup_active: who was active on which day, and how long since the day before that.

A day's histogram depends on each of its users' previous active day, so a late event changes two days: its own and
the user's next. A refresh therefore takes the whole history of the touched users, before and after, and writes
the difference.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from analytics.sources.events import PAGE_VIEW
from data_access.schema import events, rollup_active, rollup_user_day
from data_access.warehouse import Transaction
from ingest.rollups.part import Part, replace_rows

DIMENSIONS = ("country", "device", "channel", "plan", "kind")
EVERYONE = ""  # the value of rollup_active.dimension for all users
HISTOGRAM = ("day", "dimension", "value", "prev_day")


def rebuild(tx: Transaction, part: Part) -> None:
    """Both tables for the whole tenant, from events."""
    days = _user_days(part).subquery("days")
    numbered = sa.select(days, _previous(days).label("prev_day")).order_by(days.c.day, days.c.user_key)
    replace_rows(tx, rollup_user_day, part.of(rollup_user_day), numbered)
    histogram = _labelled(part, _histogram(_known(rollup_user_day, part), part))
    replace_rows(tx, rollup_active, part.of(rollup_active), histogram)


def refresh(tx: Transaction, part: Part) -> Part:
    """Both tables for the users and days of `part`, and the later days they change. Returns the part with its users."""
    part = _with_users(tx, part)
    before = tx.stage("history_before", tx.arrow(_history(part)))
    fresh = tx.stage("fresh_days", tx.arrow(_user_days(part)))
    after = tx.stage("history_after", tx.arrow(_merged(part, before, fresh)))
    change = tx.stage("active_change", tx.arrow(_change(part, before, after)))
    previous = tx.stage("previous_days", tx.arrow(_previous_days(part, after)))
    _write_days(tx, part, fresh, previous)
    _write_histogram(tx, part, change)
    return part


def _user_days(part: Part) -> sa.Select[Any]:
    """One row per user, day and combination of dimensions, from events; one row of each user and day is marked first."""
    who = (events.c.tenant, events.c.day, events.c.user_key)
    what = [sa.func.coalesce(events.c[name], "").label(name) for name in DIMENSIONS]
    views = sa.func.sum(sa.case((events.c.name == PAGE_VIEW, 1), else_=0))
    counted = (
        sa.select(*who, *what, sa.func.count().label("events"), sa.cast(views, sa.BigInteger).label("page_views"))
        .where(*part.of_people(events), events.c.user_key.is_not(None))
        .group_by(*who, *what)
        .subquery("counted")
    )
    rank = sa.func.row_number().over(partition_by=[counted.c.user_key, counted.c.day], order_by=[counted.c[name] for name in DIMENSIONS])
    return sa.select(counted, (rank == 1).label("first_of_day"))


def _previous(days: sa.FromClause) -> sa.ColumnElement[Any]:
    """The user's latest day before the row's own; rows of one day share it."""
    return sa.func.max(days.c.day).over(partition_by=days.c.user_key, order_by=days.c.day, groups=(None, -1))


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


def _previous_days(part: Part, after: sa.FromClause) -> sa.Select[Any]:
    days = sa.select(after.c.user_key, after.c.day).distinct().subquery("days")
    previous = sa.func.lag(days.c.day).over(partition_by=days.c.user_key, order_by=days.c.day).label("prev_day")
    steps = sa.select(days.c.user_key, days.c.day, previous).subquery("steps")
    return sa.select(steps).where(steps.c.day >= part.first)


def _write_days(tx: Transaction, part: Part, fresh: sa.TableClause, previous: sa.TableClause) -> None:
    """The touched days anew; on later days only a previous day that has moved."""
    same = sa.and_(previous.c.user_key == fresh.c.user_key, previous.c.day == fresh.c.day)
    rows = sa.select(*fresh.c, previous.c.prev_day).select_from(fresh.join(previous, same))
    replace_rows(tx, rollup_user_day, part.of_people(rollup_user_day), rows.order_by(fresh.c.day, fresh.c.user_key))
    r = rollup_user_day.c
    moved = sa.and_(r.user_key == previous.c.user_key, r.day == previous.c.day, r.prev_day.is_distinct_from(previous.c.prev_day))
    later = sa.and_(r.tenant == part.tenant.key, r.day > part.first)
    tx.execute(sa.update(rollup_user_day).values(prev_day=previous.c.prev_day).where(later, moved))


def _write_histogram(tx: Transaction, part: Part, change: sa.TableClause) -> None:
    """Add `change`; days it names are written anew, so that equal steps stay one row."""
    mine = sa.and_(rollup_active.c.tenant == part.tenant.key, rollup_active.c.day.in_(sa.select(change.c.day)))
    stored = sa.select(*(rollup_active.c[name] for name in (*HISTOGRAM, "users"))).where(mine)
    rows: pa.Table = tx.arrow(_labelled(part, _summed(sa.union_all(stored, sa.select(*change.c)).subquery("all_steps"))))
    tx.execute(sa.delete(rollup_active).where(mine))
    tx.append(rollup_active.name, rows)
