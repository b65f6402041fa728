"""Every activity, session, quality and usage number of the demonstration against SQL written by hand from the facts.

The check queries know nothing of the rollups, nor of `sessions`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from analytics.kinds.aggregate import Aggregate
from analytics.metrics.activity import ACTIVITY
from analytics.metrics.quality import QUALITY
from analytics.metrics.sessions import SESSIONS
from analytics.metrics.usage import USAGE
from demo.business import LUMEN
from tests.checks.conftest import END, Demo

T = LUMEN.key
MONTHS = [date(2025, 10, 1), date(2026, 3, 1), date(2026, 5, 1)]
IN_MONTH = f"tenant = {T} AND day >= DATE ':first' AND day < DATE ':last'"
ACTIVE = "SELECT DISTINCT user_key FROM events WHERE user_key IS NOT NULL AND "
NOW_ACTIVE = f"{ACTIVE} {IN_MONTH}"
BEFORE_ACTIVE = f"{ACTIVE} tenant = {T} AND day >= DATE ':before' AND day < DATE ':first'"
EVER_ACTIVE = f"{ACTIVE} tenant = {T} AND day < DATE ':first'"
LAST_DAYS = f"SELECT count(DISTINCT user_key) FROM events WHERE tenant = {T} AND day < DATE ':last' AND day >= DATE ':last' - {{}}"
VISITS = f"""
WITH visits AS (
  SELECT session_key, min(ts) AS began, min(day) AS day, count(CASE WHEN name = 'page_view' THEN 1 END) AS views,
         extract(epoch FROM max(ts)) - extract(epoch FROM min(ts)) AS seconds
  FROM events WHERE tenant = {T} AND session_key IS NOT NULL GROUP BY session_key)
SELECT {{}} FROM visits WHERE day >= DATE ':first' AND day < DATE ':last'"""
FIRST_PAYMENTS = f"""SELECT user_key, min(ts) AS ts, min(day) AS day FROM payments
  WHERE tenant = {T} AND type = 'captured' AND amount_minor > 0 AND user_key IS NOT NULL GROUP BY user_key"""
COHORT = f"""
WITH signed AS (SELECT user_key, min(ts) AS ts, min(day) AS day FROM conversions
                WHERE tenant = {T} AND type = 'sign_up' AND user_key IS NOT NULL GROUP BY user_key),
paid AS ({FIRST_PAYMENTS})
SELECT count({{}}) FROM signed LEFT JOIN paid ON paid.user_key = signed.user_key AND paid.ts <= signed.ts + INTERVAL '30 days'
WHERE signed.day >= DATE ':first' AND signed.day < DATE ':last' AND signed.day + 30 < DATE '{END}'"""
API = f"FROM api_requests WHERE {IN_MONTH}"
AI = f"FROM ai_generations WHERE {IN_MONTH}"
RANK = "SELECT percentile_disc({}) WITHIN GROUP (ORDER BY {}) "

CHECKS: dict[str, str] = {
    "active_users": f"SELECT count(*) FROM ({NOW_ACTIVE}) AS a",
    "dau": f"SELECT count(*) * 1.0 / (DATE ':last' - DATE ':first') FROM (SELECT DISTINCT user_key, day FROM events WHERE {IN_MONTH}) AS a",
    "wau": LAST_DAYS.format(7),
    "mau": LAST_DAYS.format(30),
    "new_users": f"SELECT count(*) FROM ({NOW_ACTIVE} EXCEPT {EVER_ACTIVE}) AS a",
    "returning_users": f"SELECT count(*) FROM ({NOW_ACTIVE} INTERSECT {BEFORE_ACTIVE}) AS a",
    "resurrected_users": f"SELECT count(*) FROM (({NOW_ACTIVE} INTERSECT {EVER_ACTIVE}) EXCEPT {BEFORE_ACTIVE}) AS a",
    "active_before": f"SELECT count(*) FROM ({BEFORE_ACTIVE}) AS a",
    "dormant_users": f"SELECT count(*) FROM ({BEFORE_ACTIVE} EXCEPT {NOW_ACTIVE}) AS a",
    "churned_users": f"""SELECT count(*) FROM (
        SELECT user_key, day, lead(day) OVER (PARTITION BY user_key ORDER BY day) AS following
        FROM (SELECT DISTINCT user_key, day FROM events WHERE tenant = {T} AND user_key IS NOT NULL) AS d) AS s
      WHERE day + 30 >= DATE ':first' AND day + 30 < DATE ':last' AND (following IS NULL OR following > day + 30)""",
    "events": f"SELECT count(*) FROM events WHERE {IN_MONTH}",
    "page_views": f"SELECT count(*) FROM events WHERE name = 'page_view' AND {IN_MONTH}",
    "unique_page_views": f"""SELECT count(*) FROM (
        SELECT DISTINCT session_key, coalesce(page, '') FROM events WHERE name = 'page_view' AND {IN_MONTH}) AS p""",
    "conversions": f"SELECT count(*) FROM conversions WHERE {IN_MONTH}",
    "signups": f"SELECT count(*) FROM conversions WHERE type = 'sign_up' AND {IN_MONTH}",
    "first_time_payers": f"SELECT count(*) FROM ({FIRST_PAYMENTS}) AS p WHERE day >= DATE ':first' AND day < DATE ':last'",
    "cohort_signups": COHORT.format("*"),
    "cohort_payers": COHORT.format("paid.user_key"),
    "sessions": VISITS.format("count(*)"),
    "mean_session_duration": VISITS.format("avg(seconds)"),
    "median_session_duration": VISITS.format("percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)"),
    "bounced_sessions": VISITS.format(f"count(CASE WHEN views = 1 OR seconds < {LUMEN.bounce_seconds} THEN 1 END)"),
    "session_page_views": VISITS.format("sum(views)"),
    "api_requests": f"SELECT count(*) {API}",
    "api_errors": f"SELECT count(*) {API} AND status >= 500",
    "checks": f"SELECT count(*) FROM checks WHERE {IN_MONTH}",
    "reachable_checks": f"SELECT count(*) FROM checks WHERE state IN ('up', 'degraded') AND {IN_MONTH}",
    "generations": f"SELECT count(*) {AI}",
    "tokens": f"SELECT sum(coalesce(input_tokens, 0)) + sum(coalesce(output_tokens, 0)) {AI}",
    "ai_cost": f"SELECT sum(cost_base_minor) {AI}",
}
# Read from a histogram of 1 % steps: half a percent either way.
QUANTILES: dict[str, str] = {
    **{f"latency_p{p}": RANK.format(p / 100, "latency_ms") + API for p in (50, 95, 99)},
    "page_load": RANK.format(0.75, "duration_ms") + f"FROM events WHERE name = 'page_view' AND {IN_MONTH}",
    "ai_latency": RANK.format(0.5, "latency_ms") + AI,
}

Numbers = dict[str, float]
FORMULAS: dict[str, Callable[[Numbers], float | None]] = {
    "stickiness": lambda v: v["dau"] / v["mau"],
    "retained_share": lambda v: v["returning_users"] / v["active_before"],
    "conversion_rate_cohort": lambda v: v["cohort_payers"] / v["cohort_signups"],
    "conversion_rate_period": lambda v: v["first_time_payers"] / v["signups"],
    "bounce_rate": lambda v: v["bounced_sessions"] / v["sessions"],
    "pages_per_session": lambda v: v["session_page_views"] / v["sessions"],
    "engagement_score": lambda v: (
        100 * (v["dau"] / v["mau"] * v["wau"] / v["mau"] * (1 - v["bounced_sessions"] / v["sessions"])) ** (1 / 3)
    ),
    "error_rate": lambda v: v["api_errors"] / v["api_requests"],
    "uptime": lambda v: v["reachable_checks"] / v["checks"] if v["checks"] else None,
}


def following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def one(demo: Demo, select: str, month: date) -> float:
    before = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    for name, day in ((":first", month), (":last", following(month)), (":before", before)):
        select = select.replace(name, str(day))
    return float(demo.sql(select).iloc[0, 0])


def asked(demo: Demo, names: tuple[str, ...], month: date) -> dict[str, float | None]:
    return demo.ask(Aggregate(metrics=names, period=f"{month}~{following(month) - timedelta(days=1)}"), LUMEN).totals


def test_every_metric_has_its_check() -> None:
    named = {m.name for m in (*ACTIVITY, *SESSIONS, *QUALITY, *USAGE)}
    assert named == {*CHECKS, *QUANTILES, *FORMULAS}


@pytest.mark.parametrize("month", MONTHS, ids=str)
@pytest.mark.parametrize("metric", CHECKS)
def test_a_number_against_the_facts(demo: Demo, metric: str, month: date) -> None:
    assert asked(demo, (metric,), month)[metric] == pytest.approx(one(demo, CHECKS[metric], month))


@pytest.mark.parametrize("month", MONTHS, ids=str)
@pytest.mark.parametrize("metric", QUANTILES)
def test_a_quantile_against_the_facts(demo: Demo, metric: str, month: date) -> None:
    assert asked(demo, (metric,), month)[metric] == pytest.approx(one(demo, QUANTILES[metric], month), rel=0.005)


@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_what_is_derived(demo: Demo, month: date) -> None:
    by_hand = {name: one(demo, select, month) for name, select in CHECKS.items()}
    found = asked(demo, tuple(FORMULAS), month)
    assert found == {name: pytest.approx(formula(by_hand)) for name, formula in FORMULAS.items()}
    assert all(found.values()) or month != MONTHS[-1]


@pytest.mark.parametrize("dimension", ["country", "device", "channel", "plan", "kind", "browser"])
def test_active_users_of_each_slice(demo: Demo, dimension: str) -> None:
    """Five dimensions from their rollup, the last from raw events."""
    month = MONTHS[-1]
    rows = demo.sql(
        f"""SELECT coalesce({dimension}, '') AS slice, count(DISTINCT user_key) AS n FROM events
        WHERE {IN_MONTH} GROUP BY coalesce({dimension}, '')""".replace(":first", str(month)).replace(":last", str(following(month)))
    )
    query = Aggregate(metrics=("active_users",), by=(dimension,), period="2026-05-01~2026-05-31")
    frame = demo.ask(query, LUMEN).frame
    assert {r[dimension]: r["active_users"] for _, r in frame.iterrows() if r["active_users"]} == {r.slice: r.n for r in rows.itertuples()}
