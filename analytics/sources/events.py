"""Events: counted from the daily rollup where it holds what is asked, else from the raw rows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from analytics.compile import bucket, conditions
from analytics.dimensions import column
from analytics.metric import Scan, Source
from analytics.period import Grain
from data_access.schema import events, rollup_event_day, rollup_event_hour, rollup_page_day

PAGE_VIEW = "page_view"  # the event name that counts as one page shown

PERSON_DIMENSIONS = frozenset({"plan", "kind", "country", "channel", "user", "weekday", "hour_of_day"})
EVENT_DIMENSIONS = PERSON_DIMENSIONS | frozenset(
    {
        "event", "category", "page", "path", "device", "os", "browser", "language", "region", "city",
        "source", "medium", "campaign", "term", "content", "referrer", "role", "properties",
        "os_version", "browser_version", "screen", "visitor",
    }
)  # fmt: skip
DAILY_DIMENSIONS = frozenset({"event", "category", "country", "device", "channel", "plan", "kind", "weekday"})


def asked(scan: Scan) -> set[str]:
    """Every dimension that the question cuts or filters by."""
    return {d.name for d in scan.by} | {f.dimension for f in scan.filters}


def by_day(scan: Scan) -> bool:
    """Whether whole days answer the question: neither hours nor a compared period that ends within a day."""
    return scan.grain is not Grain.HOUR and not scan.period.cut


_SHARED = frozenset({"country", "device", "channel", "plan", "kind", "weekday"})
HOURLY_DIMENSIONS = _SHARED | {"hour_of_day"}
PAGE_DIMENSIONS = _SHARED | {"page"}


def _rows(scan: Scan) -> sa.FromClause:
    """The smallest table that holds what is asked; all have `events` for how many a row stands for, but `events` itself."""
    names, hourly = asked(scan), scan.grain is Grain.HOUR
    if scan.period.cut:
        return events
    if names <= DAILY_DIMENSIONS and not hourly:
        return rollup_event_day
    if names <= HOURLY_DIMENSIONS:
        return _hours()
    return rollup_page_day if names <= PAGE_DIMENSIONS and not hourly else events


def _hours() -> sa.FromClause:
    """`ts` is the instant at which the hour began."""
    r = rollup_event_hour.c
    return sa.select(*(column for column in r if column.name != "hour"), r.hour.label("ts")).subquery("hours")


def _raw(scan: Scan) -> sa.FromClause:
    return events


def count(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    """How many events the rows stand for."""
    return sa.func.sum(rows.c.events) if "events" in rows.c else sa.func.count()


def count_page_views(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    if "page_views" in rows.c:
        return sa.func.sum(rows.c.page_views)
    each = rows.c.events if "events" in rows.c else sa.literal(1)
    return sa.func.sum(sa.case((rows.c.name == PAGE_VIEW, each), else_=0))


def _page_visits(scan: Scan) -> sa.FromClause:
    """Pairs of session and page with a page view, once per bucket and slice; a view outside any session stands for itself."""
    alone = sa.case((events.c.session_key.is_(None), events.c.id)).label("alone")
    keys = {"bucket": bucket(RAW_EVENTS, events, scan)} if scan.grain else {}
    keys |= {d.name: sa.func.coalesce(sa.cast(column(events, d, scan), sa.Text), "") for d in scan.by}
    pairs = sa.select(*(key.label(name) for name, key in keys.items()), events.c.session_key, events.c.page.label("seen"), alone)
    return pairs.where(events.c.name == PAGE_VIEW, *conditions(RAW_EVENTS, events, scan)).distinct().subquery("page_visits")


EVENTS = Source("events", ("events",), _rows, EVENT_DIMENSIONS)
RAW_EVENTS = Source("raw_events", ("events",), _raw, EVENT_DIMENSIONS)
PAGE_VISITS = Source("page_visits", ("events",), _page_visits, EVENT_DIMENSIONS, confined=True)
