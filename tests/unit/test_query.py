"""A question survives the journey to JSON, to a URL and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.filters import OPERATORS, Filter, InvalidFilter
from analytics.kinds import query_from_json
from analytics.kinds.aggregate import Aggregate
from analytics.query import InvalidQuery, Scope, params_to_json

VALUES = st.one_of(st.text(max_size=40), st.integers(-(2**53), 2**53), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))


@st.composite
def filters(draw):
    operator = draw(st.sampled_from(sorted(OPERATORS)))
    fewest, most = OPERATORS[operator].arity
    values = draw(st.lists(VALUES, min_size=fewest, max_size=min(most, 4)))
    return Filter(operator, draw(st.sampled_from(["plan", "country", "property.a b"])), tuple(values))


queries = st.builds(
    Aggregate,
    metrics=st.lists(st.sampled_from(["mrr", "events", "sessions"]), min_size=1, max_size=3, unique=True).map(tuple),
    by=st.lists(st.sampled_from(["plan", "country"]), max_size=2, unique=True).map(tuple),
    grain=st.sampled_from([None, "hour", "day", "month"]),
    period=st.sampled_from(["30d", "mtd", "2026-01-01~2026-01-31"]),
    filters=st.lists(filters(), max_size=3).map(tuple),
    compare=st.sampled_from([None, "previous", "year"]),
    limit=st.one_of(st.none(), st.integers(1, 100)),
    totals=st.booleans(),
)


@given(queries)
def test_json_round_trip(query):
    assert query_from_json(query.to_json()) == query


@given(queries)
def test_url_round_trip(query):
    assert query_from_json(params_to_json(query.to_params())) == query


@given(queries)
def test_equal_questions_are_one_cache_key(query):
    again = query_from_json(query.to_json())
    assert hash(again) == hash(query)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "kind"),
        ({"kind": "magic"}, "kind"),
        ({"kind": "aggregate"}, "metrics"),
        ({"kind": "aggregate", "metrics": []}, "metrics"),
        ({"kind": "aggregate", "metrics": ["a", "a"]}, "twice"),
        ({"kind": "aggregate", "metrics": ["a"], "period": "soon"}, "not a period"),
        ({"kind": "aggregate", "metrics": ["a"], "filters": [["is", "plan"]]}, "a filter is written"),
        ({"kind": "aggregate", "metrics": ["a"], "filters": [["like", "plan", ["x"]]]}, "not an operator"),
        ({"kind": "aggregate", "metrics": ["a"], "grain": "eon"}, "grain"),
        ({"kind": "aggregate", "metrics": ["a"], "drop": True}, "drop"),
    ],
)
def test_what_is_wrong_is_said(data, says):
    with pytest.raises(InvalidQuery, match=says):
        query_from_json(data)


def test_a_filter_knows_its_sentence():
    f = Filter("is", "country", ("FR", "BE"))
    names = {"FR": "France", "BE": "Belgium"}
    assert f.sentence("en", "country", lambda v: names[v]) == "country is France or Belgium"
    assert f.sentence("fr", "pays") == "pays est FR ou BE"


def test_braces_in_a_value_stay_text():
    assert Filter("contains", "plan", ("{values} {0}",)).sentence("en", "plan") == "plan contains {values} {0}"


def test_too_many_or_too_long_values_are_refused():
    with pytest.raises(InvalidFilter, match="200"):
        Filter("is", "plan", tuple(str(i) for i in range(201)))
    with pytest.raises(InvalidFilter, match="longer"):
        Filter("is", "plan", ("x" * 501,))


def test_a_scope_replaces_the_period_and_adds_filters():
    query = Aggregate(metrics=("mrr",), compare="previous", grain="day", filters=(Filter("is", "kind", ("business",)),))
    scope = Scope(period="mtd", compare=None, grain="week", filters=(Filter("is", "plan", ("Pro",)),))
    asked = query.within(scope)
    assert (asked.period.text, asked.compare, asked.grain) == ("mtd", None, "week")
    assert [f.dimension for f in asked.filters] == ["kind", "plan"]


def test_a_total_stays_a_total_and_an_uncompared_question_uncompared():
    asked = Aggregate(metrics=("mrr",)).within(Scope(grain="week"))
    assert (asked.grain, asked.compare) == (None, None)
