"""The same questions asked through `run()`, as plain SQL over the raw rows, and as the ClickHouse engine's own best form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.funnel_query import Funnel, FunnelStep
from analytics.kinds.paths import Paths
from analytics.kinds.retention_query import Retention
from analytics.kinds.segment_size import SegmentSize
from analytics.matching import Matcher
from analytics.query import Query
from analytics.result import Result
from analytics.segments.definition import Did, Group, Window
from bench import funnel_sql

TENANT = 1
LOCAL = "((ts AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Paris')"
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Asked:
    """The SQL is filled with {first} and {last} (dates, last excluded); its rows, sorted, are what `rows` makes of our answer.

    `limit` scans just the columns that the question needs. `near`: how far apart numbers may be, relatively. `pandas`: the name of a
    function of `bench.peers.frames`. `clickhouse` and `plain` may be empty: left out.
    """

    name: str
    query: Query
    rows: Callable[[Result], Iterable[tuple[Any, ...]]]
    plain: str
    clickhouse: str
    limit: str
    pandas: str = ""
    near: float = 1e-9
    most: int | None = None  # only so many rows with the largest last number are compared


def _mine(names: str = "") -> str:
    return f"tenant = {TENANT} AND day >= DATE '{{first}}' AND day < DATE '{{last}}'{names}"


THEIRS = "day >= '{first}' AND day < '{last}'"
USERS = f"SELECT max(user_key), max(day) FROM events WHERE {_mine()}"


def _series(*metrics: str) -> Callable[[Result], Rows]:
    def rows(result: Result) -> Rows:
        frame = result.frame
        kept = frame[(frame[list(metrics)].fillna(0) != 0).any(axis=1)]
        return [(str(day)[:10], *values) for day, *values in kept[["bucket", *metrics]].itertuples(index=False)]

    return rows


def _total(*metrics: str) -> Callable[[Result], Rows]:
    return lambda result: [tuple(result.totals[name] for name in metrics)]


def _triangle(result: Result) -> Rows:
    frame = result.frame[result.frame["value"] > 0]
    first = result.frame["cohort"].min()
    return [(int((c - first).days // 7), int(o), v) for c, o, v in frame[["cohort", "offset", "value"]].itertuples(index=False)]


def _steps(name: str) -> Callable[[Result], Rows]:
    def rows(result: Result) -> Rows:
        frame = result.frame
        return [(str(s), int(k), float(n)) for s, k, n in zip(frame[name], frame["step"], frame["people"], strict=True)]

    return rows


def _edges(result: Result) -> Rows:
    return [(str(s), str(t), float(n)) for s, t, n in result.frame[["source", "target", "paths"]].itertuples(index=False)]


def _hours(result: Result) -> Rows:
    frame = result.frame
    return [(int(w), int(h), n) for w, h, n in frame[["weekday", "hour_of_day", "events"]].itertuples(index=False)]


_BITS = "SELECT user_key, bit_or(CAST(1 AS BIGINT) << CAST(floor((day - DATE '{first}') / 7.0) AS INTEGER)) AS b FROM events WHERE "
_COHORT = (
    "SELECT i.k, o.k, count(*) FROM (" + _BITS + _mine() + " GROUP BY 1) x "
    "JOIN (SELECT * FROM generate_series(0, 13) g(k)) i ON (b & -b) = CAST(1 AS BIGINT) << CAST(i.k AS INTEGER) "
    "JOIN (SELECT * FROM generate_series(0, 13) g(k)) o ON b & (CAST(1 AS BIGINT) << CAST(i.k + o.k AS INTEGER)) <> 0 GROUP BY 1, 2"
)
_COHORT_THEIRS = (
    "SELECT low AS i, o, count() FROM (SELECT b, bitCount(bitXor(b, b - 1)) - 1 AS low FROM (SELECT groupBitOr(bitShiftLeft(toUInt64(1), "
    "intDiv(toUInt32(toDate(day)) - toUInt32(toDate('{first}')), 7))) AS b FROM events WHERE " + THEIRS + " GROUP BY user_key)) "
    "ARRAY JOIN range(14) AS o WHERE bitTest(b, low + o) GROUP BY i, o"
)
_WEEK = (
    "SELECT d.day, count(DISTINCT user_key) FROM (SELECT DISTINCT day FROM events WHERE " + _mine() + ") d "
    f"JOIN (SELECT DISTINCT day, user_key FROM events WHERE tenant = {TENANT} AND day >= DATE '{{first}}' - 6 AND day < DATE '{{last}}') e "
    "ON e.day > d.day - 7 AND e.day <= d.day GROUP BY 1"
)
_WEEK_THEIRS = (
    "SELECT toString(toDate(d)), uniqExact(user_key) FROM (SELECT day, user_key FROM events WHERE day >= toDate('{first}') - 6 "
    "AND day < '{last}' GROUP BY day, user_key) ARRAY JOIN arrayMap(i -> toUInt16(day) + i, range(7)) AS d "
    "WHERE d >= toUInt16(toDate('{first}')) AND d < toUInt16(toDate('{last}')) GROUP BY d"
)
_VIEWS = "SELECT user_key, path, ts, lag(ts) OVER u AS before FROM events WHERE " + _mine(
    " AND name = 'page_view' AND user_key IS NOT NULL"
)
_PATHS = (
    "WITH v AS (" + _VIEWS + " WINDOW u AS (PARTITION BY user_key ORDER BY ts)), "
    "s AS (SELECT *, sum(CASE WHEN before IS NULL OR ts >= before + INTERVAL '30 minutes' THEN 1 ELSE 0 END) OVER "
    "(PARTITION BY user_key ORDER BY ts) AS visit FROM v), "
    "c AS (SELECT *, lead(path) OVER (PARTITION BY user_key, visit ORDER BY ts) AS following FROM s), "
    "n AS (SELECT user_key, visit, path, row_number() OVER (PARTITION BY user_key, visit ORDER BY ts) AS k FROM c "
    "WHERE following IS NULL OR following <> path), "
    "e AS (SELECT k, path, lead(path) OVER (PARTITION BY user_key, visit ORDER BY k) AS following FROM n WHERE k <= 4) "
    "SELECT k || '_' || path, (k + 1) || '_' || following, count(*) FROM e WHERE following IS NOT NULL GROUP BY 1, 2"
)
_PATHS_THEIRS = (
    "SELECT concat(toString(k), '_', steps[k]), concat(toString(k + 1), '_', steps[k + 1]), count() FROM (SELECT arraySlice(arrayCompact("
    "arrayMap(x -> x.2, visit)), 1, 4) AS steps FROM (SELECT arraySplit((x, g) -> g, s, arrayMap(i -> i > 1 AND s[i].1 - s[i - 1].1 >= "
    "1800000000, arrayEnumerate(s))) AS visits FROM (SELECT arraySort(groupArray((ts, path))) AS s FROM events WHERE "
    + THEIRS
    + " AND name = 'page_view' GROUP BY user_key)) ARRAY JOIN visits AS visit) "
    "ARRAY JOIN range(1, length(steps)) AS k GROUP BY 1, 2"
)
_WITH_FILTER = " AND device IN ('mobile', 'desktop') AND country IN ('FR', 'DE', 'GB', 'US')"
_SEGMENT = Group(
    of=(
        Did(event=Matcher(event="document_edited"), amount=3, window=Window(days=30)),
        Did(event=Matcher(event="report_viewed"), window=Window(days=90)),
    )
)
_DID = (
    "SELECT count(*) FROM (SELECT user_key FROM events WHERE tenant = 1 AND day >= DATE '{last}' - 90 AND day < DATE '{last}' "
    "AND name IN ('document_edited', 'report_viewed') AND user_key IS NOT NULL GROUP BY 1 "
    "HAVING count(CASE WHEN name = 'document_edited' AND day >= DATE '{last}' - 30 THEN 1 END) >= 3 "
    "AND count(CASE WHEN name = 'report_viewed' THEN 1 END) >= 1) x"
)
_DID_THEIRS = (
    "SELECT count() FROM (SELECT user_key FROM events WHERE day >= toDate('{last}') - 90 AND day < '{last}' AND name IN "
    "('document_edited', 'report_viewed') GROUP BY user_key HAVING countIf(name = 'document_edited' AND day >= toDate('{last}') - 30) >= 3 "
    "AND countIf(name = 'report_viewed') >= 1)"
)
FUNNEL = tuple(FunnelStep(event=name) for name in funnel_sql.STEPS)


def _quantiles(shares: tuple[float, ...]) -> str:
    return ", ".join(f"percentile_disc({share}) WITHIN GROUP (ORDER BY latency_ms)" for share in shares)


QUESTIONS: tuple[Asked, ...] = (
    Asked(
        "a tile: events and active users of 30 days",
        Aggregate(metrics=("events", "active_users"), period="30d"),
        _total("events", "active_users"),
        f"SELECT count(*), count(DISTINCT user_key) FROM events WHERE {_mine()}",
        f"SELECT count(), uniqExact(user_key) FROM events WHERE {THEIRS}",
        USERS,
        "tile",
    ),
    Asked(
        "daily active users, 180 days",
        Aggregate(metrics=("active_users",), grain="day", period="180d", totals=False),
        _series("active_users"),
        f"SELECT day, count(DISTINCT user_key) FROM events WHERE {_mine()} GROUP BY 1",
        f"SELECT toString(day), uniqExact(user_key) FROM events WHERE {THEIRS} GROUP BY day",
        USERS,
        "daily",
    ),
    Asked(
        "rolling weekly active users, 60 days",
        Aggregate(metrics=("wau",), grain="day", period="60d", totals=False),
        _series("wau"),
        _WEEK,
        _WEEK_THEIRS,
        USERS,
        "rolling",
    ),
    Asked(
        "retention, 12 weeks",
        Retention(subject="users", grain="week", period="12w", mode="first_in_period"),
        _triangle,
        _COHORT,
        _COHORT_THEIRS,
        USERS,
        "retention",
    ),
    Asked(
        "five-step funnel by the user's country, 7 days",
        Funnel(steps=FUNNEL, window=7, period="180d", by=("person.country",), limit=100),
        _steps("person.country"),
        funnel_sql.plain(_mine(), "country", people=True),
        funnel_sql.clickhouse(THEIRS, "country", people=True),
        f"SELECT max(user_key), max(ts), max(day) FROM events WHERE {_mine()} AND name IN ({funnel_sql.NAMES})",
        "funnel",
    ),
    Asked(
        "the same with event filters, by the event's browser",
        Funnel(
            steps=FUNNEL,
            window=7,
            period="180d",
            by=("browser",),
            limit=100,
            filters=(Filter("is", "device", ("mobile", "desktop")), Filter("is", "country", ("FR", "DE", "GB", "US"))),
        ),
        _steps("browser"),
        funnel_sql.plain(_mine(_WITH_FILTER), "coalesce(min(CASE WHEN ts = first_seen THEN browser END), '')", people=False),
        funnel_sql.clickhouse(THEIRS + _WITH_FILTER, "argMinIf(browser, ts, browser != '')", people=False),
        f"SELECT max(user_key), max(ts), max(browser) FROM events WHERE {_mine(_WITH_FILTER)} AND name IN ({funnel_sql.NAMES})",
    ),
    Asked(
        "paths of four steps, 30 days",
        Paths(events=(Matcher(event="page_view"),), max_steps=4, period="30d", limit=1000),
        _edges,
        _PATHS,
        _PATHS_THEIRS,
        f"SELECT max(user_key), max(ts), max(path) FROM events WHERE {_mine()} AND name = 'page_view'",
        most=100,
    ),
    Asked(
        "sessions per day, 180 days",
        Aggregate(metrics=("sessions",), grain="day", period="180d", totals=False),
        _series("sessions"),
        "SELECT day, count(*) FROM (SELECT session_key, min(ts) AS t, min(day) AS day FROM events WHERE "
        f"tenant = {TENANT} AND day >= DATE '{{first}}' - 2 AND day < DATE '{{last}}' AND session_key IS NOT NULL GROUP BY 1) x "
        "WHERE day >= DATE '{first}' GROUP BY 1",
        "SELECT toString(d), count() FROM (SELECT min(day) AS d FROM events WHERE day >= toDate('{first}') - 2 AND day < '{last}' "
        "AND session_key != 0 GROUP BY session_key) WHERE d >= '{first}' GROUP BY d",
        f"SELECT max(session_key), max(day) FROM events WHERE {_mine()}",
        "sessions",
    ),
    Asked(
        "p50, p95, p99 of API latency per day, 90 days",
        Aggregate(metrics=("latency_p50", "latency_p95", "latency_p99"), grain="day", period="90d", totals=False),
        _series("latency_p50", "latency_p95", "latency_p99"),
        f"SELECT day, {_quantiles((0.5, 0.95, 0.99))} FROM api_requests WHERE {_mine()} GROUP BY 1",
        "SELECT toString(day), s[toUInt32(ceil(0.5 * length(s)))], s[toUInt32(ceil(0.95 * length(s)))], "
        "s[toUInt32(ceil(0.99 * length(s)))] "
        f"FROM (SELECT day, arraySort(groupArray(latency_ms)) AS s FROM requests WHERE {THEIRS} GROUP BY day)",
        f"SELECT max(latency_ms), max(day) FROM api_requests WHERE {_mine()}",
        near=0.02,
    ),
    Asked(
        "events by hour and weekday, 180 days",
        Aggregate(metrics=("events",), by=("weekday", "hour_of_day"), period="180d", totals=False, limit=200),
        _hours,
        f"SELECT EXTRACT(isodow FROM {LOCAL}), EXTRACT(hour FROM {LOCAL}), count(*) FROM events WHERE {_mine()} GROUP BY 1, 2",
        f"SELECT toDayOfWeek(day), hour, count() FROM events WHERE {THEIRS} GROUP BY 1, 2",
        f"SELECT max(ts), max(day) FROM events WHERE {_mine()}",
        "hours",
    ),
    Asked(
        "segment: edited 3 times in 30 days and saw a report in 90",
        SegmentSize(definition=_SEGMENT, period="90d"),
        _total("segment_users"),
        _DID,
        _DID_THEIRS,
        f"SELECT max(user_key), max(day) FROM events WHERE {_mine()} AND name IN ('document_edited', 'report_viewed')",
        "segment",
    ),
)


def same(ours: Rows, theirs: Rows, near: float, most: int | None = None) -> bool:
    """Whether two answers hold the same rows: words equal, numbers within `near`."""
    if most is not None:
        ours, theirs = (_largest(rows, most) for rows in (ours, theirs))
    a, b = (sorted(_canonical(row) for row in rows) for rows in (ours, theirs))
    return len(a) == len(b) and all(_close(x, y, near) for x, y in zip(a, b, strict=True))


def _largest(rows: Rows, most: int) -> Rows:
    """All rows at least as large as the `most`-th."""
    floor = sorted((float(row[-1]) for row in rows), reverse=True)[:most][-1] if rows else 0
    return [row for row in rows if float(row[-1]) >= floor]


def _canonical(row: tuple[Any, ...]) -> tuple[str, tuple[float, ...]]:
    words = "|".join(_word(cell) for cell in row if not _number(cell))
    return words, tuple(float(cell) for cell in row if _number(cell))


def _word(cell: object) -> str:
    return str(cell)[:10] if hasattr(cell, "isoformat") else str(cell)


def _number(cell: object) -> bool:
    return isinstance(cell, int | float | np.number) or (isinstance(cell, str) and cell.isdigit()) or type(cell).__name__ == "Decimal"


def _close(a: tuple[str, tuple[float, ...]], b: tuple[str, tuple[float, ...]], near: float) -> bool:
    if a[0] != b[0] or len(a[1]) != len(b[1]):
        return False
    return all(abs(x - y) <= near * max(abs(x), abs(y), 1) for x, y in zip(a[1], b[1], strict=True))
