"""Retention of users through `run`, against the slow way, on small random logs; and its rules one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.roles import Permission
from analytics.filters import Filter
from analytics.kinds import query_from_json
from analytics.kinds.people import People
from analytics.kinds.retention import Retention, permissions
from analytics.matching import Event, Matcher
from analytics.period import Grain, floor
from analytics.query import InvalidQuery, Scope
from analytics.where import Where
from data_access.warehouse import open_warehouse
from tests.contract.shapes_desk import Company, Row, company

START = datetime(2026, 3, 28, 20, 0)  # the night in which Paris springs forward
DAYS, PERIODS = "2026-03-27~2026-04-05", {"hour": "2026-03-28~2026-03-29"}
MATCHERS = {"a": {"a"}, "ab": {"a", "b"}, "any": {"a", "b", "c"}}
SAID = {"a": "a", "ab": Matcher(any_of=(Event(event="a"), Event(event="b"))), "any": None}


@pytest.fixture(scope="module")
def house():
    opened = open_warehouse("duckdb:///:memory:", threads=1)
    opened.migrate()
    yield opened
    opened.close()


@dataclass(frozen=True)
class Asked:
    grain: str
    week_start: int
    start: str
    back: str
    mode: str
    rolling: bool
    least: int
    summed: bool
    cut: bool

    def query(self, period: str) -> Retention:
        return Retention(
            subject="users",
            grain=self.grain,
            period=period,
            start_event=SAID[self.start],
            return_event=SAID[self.back],
            mode=self.mode,
            rolling=self.rolling,
            min_occurrences=self.least,
            sum_of="value" if self.summed else None,
            by=("path",) if self.cut else (),
        )


@st.composite
def questions(draw):
    pick = [st.sampled_from(list(MATCHERS)), st.sampled_from(["first_time", "first_in_period", "recurring"]), st.booleans()]
    return Asked(
        grain=draw(st.sampled_from(["day", "week", "month", "hour"])),
        week_start=draw(st.sampled_from([0, 5, 6])),
        start=draw(pick[0]),
        back=draw(pick[0]),
        mode=draw(pick[1]),
        rolling=draw(pick[2]),
        least=draw(st.sampled_from([1, 1, 2])),
        summed=draw(pick[2]),
        cut=draw(pick[2]),
    )


def happenings():
    # Steps of half an hour over ten days: instants coincide, buckets begin and end on an event, and some lie before the range.
    row = st.tuples(st.sampled_from(["ann", "bob", "cat"]), st.sampled_from("abc"), st.integers(-100, 380), st.sampled_from(["/x", "/y"]))
    return st.lists(row, max_size=40)


def rows_of(log) -> list[Row]:
    return [Row(user, START + timedelta(minutes=30 * at), name, path=path, value=i + 1) for i, (user, name, at, path) in enumerate(log)]


def bucket(ts: datetime, zone: ZoneInfo, asked: Asked) -> pd.Timestamp:
    local = ts.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    if asked.grain == "hour":
        return pd.Timestamp(local).floor("h")
    return pd.Timestamp(floor(local.date(), Grain(asked.grain), asked.week_start))


def slowly(rows: list[Row], zone: ZoneInfo, asked: Asked, stamps: list[pd.Timestamp]) -> dict[tuple[int, int], float]:
    """Each cell by looking at every user: (cohort, offset) -> value; (cohort, -1) -> users of the cohort."""
    cells: dict[tuple[int, int], float] = {}
    for user in {row.user for row in rows}:
        mine = [(bucket(row.ts, zone, asked), row) for row in rows if row.user == user]
        starts = sorted({at for at, row in mine if row.name in MATCHERS[asked.start]})
        if asked.mode == "first_in_period":
            starts = [at for at in starts if at in stamps]
        joined = [at for at in (starts if asked.mode == "recurring" else starts[:1]) if at in stamps]
        back = {at: [row for when, row in mine if when == at and row.name in MATCHERS[asked.back]] for at in stamps}
        for at in joined:
            i = stamps.index(at)
            for j in range(-1, len(stamps) - i):
                cells[i, j] = cells.get((i, j), 0.0) + cell(back, stamps[i + max(j, 0) :], j, asked)
    return cells


def cell(back: dict[pd.Timestamp, list[Row]], from_here: list[pd.Timestamp], offset: int, asked: Asked) -> float:
    if offset == -1 or (offset == 0 and not asked.summed):
        return 1.0
    seen = from_here if asked.rolling and offset > 0 else from_here[:1]
    enough = [rows for rows in (back[at] for at in seen) if len(rows) >= asked.least]
    return float(sum(row.value or 0 for rows in enough for row in rows)) if asked.summed else float(bool(enough))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(log=happenings(), asked=questions(), name=st.sampled_from(["UTC", "Europe/Paris", "America/Los_Angeles", "Australia/Lord_Howe"]))
def test_every_cell_is_what_looking_at_every_user_gives(house, log, asked, name):
    rows, zone = rows_of(log), ZoneInfo(name)
    desk = company(house, rows, time_zone=name, week_start=asked.week_start)
    frame = desk.ask(asked.query(PERIODS.get(asked.grain, DAYS))).frame
    stamps = sorted(frame["cohort"].unique())
    end = date.fromisoformat(PERIODS.get(asked.grain, DAYS)[-10:])
    rows = [row for row in rows if row.ts.replace(tzinfo=UTC).astimezone(zone).date() <= end]
    for path in ("/x", "/y") if asked.cut else (None,):
        part = frame if path is None else frame[frame["path"] == path]
        expected = slowly([row for row in rows if path in (None, row.path)], zone, asked, [pd.Timestamp(s) for s in stamps])
        if path is not None and not any(expected.values()):
            continue
        for row in part.itertuples():
            i = stamps.index(row.cohort)
            assert row.value == expected.get((i, row.offset), 0.0), (row, expected)
            assert row.size == expected.get((i, 0), 0.0)
            assert not asked.summed or row.people == expected.get((i, -1), 0.0)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(log=happenings(), asked=questions(), offset=st.integers(0, 4))
def test_the_people_of_a_cell_are_as_many_as_it_says(house, log, asked, offset):
    desk = company(house, rows_of(log), time_zone="Europe/Paris", week_start=asked.week_start)
    query = asked.query(PERIODS.get(asked.grain, DAYS)).model_copy(update={"sum_of": None, "by": ()})
    cells = desk.ask(query).frame.query("offset == @offset").sort_values(["size", "value"])
    for row in pd.concat([cells.head(1), cells.iloc[1:].tail(2)]).itertuples():  # the smallest cohort and the two largest
        cohort = {"bucket": row.cohort.to_pydatetime(), "later": offset}
        assert len(desk.ask(People(of=query, **cohort)).frame) == row.value
        if offset:
            gone = desk.ask(People(of=query, outcome="dropped", **cohort)).frame
            assert len(gone) == row.size - row.value


def day(number: int, user: str = "ann", name: str = "use", **more) -> Row:
    return Row(user, datetime(2026, 5, number, 12), name, **more)


DAILY = {"subject": "users", "grain": "day", "period": "2026-05-01~2026-05-04", "mode": "recurring"}


def matrix(desk: Company, **more) -> list[list[float]]:
    frame = desk.ask(Retention(**{**DAILY, **more})).frame
    return [part["value"].tolist() for _, part in frame.groupby("cohort")]


def test_a_tree_of_conditions_drops_events_first(house):
    desk = company(house, [day(1, path="/in"), day(2, path="/out"), day(3, path="/in")])
    assert matrix(desk, where=Where(values=(Filter("is", "path", ("/in",)),)))[0] == [1, 0, 1, 0]


def test_instants_narrow_the_grid_and_mark_what_they_cut(house):
    desk = company(house, [day(1), day(2), day(3)])
    noon = datetime(2026, 5, 2, 12, tzinfo=UTC)
    frame = desk.ask(Retention(**DAILY, since=noon, until=noon + timedelta(days=1))).frame
    assert frame["value"].tolist() == [1, 1, 1]
    assert not frame["complete"].any()


def test_a_first_start_before_the_range_or_before_since_is_in_no_cohort(house):
    desk = company(house, [day(1), day(2), day(3)])
    later = {"period": "2026-05-02~2026-05-04", "start_event": Matcher(event="use"), "min_occurrences": 1}
    assert matrix(desk, mode="first_time", **later) == [[0, 0, 0], [0, 0], [0]]
    assert matrix(desk, mode="first_in_period", **later)[0] == [1, 1, 0]
    assert matrix(desk, mode="first_time", since=datetime(2026, 5, 2, tzinfo=UTC))[0] == [0, 0, 0]


def test_slices_beyond_the_limit_are_one_and_count_a_user_once(house):
    rows = [day(1, path="/a"), day(1, "bob", path="/a"), day(1, "cat", path="/b"), day(1, "cat", path="/c"), day(2, "cat", path="/c")]
    frame = company(house, rows).ask(Retention(**DAILY, by=("path",), limit=1)).frame
    first = frame[frame["cohort"] == "2026-05-01"].set_index(["path", "offset"])["value"]
    assert first.loc["/a"].tolist() == [2, 0, 0, 0]
    assert first.loc["Other"].tolist() == [1, 1, 0, 0]


def test_a_rolling_cell_is_in_progress_until_the_last_bucket_is_over(house):
    desk = company(house, [day(1), day(3)])
    frame = desk.ask(Retention(**DAILY, rolling=True), now=datetime(2026, 5, 4, 13, tzinfo=UTC)).frame
    assert frame[frame["complete"]]["offset"].tolist() == [0, 0, 0]
    frame = desk.ask(Retention(**DAILY), now=datetime(2026, 5, 4, 13, tzinfo=UTC)).frame
    assert frame["complete"].tolist() == [True, True, True, False, True, True, False, True, False, False]


def test_a_sum_is_of_the_returns_and_its_rate_against_the_own_bucket(house):
    rows = [day(1, name="buy", value=1000), day(2, name="buy", value=300), day(2, name="buy", value=200)]
    result = company(house, rows).ask(Retention(**DAILY, return_event="buy", sum_of="value"))
    first = result.frame[result.frame["cohort"] == "2026-05-01"]
    assert (first["value"].tolist(), first["rate"].tolist()) == ([1000, 500, 0, 0], [1, 0.5, 0, 0])
    assert result.extra["mean"].set_index("offset")["value"].tolist()[:2] == [1500, 500]
    number = company(house, [day(1, properties=(("n", 2.5),)), day(2, properties=(("n", "none"),))])
    assert matrix(number, sum_of="property.n")[0] == [2.5, 0, 0, 0]


def test_nobody_at_all_is_an_empty_grid_not_an_error(house):
    empty = company(house, [])
    assert matrix(empty, min_occurrences=2) == [[0, 0, 0, 0], [0, 0, 0], [0, 0], [0]]
    assert np.isnan(empty.ask(Retention(**DAILY, by=("path",))).frame["rate"]).all()


def test_json_keeps_names_and_matchers():
    query = Retention(**DAILY, start_event="a", return_event=SAID["ab"], rolling=True, by=("country",))
    assert query.to_json()["start_event"] == "a"
    assert query_from_json(query.to_json()) == query
    people = People(of=query, bucket="2026-05-01", later=1, outcome="dropped")
    assert query_from_json(people.to_json()) == people
    assert people.within(Scope(period="7d")).period == query.period


def test_what_cannot_be_asked_is_refused():
    for wrong in (
        {"subject": "customers", "rolling": True},
        {"subject": "customers", "grain": "hour"},
        {"subject": "users", "sum_of": "x"},
    ):
        with pytest.raises(InvalidQuery):
            query_from_json({"kind": "retention", **wrong})
    grid = {"kind": "retention", "subject": "users"}
    for cell_ in ({"outcome": "dropped"}, {"slice": ["x"]}, {"step": 1}, {"of": {"kind": "retention"}}):
        with pytest.raises(InvalidQuery):
            query_from_json({"kind": "people", "of": grid, **cell_})


def test_money_and_people_need_their_rights():
    assert Permission.READ_MONEY in permissions(Retention(**DAILY, sum_of="value"))
    assert Permission.READ_MONEY not in permissions(Retention(**DAILY))
    assert Permission.READ_PEOPLE in permissions(Retention(**DAILY, by=("person.email",)))
