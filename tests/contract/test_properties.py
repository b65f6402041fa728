"""Which properties there are, and their values, the most frequent first; on every engine."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from analytics.kinds.properties import Properties
from analytics.run import Forbidden
from tests.contract.shapes_desk import NOW, Row, company

DAY = datetime(2026, 11, 20, 10)
ODD = "it's 100% \" ; DROP TABLE events; -- <b>"


@pytest.fixture
def shop(warehouse):
    rows = [Row("ann", DAY, "buy", (("size", "L"), (ODD, ODD))), Row("bob", DAY, "buy", (("size", "L"), ("n", 3)))]
    rows += [Row("bob", DAY - timedelta(days=1), "visit", (("size", "S"), ("deep", {"a": [1]}), ("none", None)))]
    return company(warehouse, rows)


def seen(shop, column, **asked):
    return dict(shop.ask(Properties(**asked)).frame[[column, "seen"]].itertuples(index=False, name=None))


def test_properties_of_events(shop):
    assert seen(shop, "property") == {"size": 3, ODD: 1, "n": 1, "deep": 1, "none": 1}
    assert seen(shop, "property", event="visit") == {"size": 1, "deep": 1, "none": 1}
    assert seen(shop, "property", limit=1) == {"size": 3}


def test_values_of_a_property(shop):
    assert seen(shop, "value", key="size") == {"L": 2, "S": 1}
    assert seen(shop, "value", key="n") == {"3": 1}
    assert seen(shop, "value", key=ODD) == {ODD: 1}
    assert seen(shop, "value", key="none") == {}


def test_values_of_people_are_for_those_who_may_see_people(shop):
    assert seen(shop, "property", of="person") == {}
    with pytest.raises(Forbidden):
        shop.ask(Properties(of="person", key="email"), roles=frozenset({"executive"}))
    assert shop.ask(Properties(of="person", key="plan"), roles=frozenset({"executive"}), now=NOW).frame.empty
