"""Attribution through `run` on every engine, against the slow way: one conversion at a time, in fractions."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.kinds.attribution_models import MODELS, PARTS
from analytics.kinds.attribution_query import Attribution
from data_access.warehouse import open_warehouse
from tests.contract.attribution_desk import START, Sale, Visit, visited
from tests.contract.conftest import ENGINES
from tests.contract.servers import database

FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
CAME = {  # source, medium, campaign, the channel stored beside -> the visit's channel
    ("google", "cpc", "brand", "referral"): "paid_search",
    ("meta", "paid_social", None, "paid_social"): "paid_social",
    ("news", "email", "june", None): "email",
    (None, None, None, "referral"): "direct",
    ("forum", None, None, "referral"): "referral",
}
WINDOW, HALF_LIFE = timedelta(days=4), timedelta(days=2)


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


USERS, HOURS = st.sampled_from(["ann", "bob"]), st.integers(0, 40).map(lambda n: START + timedelta(hours=6 * n))
VISITS = st.lists(
    st.builds(lambda u, t, c: Visit(u, t, *c), USERS, HOURS, st.sampled_from(list(CAME))), max_size=12, unique_by=lambda v: (v.user, v.ts)
)
TOLD = st.lists(st.tuples(HOURS, st.sampled_from(["direct", "email", "partner"])), min_size=1, max_size=4)
SALES = st.lists(
    st.builds(
        lambda u, t, v, told: Sale(u, t, v, told and json.dumps([{"ts": f"{at.isoformat()}Z", "channel": c} for at, c in told])),
        st.sampled_from(["ann", "bob", None]),
        HOURS,
        st.sampled_from([None, 1, 7, 1000, -3]),
        st.one_of(st.none(), TOLD),
    ),
    max_size=6,
)


def paths(visits, sales, direct):
    """Each conversion's channels in order, with their instants."""
    for sale in sales:
        if sale.stated:
            told = [(START.fromisoformat(t["ts"][:-1]), t["channel"]) for t in json.loads(sale.stated)]
        else:
            told = [(v.ts, CAME[v.source, v.medium, v.campaign, v.channel]) for v in visits if v.user == sale.user]
        held = sorted((one for one in told if timedelta(0) <= sale.ts - one[0] <= WINDOW), key=lambda one: one[0])
        others = [one for one in held if one[1] != "direct"]
        yield sale, (others or held) if direct == "last_resort" else held


def weights(model, path):
    """Each touchpoint's part of a conversion."""
    n = len(path)
    if model == "first_touch":
        return [Fraction(k == 0) for k in range(n)]
    if model == "last_touch":
        return [Fraction(k == n - 1) for k in range(n)]
    if model == "linear":
        return [Fraction(1, n)] * n
    if model == "position_based":
        return [Fraction(1, n)] * n if n <= 2 else [Fraction(2, 5), *[Fraction(1, 5 * (n - 2))] * (n - 2), Fraction(2, 5)]
    decayed = [2.0 ** -((path[-1][0] - at) / HALF_LIFE) for at, _ in path]
    return [Fraction(w) / sum(map(Fraction, decayed)) for w in decayed]


def expected(visits, sales, direct):
    credit, money, assisted, touched = defaultdict(Counter), defaultdict(Counter), Counter(), Counter()
    for sale, path in paths(visits, sales, direct):
        channels = [channel for _, channel in path]
        touched.update(set(channels))
        assisted.update(set(channels) - set(channels[-1:]))
        for model in MODELS:
            for channel, weight in zip(channels or [None], weights(model, path) if path else [Fraction(1)], strict=True):
                credit[model][channel] += weight
                money[model][channel] += weight * (sale.value or 0)
    return credit, money, assisted, touched


@FEW
@given(VISITS, SALES, st.sampled_from(["counts", "last_resort"]))
def test_every_model_against_the_slow_way(house, visits, sales, direct):
    query = Attribution(period="all", lookback_days=WINDOW.days, half_life_days=HALF_LIFE.days, direct=direct)
    result = visited(house, visits, sales).ask(query)
    credit, money, assisted, touched = expected(visits, sales, direct)
    rows = {None if row["touch"] == "none" else row["channel"]: row for row in result.frame.to_dict("records")}
    assert {name: row["touched"] for name, row in rows.items() if name} == touched
    assert {name: row["assisted"] for name, row in rows.items() if row["assisted"]} == assisted
    for model in MODELS:
        # Parts are whole: a conversion's in millionths, money in cents. Each touchpoint is less than one off its figure.
        assert {n: row[model] for n, row in rows.items()} == pytest.approx(credit[model], abs=len(sales) * 12 / PARTS)
        assert {n: row[f"{model}_money"] for n, row in rows.items()} == pytest.approx(money[model], abs=len(sales) * 4)
        assert round(sum(row[model] for row in rows.values()) * PARTS) == len(sales) * PARTS
        assert sum(row[f"{model}_money"] for row in rows.values()) == sum(sale.value or 0 for sale in sales)


def test_a_heavy_user(house):
    """A hundred visits and thirty purchases of one person at one instant each."""
    visits = [Visit("ann", START + timedelta(minutes=40 * n), "news", "email") for n in range(100)]
    sales = [Sale("ann", START + timedelta(days=3), 100)] * 30
    result = visited(house, visits, sales).ask(Attribution(period="all"))
    assert result.frame[["channel", "linear", "linear_money", "touched"]].values.tolist() == [["email", 30, 3000, 30]]
    assert result.extra["mean_touches"] == 100


def test_nothing_at_all(house):
    result = visited(house, [], []).ask(Attribution())
    assert result.empty
    assert result.value("linear") == 0
