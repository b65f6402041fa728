"""Visits: sessions with what their first event says of how they came and with what, and what they led to."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from analytics.metric import Scan, Source
from analytics.sources.events import PERSON_DIMENSIONS, asked
from data_access.schema import conversions, events, sessions

STORED = PERSON_DIMENSIONS | {"device", "os", "browser", "campaign", "entry_page", "exit_page", "visitor"}
OPENING = frozenset(
    {"source", "medium", "term", "content", "referrer", "region", "city", "language", "screen", "os_version", "browser_version"}
)  # read from the first event
LONGEST = timedelta(days=2)  # after the period's end, within which a visit begun in it converts


def opened(scan: Scan) -> sa.FromClause:
    """The sessions, with the columns of OPENING that the question asks for."""
    wanted = sorted(asked(scan) & OPENING)
    if not wanted:
        return sessions
    e, s = events.c, sessions.c
    same = sa.and_(e.tenant == s.tenant, e.session_key == s.session_key, e.ts == s.ts, e.day == s.day)
    # Events may share the instant at which a session begins: the first to arrive speaks for it.
    place = sa.func.row_number().over(partition_by=s.session_key, order_by=e.seq).label("place")
    bounds = [t.tenant == scan.tenant.key for t in (e, s)] + [t.day >= scan.period.first for t in (e, s)]
    bounds += [t.day < scan.period.last for t in (e, s)]
    rows = sa.select(*s, *(e[name] for name in wanted), place).select_from(sessions.join(events, same)).where(*bounds).subquery("opening")
    return sa.select(*(c for c in rows.c if c.name != "place")).where(rows.c.place == 1).subquery("opened")


def _visits(scan: Scan) -> sa.FromClause:
    """With `converted` (0 or 1) and the money of the conversions in the visit: `value_minor`, `value_base_minor`, and in which
    `currency` it lacks a rate."""
    rows, c = opened(scan), conversions.c
    days = (c.day >= scan.period.first, c.day < scan.period.last + LONGEST)
    unrated = sa.case((sa.and_(c.value_minor.is_not(None), c.value_base_minor.is_(None)), sa.func.coalesce(c.currency, "?")))
    sums = (sa.func.sum(c.value_base_minor).label("value_base_minor"), sa.func.max(unrated).label("lacking"))
    led = sa.select(c.session_key, *sums).where(c.tenant == scan.tenant.key, c.session_key.is_not(None), *days)
    to = led.group_by(c.session_key).subquery("led")
    converted = sa.case((to.c.session_key.is_not(None), 1), else_=0).label("converted")
    joined = rows.outerjoin(to, to.c.session_key == rows.c.session_key)
    return sa.select(*rows.c, converted, to.c.value_base_minor, to.c.lacking).select_from(joined).subquery("visits")


VISITS = Source("visits", ("events", "conversions"), _visits, STORED | OPENING)
