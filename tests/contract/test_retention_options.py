"""Brackets, 24-hour windows and long grids of retention on every engine: by hand, and against the slow way on random logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.kinds import query_from_json, retention_spans
from analytics.kinds.people import People
from analytics.kinds.retention import Retention
from analytics.query import InvalidQuery
from data_access.warehouse import open_warehouse
from tests.contract.conftest import ENGINES
from tests.contract.servers import database
from tests.contract.shapes_desk import Row, company

FEW = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
WEEK = {"subject": "users", "grain": "day", "period": "2026-05-01~2026-05-07", "mode": "first_in_period"}


@pytest.fixture(scope="module", params=ENGINES)
def house(request):
    if request.param == "duckdb":
        opened = open_warehouse("duckdb:///:memory:", threads=1)
        opened.migrate()
        yield opened
        opened.close()
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    with database(server, template) as url:
        opened = open_warehouse(url.render_as_string(hide_password=False))
        yield opened
        opened.close()


def at(day: int, hour: float = 12, user: str = "ann", **more) -> Row:
    return Row(user, datetime(2026, 5, day) + timedelta(hours=hour), "use", **more)


def first_cohort(desk, **more) -> list[tuple[int, float, bool]]:
    """Offset, value and whether complete, of those who began on 1 May."""
    frame = desk.ask(Retention(**{**WEEK, **more})).frame
    first = frame[frame["cohort"] == "2026-05-01"]
    return list(zip(first["offset"], first["value"], first["complete"], strict=True))


def test_a_bracket_counts_each_user_once_however_many_buckets_they_came_in(house):
    # ann on days 1, 2, 3 and 6; bob on 1 and 4: offsets 1–2 hold ann twice, 3–4 bob, 5–9 ann.
    desk = company(house, [at(1), at(2), at(3), at(6), at(1, user="bob"), at(4, user="bob")])
    assert first_cohort(desk, brackets=(2, 4, 9)) == [(0, 2, True), (1, 1, True), (3, 1, True), (5, 1, False)]
    frame = desk.ask(Retention(**WEEK, brackets=(2, 4, 9))).frame
    assert frame[frame["cohort"] == "2026-05-01"]["until"].tolist() == [0, 2, 4, 9]
    assert frame[frame["cohort"] == "2026-05-06"]["offset"].tolist() == [0, 1]  # nothing of offsets 3 on lies in the grid


def test_a_rolling_bracket_looks_at_everything_from_its_first_offset_on(house):
    desk = company(house, [at(1), at(6), at(1, user="bob"), at(2, user="bob")])
    assert [value for _, value, _ in first_cohort(desk, brackets=(2, 4), rolling=True)] == [2, 2, 1]


def test_a_bracket_adds_the_money_of_its_buckets(house):
    desk = company(house, [at(1, value=1000), at(2, value=300), at(3, value=200), at(5, value=50)])
    assert [v for _, v, _ in first_cohort(desk, brackets=(2, 6), sum_of="value")] == [1000, 500, 50]


def test_windows_begin_with_the_users_own_start_not_at_midnight(house):
    # Starts at 20:00. 23 hours later is another calendar day and still window 0; at 24 hours sharp window 1 begins.
    rows = [at(1, 20), at(2, 19), at(1, 20, "bob"), at(2, 20, "bob"), at(1, 20, "cat"), at(4, 19.5, "cat")]
    desk = company(house, rows)
    assert [v for _, v, _ in first_cohort(desk)] == [3, 2, 0, 1, 0, 0, 0]
    assert [v for _, v, _ in first_cohort(desk, windows="24h")] == [3, 1, 1, 0, 0, 0, 0]
    assert [v for _, v, _ in first_cohort(desk, windows="24h", rolling=True)] == [3, 2, 1, 0, 0, 0, 0]


def test_a_window_is_complete_when_it_is_over_for_the_last_who_could_start(house):
    desk = company(house, [at(1, 20)])
    grid = desk.ask(Retention(**WEEK, windows="24h"), now=datetime(2026, 5, 4, 12, tzinfo=UTC)).frame
    # Who starts on 1 May at 23:59 has window 1 until 3 May 23:59, window 2 until 4 May 23:59.
    assert grid[grid["cohort"] == "2026-05-01"]["complete"].tolist() == [True, True, False, False]


def test_windows_take_minimum_occurrences_and_money_per_window(house):
    rows = [at(1, 20, value=100), at(2, 1, value=10), at(2, 21, value=7), at(3, 1, value=5), at(4, 1, value=3)]
    desk = company(house, rows)
    assert [v for _, v, _ in first_cohort(desk, windows="24h", min_occurrences=2)] == [1, 1, 0, 0, 0, 0, 0]
    assert [v for _, v, _ in first_cohort(desk, windows="24h", sum_of="value")] == [110, 12, 3, 0, 0, 0, 0]
    assert [v for _, v, _ in first_cohort(desk, windows="24h", sum_of="value", brackets=(2,))] == [110, 15]


def test_windows_of_a_recurring_user_open_with_the_first_start_of_each_bucket(house):
    desk = company(house, [at(1, 8), at(1, 20), at(2, 9), at(3, 7)])
    frame = desk.ask(Retention(**{**WEEK, "mode": "recurring"}, windows="24h")).frame
    values = [part["value"].tolist() for _, part in frame.groupby("cohort")]
    # From 1 May 8:00 the next day 9:00 is window 1 and 3 May 7:00 too; from 2 May 9:00 3 May 7:00 is still window 0.
    assert values[:3] == [[1, 1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0]]


def test_a_start_before_the_grid_keeps_a_user_out_of_windows_too(house):
    desk = company(house, [at(1), at(3), at(4)])
    later = {"period": "2026-05-02~2026-05-05", "windows": "24h"}
    assert desk.ask(Retention(**{**WEEK, **later, "mode": "first_time"})).frame["size"].sum() == 0
    sizes = desk.ask(Retention(**{**WEEK, **later})).frame.drop_duplicates("cohort")["size"].tolist()
    assert sizes == [0, 1, 0, 0]


def test_ninety_days_are_one_grid(house):
    desk = company(house, [Row("ann", datetime(2026, 3, 1, 12) + timedelta(days=k), "use") for k in (0, 61, 89)])
    frame = desk.ask(Retention(**{**WEEK, "period": "2026-03-01~2026-05-29"})).frame
    first = frame[frame["cohort"] == "2026-03-01"].set_index("offset")["value"]
    assert first[first > 0].index.tolist() == [0, 61, 89]
    with pytest.raises(InvalidQuery, match="366"):
        desk.ask(Retention(**{**WEEK, "period": "2025-01-01~2026-05-29"}))


def test_the_people_of_a_bracket_and_of_a_window_are_as_many_as_it_says(house):
    desk = company(house, [at(1, 20), at(2, 21), at(1, user="bob"), at(3, user="bob"), at(1, user="cat")])
    for more in ({"brackets": (2, 6)}, {"windows": "24h"}, {"windows": "24h", "brackets": (1, 3), "rolling": True}):
        query = Retention(**{**WEEK, **more})
        for row in desk.ask(query).frame.itertuples():
            cell = {"bucket": row.cohort.to_pydatetime(), "later": row.offset}
            assert len(desk.ask(People(of=query, **cell)).frame) == row.value
            if row.offset:
                assert len(desk.ask(People(of=query, outcome="dropped", **cell)).frame) == row.size - row.value


def test_slices_beyond_the_limit_are_one(house):
    rows = [at(1, path="/a"), at(1, user="bob", path="/a"), at(1, user="cat", path="/b"), at(2, user="cat", path="/c")]
    for windows in ("calendar", "24h"):
        query = Retention(**WEEK, by=("path",), limit=1, windows=windows, brackets=(3,))
        frame = company(house, rows).ask(query).frame
        first = frame[frame["cohort"] == "2026-05-01"].set_index(["path", "offset"])["value"]
        assert first.loc["/a"].tolist() == [2, 0]
        assert first.loc["Other"].tolist() == [1, 1 if windows == "calendar" else 0]


def test_what_cannot_be_asked_is_refused():
    for wrong in ({"brackets": [3, 3]}, {"brackets": [0]}, {"subject": "customers", "brackets": [3]}, {"windows": "25h"}):
        with pytest.raises(InvalidQuery):
            query_from_json({"kind": "retention", "subject": "users", **wrong})


LOGS = st.lists(st.tuples(st.sampled_from(["ann", "bob", "cat"]), st.integers(0, 200), st.sampled_from("ab")), max_size=25)


@FEW
@given(log=LOGS, mode=st.sampled_from(["first_in_period", "recurring"]), rolling=st.booleans())
def test_windows_are_what_looking_at_every_user_gives(house, log, mode, rolling):
    rows = [Row(user, datetime(2026, 5, 1) + timedelta(hours=hour), name) for user, hour, name in log if hour < 168]
    query = Retention(**{**WEEK, "mode": mode}, windows="24h", rolling=rolling, start_event="a", return_event="b")
    for cell in company(house, rows).ask(query).frame.itertuples():
        assert cell.value == sum(_back(user, rows, cell, (mode, rolling)) for user in {row.user for row in rows}), cell


def _back(user: str, rows: list[Row], cell, rules: tuple[str, bool]) -> bool:
    mode, rolling = rules
    starts = sorted(row.ts for row in rows if row.user == user and row.name == "a")
    mine = [ts for ts in (starts if mode == "recurring" else starts[:1]) if ts.date() == cell.cohort.date()]
    if not mine or not cell.offset:
        return bool(mine)
    since = [(row.ts - mine[0]) // timedelta(hours=24) for row in rows if row.user == user and row.name == "b" and row.ts >= mine[0]]
    return any(window >= cell.offset if rolling else window == cell.offset for window in since)


@FEW
@given(log=LOGS, mode=st.sampled_from(["first_time", "recurring"]), least=st.integers(1, 2), rolling=st.booleans())
def test_a_long_grid_counts_as_a_short_one(house, log, mode, least, rolling):
    rows = [Row(user, datetime(2026, 4, 29) + timedelta(hours=hour), name) for user, hour, name in log]
    query = Retention(**{**WEEK, "mode": mode}, rolling=rolling, min_occurrences=least, start_event="a")
    desk = company(house, rows)
    short = desk.ask(query).frame
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(retention_spans, "MAX_BUCKETS", 0)
        assert desk.ask(query).frame.equals(short)
