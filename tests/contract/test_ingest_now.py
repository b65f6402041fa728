"""The shape Live by hand, on every engine: eight events around one instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analytics.kinds.event_names import EventNames
from analytics.kinds.live import Live
from analytics.query import InvalidQuery
from components.live import per_second
from tests.contract.shapes_desk import Row, company

NOW = datetime(2026, 3, 2, 23, 10, tzinfo=UTC)  # ten past midnight in Paris: the window begins the day before
AT = NOW.replace(tzinfo=None)


def rows() -> list[Row]:
    def row(user: str, seconds: float, name: str = "page_view", path: str | None = "/") -> Row:
        return Row(user, AT - timedelta(seconds=seconds), name, path=path)

    return [
        row("a", 3, path="/pricing"), row("a", 2.5, path="/pricing"), row("b", 2.2), row("b", 400, "search", None),
        row("c", 29 * 60), row("d", 31 * 60), row("e", -30, "ahead", None), row("f", -3600, "booked", None),
    ]  # fmt: skip


def test_what_happens_now(warehouse):
    result = company(warehouse, rows(), time_zone="Europe/Paris").ask(Live(), now=NOW)
    # d is too long ago; f lies in the future; e's clock runs half a minute ahead.
    assert result.totals == {"live_events": 6.0, "live_users": 4.0, "users_online": 3.0, "live_views": 4.0}
    assert len(result.frame) == 30
    # a, a and b fall into the minute before now, e into the one that has just begun.
    assert result.frame["live_events"].tolist()[-2:] == [3.0, 1.0]
    assert result.extra["page"][["value", "events", "users"]].to_numpy().tolist() == [["/", 2, 2], ["/pricing", 2, 1]]
    assert result.extra["latest"]["name"].tolist() == ["ahead", "page_view", "page_view", "page_view", "search", "page_view"]
    assert result.extra["latest"]["user"].tolist() == ["e", "b", "a", "a", "b", "c"]
    assert per_second(result.extra["seconds"], AT)[-4:] == (0.0, 3.0, 0.0, 0.0)
    assert result.extra["newest"] == AT + timedelta(seconds=30)


def test_names_of_people_only_for_those_who_may(warehouse):
    result = company(warehouse, rows()).ask(Live(), frozenset({"executive"}), now=NOW)
    assert "user" not in result.extra["latest"].columns


def test_nothing_now_says_when_there_was_something(warehouse):
    here = company(warehouse, rows())
    result = here.ask(Live(), now=NOW - timedelta(hours=3))
    assert (result.totals["live_events"], result.extra["newest"]) == (0.0, None)
    later = here.ask(Live(), now=NOW + timedelta(hours=4))
    assert (later.totals["live_events"], later.extra["newest"]) == (0.0, AT + timedelta(hours=1))


def test_a_filter_that_events_do_not_know_is_refused(warehouse):
    here = company(warehouse, rows())
    with pytest.raises(InvalidQuery, match="cannot be narrowed"):
        here.ask(Live.model_validate({"filters": [["is", "provider", ["x"]]]}), now=NOW)
    narrowed = here.ask(Live.model_validate({"filters": [["is", "event", ["search"]]]}), now=NOW)
    assert narrowed.totals["live_events"] == 1.0


def test_every_name_of_an_event_with_its_first_and_last_day(warehouse):
    result = company(warehouse, rows()).ask(EventNames.model_validate({"period": "2026-03-02~2026-03-02"}), now=NOW)
    frame = result.frame[["event", "first_day", "last_day", "events", "events_before"]]
    day = "2026-03-02"
    # f booked an hour ahead, on the next day: not yet known by the end of this one.
    assert frame.to_numpy().tolist() == [["page_view", day, day, 5.0, 0.0], ["ahead", day, day, 1.0, 0.0], ["search", day, day, 1.0, 0.0]]
