"""The list of sessions by hand: as kept at ingest, and cut anew by another gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from analytics.filters import Filter
from analytics.kinds.sessions import Sessions
from analytics.query import InvalidQuery
from analytics.run import Forbidden, run
from tests.unit.metrics.activity_desk import NOW, actor, company, on, value, write

# a: 12:00 to 12:30 (a pause of exactly 30 minutes goes on), 13:00:01 (a longer one does not). b: over midnight.
ROWS = [
    *on("03-10T12:00", "a", name="page_view", country="FR"),
    *on("03-10T12:30", "a"),
    *on("03-10T13:00:01", "a"),
    *on("03-10T23:50", "b", name="page_view", country="BE"),
    *on("03-11T00:10", "b", name="page_view", country="BE"),
]


@pytest.fixture(scope="module", autouse=True)
def desk() -> Iterator[None]:
    with company(events=ROWS):
        yield


def visits(**more: Any) -> list[tuple[Any, ...]]:
    frame = run(Sessions(**{"period": "2026-03-10~2026-03-10", "order": "user"} | more), actor(), NOW).frame
    spans = [(f"{r.start:%H:%M:%S}", f"{r.end:%H:%M:%S}") for r in frame.itertuples()]
    return [(r.user, int(r.n), *span, r.events, r.page_views, r.duration_s) for r, span in zip(frame.itertuples(), spans, strict=True)]


KEPT = [
    ("a", 1, "12:00:00", "12:30:00", 2, 1, 1800),
    ("a", 2, "13:00:01", "13:00:01", 1, 0, 0),
    ("b", 1, "23:50:00", "00:10:00", 2, 2, 1200),
]


def test_kept_sessions() -> None:
    assert visits() == KEPT


def test_cut_anew_with_the_same_gap() -> None:
    assert visits(gap_seconds=1800) == KEPT


def test_a_wider_gap_joins() -> None:
    assert visits(gap_seconds=1801)[0] == ("a", 1, "12:00:00", "13:00:01", 3, 1, 3601)


def test_a_narrower_gap_splits() -> None:
    """The second half of b's night begins on the next day."""
    assert [row[:3] for row in visits(gap_seconds=600)] == [
        ("a", 1, "12:00:00"),
        ("a", 2, "12:30:00"),
        ("a", 3, "13:00:01"),
        ("b", 1, "23:50:00"),
    ]


def test_a_session_that_began_the_day_before_is_not_of_the_day() -> None:
    assert visits(period="2026-03-11~2026-03-11") == []
    assert visits(period="2026-03-11~2026-03-11", gap_seconds=1800) == []


def test_as_many_as_the_metric_counts() -> None:
    assert len(visits()) == value("sessions", period="2026-03-10~2026-03-10")


def test_filters_orders_and_pages() -> None:
    assert [row[0] for row in visits(filters=(Filter("is", "country", ("BE",)),))] == ["b"]
    assert [row[6] for row in visits(order="longest")] == [1800, 1200, 0]
    assert visits(limit=1, offset=1) == [KEPT[1]]
    assert run(Sessions(period="2026-03-10~2026-03-10", limit=1), actor(), NOW).extra["total"] == 3


def test_a_dimension_that_sessions_lack_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="cannot be filtered"):
        visits(filters=(Filter("is", "decline_code", ("x",)),))


def test_persons_need_their_right() -> None:
    with pytest.raises(Forbidden):
        run(Sessions(), replace(actor(), roles=frozenset({"executive"})), NOW)


def test_an_event_after_the_period_lengthens_the_session() -> None:
    with company(events=ROWS) as house:
        assert visits()[2][6] == 1200
        write(house, first=100, events=on("03-11T00:20", "b"))
        assert visits()[2][6] == 1800
