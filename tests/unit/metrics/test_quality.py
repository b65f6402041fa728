"""Errors, latencies, uptime, page loads and AI usage by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.run import Forbidden, run
from analytics.sources.latency import GROWTH
from tests.unit.metrics.activity_desk import ACME, NOW, actor, ask, by, company, on, series, value

CLOSE = pytest.approx  # a histogram answers with the middle of a 1 % bucket
HALF_A_PERCENT = GROWTH**0.5 - 1


def request(day: str, ms: float | None, status: int = 200, endpoint: str = "/v1/a", plan: str = "pro") -> dict[str, object]:
    return on(day, "u")[0] | {"latency_ms": ms, "status": status, "endpoint": endpoint, "plan": plan}


def bare(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: cell for key, cell in row.items() if key != "name"} for row in rows]


# Ten requests of 10, 20, … 100 ms; the last two fail; one more has no latency and is refused (401, not an error).
REQUESTS = [
    *(request("03-10", 10.0 * n, endpoint="/v1/a" if n <= 5 else "/v1/b", plan="pro" if n % 2 else "free") for n in range(1, 9)),
    request("03-11", 90.0, 500, "/v1/b"),
    request("03-11", 100.0, 503, "/v1/b", "free"),
    request("03-11", None, 401),
]
CHECKS = [on("03-10", "x")[0] | {"state": state, "target": target} for target, state in [
    ("db", "up"), ("db", "degraded"), ("db", "down"), ("mail", "up"), ("mail", "up"),
]]  # fmt: skip
VIEWS = [on("03-10", "u", name="page_view", duration_ms=ms, page="/home")[0] for ms in (100.0, 200.0, 300.0, 400.0, None)]
GENERATIONS = [
    on("03-10", "u")[0]
    | {
        "model": model,
        "input_tokens": read,
        "output_tokens": wrote,
        "cost_minor": cost,
        "currency": "EUR",
        "latency_ms": ms,
        "status": "ok",
    }
    for model, read, wrote, cost, ms in [("a", 100, 50, 3, 1000.0), ("a", 200, None, 5, 2000.0), ("b", 10, 40, 2, 4000.0)]
]


@pytest.fixture(scope="module", autouse=True)
def desk() -> Iterator[None]:
    checks = [{key: cell for key, cell in row.items() if key not in ("name", "user_id")} for row in CHECKS]
    with company(api_requests=bare(REQUESTS), checks=checks, events=VIEWS, ai_generations=bare(GENERATIONS)):
        yield


MARCH = {
    "api_requests": 11,
    "api_errors": 2,  # 500 and 503
    "error_rate": 2 / 11,
    "checks": 5,
    "reachable_checks": 4,
    "uptime": 4 / 5,  # degraded is up
    "generations": 3,
    "tokens": 400,  # 150 + 200 + 50
    "ai_cost": 10,
}
MILLISECONDS = {
    "latency_p50": 50,  # nearest rank: the 5th of ten
    "latency_p95": 100,  # the 10th, as 9 of ten are only 90 %
    "latency_p99": 100,
    "page_load": 300,  # three of the four that were timed
    "ai_latency": 2000,
}


@pytest.mark.parametrize(("metric", "expected"), MARCH.items())
def test_march(metric: str, expected: float) -> None:
    assert value(metric) == pytest.approx(expected)


@pytest.mark.parametrize(("metric", "expected"), MILLISECONDS.items())
def test_latencies_are_right_to_half_a_percent(metric: str, expected: float) -> None:
    assert value(metric) == CLOSE(expected, rel=HALF_A_PERCENT)


def test_latency_by_endpoint_and_by_day() -> None:
    assert by("latency_p50", "endpoint") == CLOSE({"/v1/a": 30, "/v1/b": 80}, rel=HALF_A_PERCENT)
    days = series("latency_p50", grain="day", period="2026-03-10~2026-03-11")
    assert days == CLOSE({"03-10": 40, "03-11": 90}, rel=HALF_A_PERCENT)


def test_latency_from_raw_rows_is_the_same_number() -> None:
    """A plan is not in the histogram: the buckets are made from the rows."""
    both = (Filter("is", "plan", ("pro", "free")),)
    for metric in ("latency_p50", "latency_p95", "latency_p99"):
        assert value(metric, filters=both) == value(metric)
    assert by("latency_p50", "plan") == CLOSE({"pro": 50, "free": 60}, rel=HALF_A_PERCENT)


def test_by_the_hour_where_the_offset_is_not_whole_hours() -> None:
    """12:40 UTC is 18:10 in Kolkata, in the hour that began at 12:30 UTC."""
    tenant = replace(ACME, time_zone="Asia/Kolkata")
    rows = bare([request("03-10T12:40", 100.0), request("03-10T12:20", 1.0)])
    with company(tenant, api_requests=rows):
        frame = ask("latency_p50", tenant=tenant, grain="hour", period="2026-03-10~2026-03-10").frame.set_index("bucket")["latency_p50"]
    assert frame["2026-03-10 18:00"] == CLOSE(100, rel=HALF_A_PERCENT)
    assert frame["2026-03-10 17:00"] == CLOSE(1, rel=HALF_A_PERCENT)


def test_uptime_and_cost_by_dimension() -> None:
    assert by("uptime", "target") == CLOSE({"db": 2 / 3, "mail": 1})
    assert by("ai_cost", "model") == {"a": 8, "b": 2}


def test_nothing_measured_says_nothing() -> None:
    empty = ask("error_rate", "latency_p95", "uptime", "page_load", "ai_latency", period="2026-02-01~2026-02-28")
    assert set(empty.totals.values()) == {None}


def test_what_ai_costs_needs_the_right_to_read_money() -> None:
    viewer = replace(actor(), roles=frozenset({"viewer"}))
    with pytest.raises(Forbidden):
        run(Aggregate(metrics=("ai_cost",)), viewer, NOW)
