"""Funnel, lifecycle, stickiness and paths through `run` on every engine, against the slow way, on small random logs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.kinds.funnel_query import Funnel, FunnelExclusion, FunnelStep
from analytics.kinds.lifecycle import STATES, Lifecycle
from analytics.kinds.paths import Item, Paths
from analytics.kinds.stickiness import Stickiness
from analytics.matching import Event, Matcher
from analytics.period import Grain, Period, floor, step
from data_access.warehouse import open_warehouse
from tests.contract.conftest import ENGINES
from tests.contract.servers import database
from tests.contract.shapes_desk import Row, after, company
from tests.unit.kinds.reference import Happened, Rules, person

FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
START = datetime(2026, 3, 28, 20, 0)  # the night in which Paris springs forward
ZONES = st.sampled_from(["UTC", "Europe/Paris", "America/Los_Angeles", "Asia/Kolkata"])
USERS = st.sampled_from(["ann", "bob", "cat"])


@pytest.fixture(scope="module", params=ENGINES)
def house(request):
    if request.param == "duckdb":
        opened = open_warehouse("duckdb:///:memory:")
        opened.migrate()
        yield opened
        opened.close()
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    with database(server, template) as url:
        opened = open_warehouse(url.render_as_string(hide_password=False))
        yield opened
        opened.close()


MATCHERS = {
    "a": (Matcher(event="a"), {"a"}),
    "b": (Matcher(event="b"), {"b"}),
    "c": (Matcher(event="c"), {"c"}),
    "ab": (Matcher(any_of=(Event(event="a"), Event(event="b"))), {"a", "b"}),
    "any": (Matcher(), {"a", "b", "c", "x"}),
}


@st.composite
def funnels(draw):
    names = draw(st.lists(st.sampled_from(list(MATCHERS)), min_size=1, max_size=3))
    order = draw(st.sampled_from(["ordered", "ordered", "strict", "unordered"]))
    optional = [False] + [order == "ordered" and draw(st.booleans()) for _ in names[1:]]
    pairs = [(a, b) for a in range(len(names)) for b in range(a + 1, len(names))]
    between = draw(st.lists(st.sampled_from(pairs), max_size=1)) if pairs else []
    entry = draw(st.sampled_from(["every", "first_in_period"]))
    return names, order, optional, between, draw(st.integers(1, 6)), entry


def asked(funnel):
    names, order, optional, between, window, entry = funnel
    steps = tuple(FunnelStep(**MATCHERS[n][0].model_dump(), optional=o) for n, o in zip(names, optional, strict=True))
    exclusions = tuple(FunnelExclusion(event="x", from_step=a, to_step=b) for a, b in between)
    return Funnel(
        steps=steps, order=order, window=window, window_unit="second", exclusions=exclusions, entry=entry, period="2026-03-28~2026-03-29"
    )


def expected(funnel, rows):
    names, order, optional, between, window, entry = funnel
    later = [False] + [MATCHERS[a][1] <= MATCHERS[b][1] for a, b in pairwise(names)]
    rules = Rules(len(names), window, tuple(later), tuple(optional), tuple(between), order, entry)
    log = {}
    for row in rows:
        marks = frozenset(k for k, n in enumerate(names) if row.name in MATCHERS[n][1])
        excludes = frozenset(range(len(between))) if row.name == "x" else frozenset()
        log.setdefault(row.user, []).append(Happened(int((row.ts - START).total_seconds()), marks, excludes))
    people = [one for events in log.values() if (one := person(sorted(events, key=lambda e: e.time), rules)) is not None]
    return [sum(k in one.filled for one in people) for k in range(len(names))]


LOGS = st.lists(
    st.builds(lambda u, s, n: Row(u, after(START, s), n), USERS, st.integers(0, 7), st.sampled_from(["a", "b", "c", "x"])), max_size=16
).filter(lambda rows: max(Counter(row.user for row in rows).values(), default=0) <= 6)


@FEW
@given(funnels(), LOGS)
def test_funnels(house, funnel, rows):
    found = company(house, rows).ask(asked(funnel)).frame
    assert found["people"].tolist() == expected(funnel, rows)


def bucket_of(row, grain, zone, week_start):
    local = row.ts.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    return floor(local, Grain(grain), week_start)


DAYS = st.builds(lambda u, h, n: Row(u, START + timedelta(hours=h), n), USERS, st.integers(-600, 600), st.sampled_from(["a", "b"]))
FIRST, LAST = date(2026, 3, 20), date(2026, 4, 9)


@FEW
@given(st.lists(DAYS, max_size=20), ZONES, st.sampled_from(["day", "week", "month"]), st.integers(0, 6), st.sampled_from([None, "a"]))
def test_lifecycle(house, rows, zone, grain, week_start, name):
    asked_of = company(house, rows, time_zone=zone, week_start=week_start)
    query = Lifecycle(event=None if name is None else Matcher(event=name), grain=grain, period=Period.between(FIRST, LAST))
    frame = asked_of.ask(query).frame
    created = {}
    active = set()
    for row in rows:
        bucket = bucket_of(row, grain, zone, week_start)
        created[row.user] = min(created.get(row.user, bucket), bucket)  # the writer creates a user at the first event
        active |= {(row.user, bucket)} if name in (None, row.name) and bucket_of(row, "day", zone, 0) <= LAST else set()
    begin, got = floor(FIRST, Grain(grain), week_start), []
    while begin <= LAST:
        before = step(begin, Grain(grain), -1)
        now, then = {u for u, b in active if b == begin}, {u for u, b in active if b == before}
        new = {u for u in now if created[u] == begin}
        got.append((len(new), len((now & then) - new), len(now - then - new), -len(then - now)))
        begin = step(begin, Grain(grain))
    assert [tuple(int(row[state]) for state in STATES) for row in frame.to_dict("records")] == got


@FEW
@given(st.lists(DAYS, max_size=20), ZONES, st.sampled_from(["day", "week", "month"]), st.integers(0, 6), st.sampled_from([None, "a"]))
def test_stickiness(house, rows, zone, grain, week_start, name):
    asked_of = company(house, rows, time_zone=zone, week_start=week_start)
    query = Stickiness(event=None if name is None else Matcher(event=name), grain=grain, period=Period.between(FIRST, LAST))
    inside = [row for row in rows if name in (None, row.name) and FIRST <= bucket_of(row, "day", zone, 0) <= LAST]
    buckets = {(row.user, bucket_of(row, grain, zone, week_start)) for row in inside}
    times = Counter(Counter(user for user, _ in buckets).values())
    frame = asked_of.ask(query).frame
    assert frame["people"].tolist() == [times.get(n, 0) for n in range(1, len(frame) + 1)]
    assert sum(times.values()) == frame["people"].sum()


def trails(rows, gap, collapse):
    """Each session's items with their times."""
    for _, mine in groupby(sorted(enumerate(rows), key=lambda p: (p[1].user, p[1].ts, p[0])), key=lambda p: p[1].user):
        session = []
        for _, row in mine:
            if session and (row.ts - session[-1][2]).total_seconds() >= gap:
                yield session
                session = []
            item = (row.path or row.name).rstrip("/") or "/"
            if collapse and session and session[-1][0] == item:
                session[-1] = (item, row.ts, row.ts)
            else:
                session.append((item, row.ts, row.ts))
        if session:
            yield session


def cut(session, start, end, most):
    names = [item for item, *_ in session]
    if start is not None:
        session = session[names.index(start) :] if start in names else []
        names = [item for item, *_ in session]
    if end is not None:
        session = session[: names.index(end) + 1] if end in names else []
    if end is not None and start is None:
        return [(most - len(session[-most:]) + i + 1, *event) for i, event in enumerate(session[-most:])]
    return [(i + 1, *event) for i, event in enumerate(session[:most])]


VIEWS = st.builds(
    lambda u, s, p: Row(u, after(START, s), "view" if p else "click", path=p),
    USERS,
    st.integers(0, 40),
    st.sampled_from(["/", "/a", "/a/", "/b", None]),
)
ENDS = st.sampled_from([None, "/a", "/b"])


@FEW
@given(st.lists(VIEWS, max_size=14, unique_by=lambda r: (r.user, r.ts)), ENDS, ENDS, st.integers(2, 5), st.integers(2, 20), st.booleans())
def test_paths(house, rows, start, end, most, gap, collapse):
    query = Paths(
        items=(Item(event="view", by="path"),), start=start, end=end, max_steps=most, gap_seconds=gap, collapse=collapse, limit=1000,
        period="2026-03-28~2026-03-29",
    )  # fmt: skip
    counts, took = Counter(), Counter()
    for session in trails(rows, gap, collapse):
        shown = cut(session, start, end, most)
        for (n, item, ts, _), (m, following, then, _) in pairwise(shown):
            edge = (f"{n}_{item}", f"{m}_{following}")
            counts[edge] += 1
            took[edge] += (then - ts).total_seconds() * 1000
    frame = company(house, rows).ask(query).frame
    ranked = sorted(counts, key=lambda edge: (-counts[edge], *edge))
    assert list(zip(frame["source"], frame["target"], strict=True)) == ranked
    assert frame["paths"].tolist() == [counts[edge] for edge in ranked]
    assert frame["mean_time"].tolist() == pytest.approx([took[edge] / counts[edge] for edge in ranked])
