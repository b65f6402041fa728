"""The same questions asked through `run()` and as plain SQL over the raw rows, which any engine can run."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.kinds.aggregate import Aggregate

TENANT = 1
LOCAL = "((ts AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Paris')"


@dataclass(frozen=True)
class Asked:
    """`plain` is filled with {first} and {last} (dates, last excluded) and answers the rows that `check` counts."""

    name: str
    query: Aggregate
    plain: str


def _day(column: str = "day") -> str:
    return f"tenant = {TENANT} AND {column} >= DATE '{{first}}' AND {column} < DATE '{{last}}'"


QUESTIONS: tuple[Asked, ...] = (
    Asked(
        "events per day",
        Aggregate(metrics=("events",), grain="day", period="180d", totals=False),
        f"SELECT day, count(*) FROM events WHERE {_day()} GROUP BY 1",
    ),
    Asked(
        "daily active users",
        Aggregate(metrics=("active_users",), grain="day", period="180d", totals=False),
        f"SELECT day, count(DISTINCT user_key) FROM events WHERE {_day()} GROUP BY 1",
    ),
    Asked(
        "daily active users by country",
        Aggregate(metrics=("active_users",), by=("country",), grain="day", period="180d", totals=False),
        f"SELECT day, country, count(DISTINCT user_key) FROM events WHERE {_day()} GROUP BY 1, 2",
    ),
    Asked(
        "distinct users of 30 days",
        Aggregate(metrics=("active_users",), period="30d"),
        f"SELECT count(DISTINCT user_key) FROM events WHERE {_day()}",
    ),
    Asked(
        "rolling weekly active users, 60 days",
        Aggregate(metrics=("wau",), grain="day", period="60d", totals=False),
        "SELECT d.day, count(DISTINCT user_key) FROM (SELECT DISTINCT day FROM events WHERE " + _day() + ") d "
        "JOIN events e ON e.tenant = 1 AND e.day > d.day - 7 AND e.day <= d.day GROUP BY 1",
    ),
    Asked(
        "sessions per day, mean duration",
        Aggregate(metrics=("sessions", "mean_session_duration"), grain="day", period="180d", totals=False),
        "SELECT day, count(*), avg(s) FROM (SELECT session_key, min(day) AS day, EXTRACT(EPOCH FROM max(ts) - min(ts)) AS s "
        f"FROM events WHERE {_day()} GROUP BY 1) x GROUP BY 1",
    ),
    Asked(
        "new users per week",
        Aggregate(metrics=("new_users",), grain="week", period="25w", totals=False),
        "SELECT date_trunc('week', first), count(*) FROM (SELECT user_key, min(day) AS first FROM events "
        f"WHERE tenant = {TENANT} GROUP BY 1) x WHERE first >= DATE '{{first}}' AND first < DATE '{{last}}' GROUP BY 1",
    ),
    Asked(
        "p50, p95, p99 of API latency per day",
        Aggregate(metrics=("latency_p50", "latency_p95", "latency_p99"), grain="day", period="90d", totals=False),
        "SELECT day, percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms), percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms), "
        f"percentile_cont(0.99) WITHIN GROUP (ORDER BY latency_ms) FROM api_requests WHERE {_day()} GROUP BY 1",
    ),
    Asked(
        "events by hour and weekday",
        Aggregate(metrics=("events",), by=("weekday", "hour_of_day"), period="30d", totals=False),
        f"SELECT EXTRACT(isodow FROM {LOCAL}), EXTRACT(hour FROM {LOCAL}), count(*) FROM events WHERE {_day()} GROUP BY 1, 2",
    ),
)
