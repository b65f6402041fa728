"""Sessions: one row each, dated and described by their first event; counted from the daily rollup where it holds what is asked."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from analytics.compile import bucket, conditions
from analytics.dimensions import column
from analytics.metric import Scan, Source
from analytics.sources.events import asked, by_day
from analytics.sources.session_bands import MINUTE, above
from analytics.sources.visits import OPENING, STORED, opened
from data_access.functions import median
from data_access.schema import rollup_session_day, sessions

PREPARED = frozenset({"country", "device", "channel", "plan", "kind", "weekday"})


def _prepared(scan: Scan) -> bool:
    return by_day(scan) and asked(scan) <= PREPARED


def _rows(scan: Scan) -> sa.FromClause:
    """Sessions (`sessions`: how many a row stands for) with `bounced`, how many of them saw one page, or were shorter than the tenant's
    limit."""
    if _prepared(scan) and scan.tenant.bounce_seconds <= MINUTE:
        r = rollup_session_day.c
        short = sa.or_(r.single, r.band < scan.tenant.bounce_seconds)
        return sa.select(rollup_session_day, sa.case((short, r.sessions), else_=0).label("bounced")).subquery("visits")
    rows = opened(scan)
    short = sa.or_(rows.c.page_views == 1, rows.c.duration_s < scan.tenant.bounce_seconds)
    bounced = sa.case((short, 1), else_=0).label("bounced")
    return sa.select(rows, sa.literal_column("1", sa.Integer).label("sessions"), bounced).subquery("visits")


SESSIONS = Source("sessions", ("events",), _rows, STORED | OPENING)


def _lengths(scan: Scan) -> sa.FromClause:
    """One row per bucket and slice: `middle`, the median length.

    TRICKY: a median needs all lengths, sorted. The rollup says which band of lengths the middle ones are in and how many sessions are
    shorter; then only the sessions of that band are sorted.
    """
    if _prepared(scan):
        return _middle(_placed(scan, _bounds(scan)), [*(["bucket"] if scan.grain else []), *(d.name for d in scan.by)])
    rows = opened(scan)
    keys = _keys(rows, scan)
    found = sa.select(*(key.label(name) for name, key in keys.items()), median(rows.c.duration_s).label("middle"))
    found = found.select_from(rows).where(*conditions(LENGTHS, rows, scan))
    return (found.group_by(*keys.values()) if keys else found).subquery("lengths")


def _keys(rows: sa.FromClause, scan: Scan) -> dict[str, sa.ColumnElement[Any]]:
    """Bucket and slices by name; missing and empty are one slice."""
    keys = {"bucket": bucket(LENGTHS, rows, scan)} if scan.grain else {}
    return keys | {d.name: sa.func.coalesce(sa.cast(column(rows, d, scan), sa.Text), "") for d in scan.by}


def _bounds(scan: Scan) -> sa.Subquery:
    """Per bucket and slice the lengths [low, high) that hold the middle ones (no `high`: no end), how many sessions are shorter than
    `low`, and how many there are."""
    r = rollup_session_day
    keys = _keys(r, scan)
    named = [key.label(name) for name, key in keys.items()]
    bands = sa.select(*named, r.c.band, sa.func.sum(r.c.sessions).label("n")).where(*conditions(LENGTHS, r, scan))
    counted = bands.group_by(*keys.values(), r.c.band).subquery("bands")
    slices: dict[str, Any] = {"partition_by": [counted.c[name] for name in keys]} if keys else {}
    reached = sa.func.sum(counted.c.n).over(order_by=counted.c.band, **slices).label("reached")
    total = sa.func.sum(counted.c.n).over(**slices).label("total")
    ranked = sa.select(*counted.c, reached, total).subquery("ranked")
    c = ranked.c
    holds = sa.and_(c.reached * 2 >= c.total, (c.reached - c.n) * 2 <= c.total)  # a middle one is in it
    kept = [c[name] for name in keys]
    low, high = sa.func.min(c.band).label("low"), above(sa.func.max(c.band)).label("high")
    shorter = sa.func.min(c.reached - c.n).label("shorter")
    found = sa.select(*kept, low, high, shorter, sa.func.max(c.total).label("total")).where(holds)
    return (found.group_by(*kept) if kept else found).subquery("bounds")


def _placed(scan: Scan, bounds: sa.Subquery) -> sa.Subquery:
    """The sessions inside the bounds, with their place among all by length."""
    length, keys = sessions.c.duration_s, _keys(sessions, scan)
    same = [key == bounds.c[name] for name, key in keys.items()]
    inside = sa.and_(length >= bounds.c.low, sa.or_(bounds.c.high.is_(None), length < bounds.c.high), *same)
    slices: dict[str, Any] = {"partition_by": list(keys.values())} if keys else {}
    place = bounds.c.shorter + sa.func.row_number().over(order_by=length, **slices)
    named = [key.label(name) for name, key in keys.items()]
    rows = sa.select(*named, length.label("length"), place.label("place"), bounds.c.total).select_from(sessions.join(bounds, inside))
    return rows.where(*conditions(LENGTHS, sessions, scan)).subquery("placed")


def _middle(placed: sa.Subquery, names: list[str]) -> sa.Subquery:
    c = placed.c
    middle = sa.and_(c.place * 2 >= c.total, c.place * 2 <= c.total + 2)  # one of an odd number, two of an even one
    rows = sa.select(*(c[name] for name in names), sa.func.avg(c.length).label("middle")).where(middle)
    return (rows.group_by(*(c[name] for name in names)) if names else rows).subquery("lengths")


LENGTHS = Source("session_lengths", ("events",), _lengths, STORED | OPENING, confined=True)
