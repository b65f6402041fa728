"""Why people drop, worked out by hand: 12 on Safari of whom 2 buy, 12 on Firefox who all buy; on every engine."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from analytics.kinds import query_from_json
from analytics.kinds.dropoff import newcombe
from analytics.kinds.dropoff_query import DropOff
from analytics.kinds.funnel_query import Funnel, FunnelStep
from analytics.kinds.people_query import People
from analytics.query import InvalidQuery
from analytics.run import Forbidden
from ingest.writer import BatchWriter
from tests.contract.shapes_desk import NOW, Row, company

START = datetime(2026, 3, 2, 10)
BUY = Funnel(steps=(FunnelStep(event="visit"), FunnelStep(event="add"), FunnelStep(event="buy")), period="2026-03-01~2026-03-31", window=1)


def person(i: int, browser: str, *, buys: bool) -> list[Row]:
    at, who, carried = START + timedelta(hours=i), f"{browser}{i}", (("browser", browser), ("lang", "fr"))
    rows = [Row(who, at, "visit", carried), Row(who, at + timedelta(minutes=1), "add", carried)]
    if buys:
        return [*rows, Row(who, at + timedelta(minutes=2), "buy", carried)]
    helped = [Row(who, at + timedelta(minutes=3), "page_view", carried, path="/help")] if i % 2 else []
    return [*rows, *helped, Row(who, at + timedelta(hours=1), "late", carried)]


@pytest.fixture
def shop(warehouse):
    rows = [r for i in range(12) for r in (*person(i, "Safari", buys=i < 2), *person(i, "Firefox", buys=True))]
    opened = company(warehouse, rows)
    met = [("Safari5", 4), ("Safari6", 5), ("Safari6", 6), ("Safari7", 200), ("Firefox3", 1)]
    errors = {
        "id": [f"e{n}" for n in range(len(met))],
        "ts": pa.array([START + timedelta(hours=int(who[-1]), minutes=1 + after) for who, after in met], pa.timestamp("us")),
        "user_id": [who for who, _ in met],
        "form": ["pay"] * len(met),
        "field": ["card"] * len(met),
        "message": ["No card"] * len(met),
    }
    BatchWriter(warehouse, opened.tenant).write({"form_errors": pa.table(errors)}, NOW)
    return opened


def ask(shop, look, **more):
    return shop.ask(DropOff(of=BUY, look=look, by=("property.browser", "property.lang"), **more))


def test_a_value_is_held_against_all_others(shop):
    result = ask(shop, "differences")
    rows = [row for row in result.frame.to_dict("records") if row["step"] == "3"]
    (safari,) = [row for row in rows if row["dimension"] == "property.browser"]
    assert result.extra["step"] == 3
    assert (safari["value"], safari["people"], safari["dropped"]) == ("Safari", 12.0, 10.0)  # of two values only the worse is said
    assert (safari["conversion"], safari["rest"]) == (pytest.approx(2 / 12), 1.0)
    assert safari["lost"] == pytest.approx(12 * (1 - 2 / 12))
    assert safari["high"] < -0.3 < 0 < 1 + safari["low"]
    assert result.frame.iloc[0]["value"] == "Safari"
    assert (result.value("people"), result.value("dropped")) == (24.0, 10.0)


def test_one_step_may_be_named(shop):
    assert set(ask(shop, "differences", step=2).frame["step"]) == {"2"}


def test_what_the_dropped_did_next(shop):
    rows = {row["what"]: row for row in ask(shop, "next").frame.to_dict("records")}
    # Ten dropped after "add": 2 to 11. The odd ones read the help within the half hour, the others did nothing in it.
    assert {what: row["dropped"] for what, row in rows.items()} == {"/help": 5.0, "": 5.0}
    assert rows["/help"]["share"] == 0.5
    assert rows["/help"]["share_on"] == 0.0


def test_which_errors_they_met(shop):
    (row,) = ask(shop, "errors").frame.to_dict("records")
    # Safari5 and Safari6 within the half hour, each once; Safari7 hours later; Firefox3 went on.
    assert (row["what"], row["source"], row["dropped"]) == ("pay · card · No card", "form", 2.0)
    assert row["share"] == pytest.approx(2 / 10)
    assert row["share_on"] == pytest.approx(1 / 14)


def test_errors_are_for_those_who_may_see_health(shop):
    with pytest.raises(Forbidden):
        shop.ask(DropOff(of=BUY, look="errors"), roles=frozenset({"executive"}))
    with pytest.raises(Forbidden):
        shop.ask(DropOff(of=BUY, by=("person.email",)), roles=frozenset({"executive"}))


def test_nobody_and_a_single_person_are_answered(warehouse):
    for rows in ([], person(0, "Safari", buys=False)):
        nobody = company(warehouse, rows)
        assert all(ask(nobody, look).frame.shape[0] <= 1 for look in ("differences", "next", "errors"))


def test_what_cannot_be_asked_is_explained():
    for wrong, said in (({"step": 4}, "3 steps"), ({"of": {"kind": "funnel", "steps": [{"event": "a"}]}}, "single step")):
        with pytest.raises(InvalidQuery, match=said):
            query_from_json({"kind": "dropoff", "of": BUY.to_json()} | wrong)
    asked = DropOff(of=BUY, look="next", step=2)
    assert query_from_json(asked.to_json()) == asked


def test_newcombes_own_example():
    """Newcombe (1998), table II, method 10: 56 of 70 against 48 of 80, 95 %."""
    one, other = (np.array([56.0]), np.array([70.0])), (np.array([48.0]), np.array([80.0]))
    low, high = newcombe(one, other, 1.959964)
    assert (low[0], high[0]) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


@pytest.mark.parametrize(
    ("look", "what", "who"),
    [
        ("errors", "pay · card · No card", {"Safari5", "Safari6"}),
        ("next", "/help", {f"Safari{i}" for i in range(3, 12, 2)}),
        ("next", "", {f"Safari{i}" for i in range(2, 12, 2)}),
    ],
)
def test_a_bar_leads_to_those_who_dropped_there(shop, look, what, who):
    question = DropOff(of=BUY, look=look)
    assert set(shop.ask(People(of=question, what=what)).frame["external_id"]) == who


def test_a_reason_is_named_of_what_was_met_only():
    for cell in ({"of": DropOff(of=BUY, look="next")}, {"of": DropOff(of=BUY), "what": "x"}):
        with pytest.raises(ValueError, match="say what"):
            People(**cell)
