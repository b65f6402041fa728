"""How conversions are shared among touchpoints: by hand, and against a slow way that looks at each conversion alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.roles import Permission
from analytics.filters import Filter
from analytics.kinds import attribution_stated, query_from_json
from analytics.kinds.attribution_models import MODELS, Touches, shared
from analytics.kinds.attribution_query import Attribution, permissions
from analytics.kinds.attribution_stated import touchpoints
from analytics.kinds.people import People
from analytics.matching import Matcher
from analytics.query import InvalidQuery
from data_access.warehouse import open_warehouse
from tests.contract.attribution_desk import START, Sale, Visit, visited

HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def house():
    opened = open_warehouse("duckdb:///:memory:", threads=1)
    opened.migrate()
    yield opened
    opened.close()


def path(*hours: int, of: int = 0) -> Touches:
    return Touches(np.full(len(hours), of), np.array(hours, np.int64) * HOUR)


def parts(model: str, touches: Touches, amount: int, half_life: float = 7) -> list[int]:
    return shared(model, touches, np.full(len(touches), amount), half_life).tolist()


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first_touch", [1000, 0, 0, 0]),
        ("last_touch", [0, 0, 0, 1000]),
        ("linear", [250, 250, 250, 250]),
        ("position_based", [400, 100, 100, 400]),
        # Ages 21, 14, 7, 0 days at a half-life of 7: weights 1/8, 1/4, 1/2, 1 of 15/8, so 1/15, 2/15, 4/15, 8/15 of 1000;
        # up to each: 66.7, 200, 466.7, 1000, rounded 67, 200, 467, 1000.
        ("time_decay", [67, 133, 267, 533]),
    ],
)
def test_four_touchpoints_a_week_apart(model, expected):
    assert parts(model, path(0, 168, 336, 504), 1000) == expected


@pytest.mark.parametrize(
    ("size", "amount", "expected"),
    [
        (1, 1000, [1000]),
        (2, 1000, [500, 500]),
        (3, 1000, [400, 200, 400]),
        (2, 1, [1, 0]),  # half a cent rounds up at the first, nothing is left for the second
        (3, 1, [0, 1, 0]),  # up to each 0.4, 0.6, 1: rounded 0, 1, 1
        (2, -1, [0, -1]),
    ],
)
def test_money_is_shared_in_whole_units(size, amount, expected):
    assert parts("position_based", path(*range(size)), amount) == expected


def test_linear_thirds_of_a_hundred():
    """Up to each 33.3, 66.7, 100: rounded 33, 67, 100."""
    assert parts("linear", path(0, 1, 2), 100) == [33, 34, 33]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(-5, 10**12), st.floats(0.01, 365))
def test_every_model_gives_out_exactly_what_there_is(sizes, amount, half_life):
    conversion = np.repeat(np.arange(len(sizes)), sizes)
    touches = Touches(conversion, np.arange(len(conversion)) * 40 * HOUR)
    for model in MODELS:
        given_out = np.bincount(conversion, shared(model, touches, np.full(len(conversion), amount), half_life))
        assert given_out.tolist() == [amount] * len(sizes)


def test_no_touchpoints_at_all():
    nothing = Touches(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert [len(shared(model, nothing, np.zeros(0, np.int64), 7)) for model in MODELS] == [0] * 5


def day(of: float) -> datetime:
    return START + timedelta(days=of)


def rows_of(result, *columns: str) -> list[tuple]:
    return [tuple(row) for row in result.frame[list(columns)].itertuples(index=False)]


VISITS = [
    Visit("ann", day(0), "google", "cpc", "brand"),
    Visit("ann", day(5)),
    Visit("ann", day(9), "news", "email", "june"),
    Visit("bob", day(1)),
    Visit("bob", day(40), "google", "organic"),
]
SALES = [Sale("ann", day(10), 1000), Sale("bob", day(35), 90), Sale("bob", day(41), 10), Sale(None, day(20), 7)]


def test_a_desk_by_hand(house):
    """Ann's 10.00 came by search, direct, email; Bob's 0.90 by nothing within 30 days, his 0.10 by search; nobody's 0.07 by nothing."""
    asked = visited(house, VISITS, SALES)
    result = asked.ask(Attribution(period="all"))
    assert rows_of(result, "touch", "channel", "first_touch", "last_touch", "linear", "assisted", "touched") == [
        ("touched", "organic_search", 1, 1, 1, 0, 1),
        ("touched", "direct", 0, 0, 0.333334, 1, 1),
        ("touched", "email", 0, 1, 0.333333, 0, 1),
        ("touched", "paid_search", 1, 0, 0.333333, 1, 1),
        ("none", "", 2, 2, 2, 0, 0),
    ]
    money = dict(zip(result.frame["channel"], result.frame["position_based_money"], strict=True))
    assert money == {"paid_search": 400, "direct": 200, "email": 400, "organic_search": 10, "": 97}
    assert result.extra == {"conversions": 4, "money": 1107, "untouched": 2, "mean_touches": 2.0}
    assert (result.value("linear"), result.value("linear_money"), result.value("assisted")) == (4, 1107, 1)


def test_direct_only_where_nothing_else_came_before(house):
    """Without the direct visit Ann's is shared by two; a direct visit alone keeps its conversion."""
    asked = visited(house, VISITS, [*SALES, Sale("bob", day(2), 5)])
    frame = asked.ask(Attribution(period="all", direct="last_resort")).frame.set_index("channel")
    assert frame["linear"].to_dict() == {"direct": 1, "organic_search": 1, "email": 0.5, "paid_search": 0.5, "": 2}


@pytest.mark.parametrize(("days", "untouched"), [(10, 0), (9, 0), (1, 0)])
def test_both_ends_of_the_window_are_inside(house, days, untouched):
    asked = visited(house, VISITS, [Sale("ann", day(10), 1)])
    result = asked.ask(Attribution(period="all", lookback_days=days))
    assert result.extra["untouched"] == untouched
    assert result.extra["mean_touches"] == {10: 3, 9: 2, 1: 1}[days]


def test_what_a_conversion_states_goes_before_visits(house):
    told = [{"ts": "2026-03-10T08:00:00Z", "channel": "partner"}, {"channel": "email"}, {"ts": "2026-03-09T08:00:00Z", "medium": "cpc"}]
    asked = visited(house, VISITS, [Sale("ann", day(10), 1000, json.dumps(told))])
    assert rows_of(asked.ask(Attribution(period="all")), "channel", "first_touch", "last_touch") == [
        ("paid_search", 1, 0),
        ("partner", 0, 1),
    ]
    assert asked.ask(Attribution(period="all", touchpoints="visits")).extra["mean_touches"] == 3


@pytest.mark.parametrize("stated", ["[]", "{}", '"x"', "[1, null]", '[{"ts": "when?"}]', '[{"ts": 5, "channel": []}]'])
def test_what_cannot_be_read_is_no_touchpoint(house, stated):
    asked = visited(house, VISITS, [Sale("ann", day(10), 1, stated)])
    assert asked.ask(Attribution(period="all")).extra["untouched"] == (0 if stated in ("[]", "{}") else 1)


def test_an_event_may_be_the_conversion(house):
    asked = visited(house, VISITS, [])
    result = asked.ask(Attribution(event=Matcher(event="view"), period="2026-03-10~2026-03-10", by=("source", "medium", "campaign")))
    assert rows_of(result, "source", "medium", "campaign", "last_touch") == [
        ("", "", "", 0),
        ("google", "cpc", "brand", 0),
        ("news", "email", "june", 1),
    ]


def test_costs_meet_the_conversions_of_their_slice(house):
    """Search brought half of Ann's 10.00 by position and cost 2.00, a banner 3.00 and nothing."""
    asked = visited(house, VISITS[:3:2], [Sale("ann", day(10), 1000)], costs=[("paid_search", 200), ("display", 300)])
    frame = asked.ask(Attribution(period="all")).frame.set_index("channel")
    assert frame.loc["paid_search", ["linear_money", "cost", "linear_cac", "linear_roas"]].tolist() == [500, 200, 400, 2.5]
    assert frame.loc["display", ["linear", "cost", "linear_roas"]].tolist() == [0, 300, 0]
    assert np.isnan(frame.loc["display", "linear_cac"])
    assert np.isnan(frame.loc["email", "cost"])


def test_slices_beyond_the_limit_are_one(house):
    asked = visited(house, VISITS, SALES, costs=[("display", 300)])
    result = asked.ask(Attribution(period="all", limit=1))
    assert rows_of(result, "touch", "channel", "linear", "cost")[1][:3] == ("other", "Other", 1)
    assert result.frame["linear"].sum() == 4
    assert result.frame["cost"].sum() == 300


def test_money_without_a_rate_is_refused(house):
    asked = visited(house, VISITS, [replace(SALES[0], currency="XPF"), SALES[2]])
    result = asked.ask(Attribution(period="all"))
    assert result.warned("no_rate")
    assert result.value("linear_money") is None
    assert result.frame["linear_money"].isna().all()
    assert result.value("linear") == 2


def test_a_filter_that_conversions_lack_is_said(house):
    result = visited(house, VISITS, SALES).ask(Attribution(period="all", filters=(Filter("is", "device", ("mobile",)),)))
    assert result.warned("not_applicable")
    assert result.frame.empty


@pytest.mark.parametrize(
    ("cell", "who"),
    [
        ({"slice": ("direct",)}, {"ann"}),
        ({"slice": ("organic_search",)}, {"bob"}),
        ({}, {"ann", "bob"}),
        ({"touch": "none"}, {"bob"}),
        ({"slice": ("nothing",)}, set()),
    ],
)
def test_the_people_behind_a_row(house, cell, who):
    result = visited(house, VISITS, SALES).ask(People(of=Attribution(period="all"), **cell))
    assert set(result.frame["external_id"]) == who


def test_only_those_who_may_see_money():
    assert Permission.READ_MONEY in permissions(Attribution())
    assert Permission.READ_MONEY not in permissions(Attribution(value=False))


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": []},
        {"by": ["country"]},
        {"by": ["channel", "channel"]},
        {"types": ["sign_up"], "event": {"event": "x"}},
        {"lookback_days": 0},
        {"half_life_days": 0},
        {"half_life_days": "NaN"},
        {"touchpoints": "guessed"},
    ],
)
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(InvalidQuery):
        query_from_json({"kind": "attribution", **wrong})


def test_a_question_survives_json():
    query = Attribution(types=("upgrade",), by=("campaign", "source"), direct="last_resort", half_life_days=3.5, value=False)
    assert query_from_json(query.to_json()) == query


WORDS = st.one_of(st.none(), st.text(max_size=4), st.just("a\nb"))
STATED = st.lists(st.dictionaries(st.sampled_from(["ts", "channel", "medium", "other"]), WORDS, max_size=3), max_size=3)
ODD = st.sampled_from([None, 1, "x", {}, [1], [None, {"ts": 5}], [{"channel": ["y"]}]])
DOCUMENTS = st.lists(st.one_of(STATED, ODD).map(lambda document: json.dumps(document, indent=1)), max_size=5)


@given(DOCUMENTS)
def test_stated_touchpoints_are_read_the_same_at_once_and_one_by_one(documents):
    place, told = touchpoints(documents)
    slow_place, slow = attribution_stated._one_by_one(documents)
    kept, slow_kept = told.to_numpy().any(axis=1), slow.to_numpy().any(axis=1)  # a touchpoint without a word is none either way
    assert place[kept].tolist() == slow_place[slow_kept].tolist()
    assert told[kept].to_numpy().tolist() == slow[slow_kept].to_numpy().tolist()
