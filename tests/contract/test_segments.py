"""Segments on every engine: numbers by hand, and random definitions over random logs against the slow way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import tenants
from accounts.actor import Actor
from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.funnel_query import Funnel, FunnelStep
from analytics.kinds.people_query import People
from analytics.kinds.segment_difference import SegmentDifference
from analytics.kinds.segment_members import SegmentMembers, SegmentReasons
from analytics.kinds.segment_overlap import SegmentOverlap
from analytics.kinds.segment_size import SegmentSize
from analytics.matching import Event, Matcher
from analytics.query import InvalidQuery
from analytics.run import cache, run
from analytics.segments import saved
from analytics.segments.definition import (
    Behind,
    Did,
    FirstTime,
    Group,
    InSegment,
    Joined,
    Property,
    Sequence,
    Stopped,
    Window,
)  # fmt: skip
from analytics.segments.saved import Draft
from analytics.where import Where
from data_access.connections import connected
from data_access.store import open_store
from data_access.warehouse import open_warehouse
from ingest import freezing
from tests.contract.conftest import ENGINES
from tests.contract.servers import database
from tests.contract.shapes_desk import Row, company
from tests.people import settle

NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
TODAY = date(2026, 4, 10)
FEW = settings(max_examples=7, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)


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


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    engine = open_store(f"sqlite:///{tmp_path_factory.mktemp('segments')}/store.sqlite")
    yield engine, settle(engine)["alice"].id
    engine.dispose()


class Desk:
    """A company with these events; asks as its administrator."""

    def __init__(self, house, store, rows, zone="Europe/Paris"):
        self.of, (self.store, owner) = company(house, rows, time_zone=zone), store
        tenants.save(self.store, replace(self.of.tenant, slug=f"t{self.of.tenant.key}"), NOW)
        self.actor = Actor(owner, "Alice", self.of.tenant, frozenset({"admin"}))

    def ask(self, query, actor=None, now=NOW):
        cache().clear()
        with connected(warehouse=self.of.warehouse, store=self.store):
            return run(query, actor or self.actor, now)

    def keep(self, name, *parts, kind="all"):
        return saved.create(self.store, self.actor, Draft(name, Group(kind=kind, of=parts)), NOW)

    def who(self, *parts, kind="all", now=NOW):
        """External ids of the members."""
        result = self.ask(SegmentMembers(definition=Group(kind=kind, of=parts)), now=now)
        assert result.totals["people"] == len(result.frame)
        return set(result.frame["external_id"])


def at(day, hour=12, minute=0):
    return datetime(2026, 4, 10, hour, minute) - timedelta(days=day)


LOG = [
    Row("ann", at(0), "buy", value=500), Row("ann", at(3), "buy", value=700), Row("ann", at(40), "view"),
    Row("bob", at(1), "view", (("plan", "Pro"),)), Row("bob", at(1, 13), "buy", value=100), Row("bob", at(20), "buy", value=50),
    Row("cat", at(50), "buy", value=9_000), Row("cat", at(49), "view"),
    Row("dan", at(2), "view"),
]  # fmt: skip
BUY, VIEW = Matcher(event="buy"), Matcher(event="view")


@pytest.fixture(scope="module")
def desk(house, store):
    return Desk(house, store, LOG)


def days(n):
    return Window(days=n)


@pytest.mark.parametrize(
    ("part", "members"),
    [
        (Did(event=BUY, amount=2, window=days(30)), {"ann", "bob"}),
        (Did(event=BUY, amount=2, window=days(7)), {"ann"}),
        (Did(event=BUY, op="exactly", amount=1, window=days(7)), {"bob"}),
        (Did(event=BUY, op="at_most", amount=1, window=days(7)), {"bob", "cat", "dan"}),
        (Did(event=BUY, op="not", window=days(30)), {"cat", "dan"}),
        (Did(event=BUY, op="not", window=Window()), {"dan"}),
        (Did(event=BUY, measure="sum", of="value", op="at_least", amount=1_000, window=Window()), {"ann", "cat"}),  # 12.00 and 90.00
        (Did(event=BUY, measure="sum", of="value", op="at_most", amount=150, window=Window()), {"bob", "dan"}),  # 1.50 and nothing
        (Did(measure="days", amount=3, window=Window()), {"ann"}),
        (Did(event=VIEW, window=Window(first=at(2).date(), last=at(1).date())), {"bob", "dan"}),
        (Did(event=Matcher(event="view", where=Where(values=(Filter("is", "property.plan", ("Pro",)),)))), {"bob"}),
        (Did(event=Matcher(any_of=(Event(event="view"), Event(event="buy"))), amount=2, window=days(2)), {"bob"}),
        (Stopped(event=BUY, days=30), {"cat"}),
        (Stopped(days=2), {"cat", "dan"}),
        (FirstTime(event=BUY, window=days(7)), {"ann"}),
        (FirstTime(event=BUY, window=days(30)), {"ann", "bob"}),
        (FirstTime(window=days(30)), {"bob", "dan"}),
        (Sequence(steps=(VIEW, BUY), within=2, unit="hour", window=days(30)), {"bob"}),
        (Sequence(steps=(VIEW, BUY), within=60, window=Window()), {"ann", "bob"}),
        (Sequence(steps=(BUY, BUY), within=60, without=VIEW, window=Window()), {"ann"}),
        (Joined(window=days(10)), {"dan"}),
    ],
)
def test_conditions_by_hand(desk, part, members):
    assert desk.who(part) == members


def test_groups_nest(desk):
    buyers, viewers = Did(event=BUY, window=days(30)), Did(event=VIEW, window=Window())
    assert desk.who(buyers, viewers) == {"ann", "bob"}
    assert desk.who(buyers, Stopped(event=BUY, days=30), kind="any") == {"ann", "bob", "cat"}
    assert desk.who(viewers, Group(kind="any", of=(Did(event=BUY, op="not", window=Window()), Stopped(event=BUY)))) == {"cat", "dan"}


def test_size_over_time_looks_at_each_day(desk):
    query = SegmentSize(definition=Group(of=(Did(event=BUY, window=days(7)),)), period="2026-03-20~2026-04-10", grain="week")
    # weeks end on 22 and 29 March, 5 April, and today: bob bought on 21 March; ann on 7 and 10 April, bob on 9 April
    assert desk.ask(query).frame["segment_users"].tolist() == [1, 0, 0, 2]
    now = desk.ask(SegmentSize(definition=Group(of=(Did(event=BUY, window=days(7)),)), compare="previous"))
    assert (now.value("segment_users"), now.value("segment_share"), now.previous("segment_users")) == (2, 0.5, 2)


def test_in_every_question(desk):
    buyers = desk.keep("Buyers", Did(event=BUY, window=days(30)))
    gone = desk.keep("Gone", Stopped(event=BUY, days=30))
    period = "2026-01-01~2026-04-10"
    mine = Aggregate(metrics=("events", "active_users"), period=period, segment=buyers.id)
    assert desk.ask(mine).totals == {"events": 6.0, "active_users": 2.0}
    beside = desk.ask(mine.model_copy(update={"compare": "rest"}))
    assert beside.previous_totals == {"events": 3.0, "active_users": 2.0}
    assert desk.ask(mine.model_copy(update={"compare": f"segment:{gone.id}"})).previous_totals == {"events": 2.0, "active_users": 1.0}
    cut = desk.ask(Aggregate(metrics=("active_users",), by=(f"segment.{buyers.id}",), period=period)).frame
    assert dict(cut.itertuples(index=False)) == {"in": 2.0, "out": 2.0}
    both = desk.ask(Aggregate(metrics=("events",), by=(f"segments.{buyers.id}.{gone.id}",), period=period))
    assert dict(both.frame.itertuples(index=False)) == {buyers.id: 6.0, gone.id: 2.0}
    assert both.totals == {"events": 9.0}
    funnel = Funnel(steps=(FunnelStep(event="view"), FunnelStep(event="buy")), window=90, period=period, segment=buyers.id)
    assert desk.ask(funnel).frame["people"].tolist() == [2, 2]
    sliced = desk.ask(funnel.model_copy(update={"segment": None, "by": (f"segment.{buyers.id}",)})).frame
    assert sliced["people"].tolist() == [2, 2, 2, 0]
    assert set(desk.ask(People(segment=buyers.id)).frame["external_id"]) == {"ann", "bob"}
    assert set(desk.ask(People(of=funnel, step=2)).frame["external_id"]) == {"ann", "bob"}
    for one in (buyers, gone):
        forget(desk, one)


def forget(desk, one):
    with connected(warehouse=desk.of.warehouse, store=desk.store):
        freezing.forget(desk.actor, one.id)


def test_frozen_keeps_its_people_and_other_segments_follow(desk):
    one = desk.keep("Weekly buyers", Did(event=BUY, window=days(7)))
    with connected(warehouse=desk.of.warehouse, store=desk.store):
        frozen = freezing.freeze(desk.actor, (one.id, one.version), NOW)
    later = NOW + timedelta(days=60)
    outside = desk.keep("Outside", InSegment(id=one.id, inside=False))
    assert desk.ask(SegmentSize(segment=one.id), now=later).value("segment_users") == 2
    assert desk.who(InSegment(id=one.id), now=later) == {"ann", "bob"}
    assert set(desk.ask(People(segment=outside.id), now=later).frame["external_id"]) == {"cat", "dan"}
    history = desk.ask(SegmentSize(segment=one.id, period="2026-03-30~2026-04-10", grain="week")).frame["segment_users"]
    assert history.isna().tolist() == [True, False]
    thawed = saved.change(desk.store, desk.actor, (one.id, frozen.version), Draft("Weekly buyers", one.definition), now=later)
    assert thawed.frozen_at is None
    assert desk.ask(SegmentSize(segment=one.id), now=later).value("segment_users") == 0
    for gone in (outside, one):
        forget(desk, gone)


def test_behind_a_number_is_asked_again(desk):
    funnel = Funnel(steps=(FunnelStep(event="view"), FunnelStep(event="buy")), window=90, period="2026-01-01~2026-12-31")
    assert desk.who(Behind(people=People(of=funnel, step=2, outcome="dropped"))) == {"cat", "dan"}


def test_overlap_by_hand(desk):
    a = desk.keep("A", Did(event=BUY, window=Window()))
    b = desk.keep("B", Did(event=VIEW, window=days(30)))
    found = desk.ask(SegmentOverlap(segments=(a.id, b.id)))
    # ann, bob, cat bought; bob, dan viewed lately
    assert dict(zip(found.frame["combination"], found.frame["segment_users"], strict=True)) == {"A": 2, "B": 1, "A & B": 1}
    assert found.extra["sizes"] == [3, 2]
    assert found.extra["pairs"] == [[3, 1], [1, 2]]
    for one in (a, b):
        forget(desk, one)


def test_difference_by_hand(desk):
    frame = desk.ask(SegmentDifference(definition=Group(of=(Did(event=BUY, window=days(30)),)), period="2026-01-01~2026-04-10")).frame
    rows = {(row.feature, row.value): row for row in frame.itertuples()}
    events = rows[("Events", "")]
    assert (events.inside, events.outside) == (3.0, 1.5)  # ann 3 and bob 3; cat 2 and dan 1
    # variances 0 and 0.5: pooled deviation 0.5, Welch's error sqrt(0.5 / 2) = 0.5
    assert events.effect == pytest.approx(3.0)
    assert events.low == pytest.approx(1.5 - 1.959964 * 0.5)
    viewed = rows[("Did", "view")]
    assert (viewed.inside, viewed.outside, viewed.difference, viewed.lift, viewed.effect) == (1.0, 1.0, 0.0, 1.0, 0.0)
    bought = rows[("Did", "buy")]
    assert (bought.inside, bought.outside) == (1.0, 0.5)
    assert bought.low < 0.5 < bought.high


def test_why_somebody_is_in_or_out(desk):
    definition = Group(of=(Did(event=BUY, window=days(30)), Did(event=VIEW, op="not", window=days(30))))
    found = desk.ask(SegmentReasons(definition=definition, person="bob"))
    assert found.frame["inside"].tolist() == [1.0, 0.0]
    assert found.value("inside") == 0.0
    assert found.frame["condition"][0] == "did “buy” at least once in the last 30 days"
    with pytest.raises(InvalidQuery, match="nobody"):
        desk.ask(SegmentReasons(definition=definition, person="zoe"))


HOSTILE = ["'; DROP TABLE events; --", "\\", "%", "{{7*7}}", "😀\u202e", "a\x01b", '"$.x']


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_data(house, store, text):
    desk = Desk(house, store, [Row("ann", at(0), text, (("k", text), (text, "v"))), Row("bob", at(0), "x")])
    named = Matcher(event=text)
    assert desk.who(Did(event=named)) == {"ann"}
    assert desk.who(Did(event=named, op="not")) == {"bob"}
    assert desk.who(Did(event=Matcher(where=Where(values=(Filter("is", "property.k", (text,)),))))) == {"ann"}
    assert desk.who(Did(event=Matcher(where=Where(values=(Filter("is", f"property.{text}", ("v",)),))))) == {"ann"}
    assert desk.who(Property(filter=Filter("is", f"person.{text}", (text,)))) == set()
    one = desk.keep(text, Did(event=named))
    assert desk.ask(SegmentSize(segment=one.id)).value("segment_users") == 1


def test_nobody_at_all(house, store):
    desk = Desk(house, store, [])
    assert desk.who(Did()) == set() == desk.who(Did(op="not"))
    assert desk.ask(SegmentSize(definition=Group(of=(Joined(),)))).totals == {"segment_users": 0.0, "segment_share": None}
    assert len(desk.ask(SegmentDifference(definition=Group(of=(Did(),)))).frame)


NAMES = st.sampled_from(["a", "b", "c"])
LOGS = st.lists(
    st.builds(lambda u, m, n, v: Row(u, at(0, 9) - timedelta(minutes=m), n, value=v), st.sampled_from(["ann", "bob", "cat"]),
              st.integers(0, 20 * 24 * 60), NAMES, st.integers(-50, 100)), max_size=14, unique_by=lambda row: (row.user, row.ts)
)  # fmt: skip
MATCHERS = st.sampled_from([Matcher(), Matcher(event="a"), Matcher(any_of=(Event(event="a"), Event(event="b")))])
WINDOWS = st.one_of(
    st.just(Window()), st.builds(lambda n: Window(days=n), st.integers(1, 21)),
    st.builds(lambda a, n: Window(first=at(a).date(), last=at(a - n).date()), st.integers(5, 21), st.integers(0, 5)),
)  # fmt: skip
COUNTED = st.builds(
    lambda e, m, o, n, w: Did(event=e, measure=m, op=o, amount=max(n, 1) if o == "at_least" else n, window=w),
    MATCHERS, st.sampled_from(["times", "days"]), st.sampled_from(["at_least", "at_most", "exactly", "not"]), st.integers(0, 3), WINDOWS,
)  # fmt: skip
SUMMED = st.builds(
    lambda e, o, n, w: Did(event=e, measure="sum", of="value", op=o, amount=n, window=w),
    MATCHERS, st.sampled_from(["at_least", "at_most", "exactly"]), st.integers(-50, 150), WINDOWS,
)  # fmt: skip
ORDERED = st.builds(
    lambda s, n, x, w: Sequence(
        steps=tuple(Matcher(event=e) for e in s), within=n, unit="hour", without=Matcher(event="c") if x else None, window=w
    ),
    st.lists(st.sampled_from(["a", "b"]), min_size=2, max_size=3), st.integers(1, 200), st.booleans(), WINDOWS,
)  # fmt: skip
LEAVES = st.one_of(
    COUNTED, SUMMED, ORDERED,
    st.builds(lambda e, n: Stopped(event=e, days=n), MATCHERS, st.integers(1, 15)),
    st.builds(lambda e, n: FirstTime(event=e, window=Window(days=n)), MATCHERS, st.integers(1, 15)),
)  # fmt: skip
GROUPS = st.sampled_from(["all", "any"])
TREES = st.recursive(
    LEAVES,
    lambda parts: st.builds(lambda kind, of: Group(kind=kind, of=tuple(of)), GROUPS, st.lists(parts, min_size=1, max_size=3)),
    max_leaves=5,
)


def meant(row, matcher):
    return any(one.event in (None, row.name) for one in matcher.alternatives)


def inside(row, window, zone):
    day = row.ts.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    first = TODAY - timedelta(days=window.days - 1) if window.days else window.first or date.min
    return first <= day <= min(window.last or TODAY, TODAY)


def met(part, rows, zone):
    """Whether somebody with these events meets the condition, the slow way."""
    if isinstance(part, Group):
        return (all if part.kind == "all" else any)(met(one, rows, zone) for one in part.of)
    if isinstance(part, Did):
        found = [r for r in rows if meant(r, part.event) and inside(r, part.window, zone)]
        counts = {"times": len(found), "days": len({r.ts.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() for r in found})}
        n = sum(r.value for r in found) if part.measure == "sum" else counts[part.measure]
        return {"at_least": n >= part.amount, "at_most": n <= part.amount, "exactly": n == part.amount, "not": not found}[part.op]
    if isinstance(part, Stopped):
        lately = [inside(r, Window(days=part.days), zone) for r in rows if meant(r, part.event)]
        return bool(lately) and not any(lately)
    if isinstance(part, FirstTime):
        first = min((r for r in rows if meant(r, part.event)), key=lambda r: r.ts, default=None)
        return first is not None and inside(first, part.window, zone)
    seen = sorted((r for r in rows if inside(r, part.window, zone)), key=lambda r: r.ts)
    return any(_chain(part, chosen, seen) for chosen in product(seen, repeat=len(part.steps)))


def _chain(part, chosen, seen):
    """These events, one per step: in order, in time, nothing unwanted in between."""
    times = [r.ts for r in chosen]
    named = all(meant(r, step) for r, step in zip(chosen, part.steps, strict=True))
    in_time = times[-1] - times[0] <= timedelta(seconds=part.seconds)
    ordered = all(a < b for a, b in pairwise(times))
    void = part.without and any(meant(r, part.without) and a < r.ts < b for r in seen for a, b in pairwise(times))
    return named and in_time and ordered and not void


@FEW
@given(LOGS, st.lists(TREES, min_size=4, max_size=4), st.sampled_from(["Europe/Paris", "America/Los_Angeles", "Asia/Kolkata"]))
def test_against_the_slow_way(house, store, rows, trees, zone):
    desk = Desk(house, store, rows, zone)
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 20, tzinfo=ZoneInfo(zone))
    people = {row.user for row in rows}
    for tree in trees:
        expected = {user for user in people if met(tree, [row for row in rows if row.user == user], zone)}
        assert desk.who(tree, now=now) == expected
