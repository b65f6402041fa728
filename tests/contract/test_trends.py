"""Trends of events on every engine, by hand."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.roles import Permission
from analytics.kinds import query_from_json
from analytics.kinds.people import People
from analytics.kinds.trends import Series, Trends, permissions
from analytics.query import InvalidQuery
from data_access.warehouse import open_warehouse
from tests.contract.conftest import ENGINES
from tests.contract.servers import database
from tests.contract.shapes_desk import Row, company


@pytest.fixture(scope="module", params=ENGINES)
def desk(request):
    """1 May: ann buys for 10 € and 20 €, bob for 60 €; 2 May: ann views; 3 May: cat buys for 30 € without a size."""
    rows = [
        bought("ann", 1, 1000, 1), bought("ann", 1, 2000, 2), bought("bob", 1, 6000, 9, path="/b"),
        Row("ann", datetime(2026, 5, 2, 12), "view", path="/a"), bought("cat", 3, 3000, "none"),
    ]  # fmt: skip
    if request.param == "duckdb":
        opened = open_warehouse("duckdb:///:memory:", threads=1)
        opened.migrate()
        yield company(opened, rows)
        opened.close()
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    with database(server, template) as url:
        opened = open_warehouse(url.render_as_string(hide_password=False))
        yield company(opened, rows)
        opened.close()


def bought(user: str, day: int, value: int, size: object, path: str = "/a") -> Row:
    return Row(user, datetime(2026, 5, day, 12), "buy", properties=(("size", size),), path=path, value=value)


DAYS = {"period": "2026-05-01~2026-05-03"}


def totals(desk, *series: Series, **more) -> list[float | None]:
    return [desk.ask(Trends(series=series, **{**DAYS, **more})).totals[f"s{i + 1}"] for i in range(len(series))]


def test_counts_of_events_users_and_events_per_user(desk):
    measures = [Series(event="buy", measure=m) for m in ("total", "users", "per_user")]
    assert totals(desk, *measures, Series()) == [4, 3, pytest.approx(4 / 3), 5]


def test_money_and_numbers_summed_averaged_and_ranked(desk):
    money = [Series(event="buy", measure=m, of="value") for m in ("sum", "mean", "median", "max")]
    assert totals(desk, *money) == [12000, 3000, 2500, 6000]
    sizes = [Series(event="buy", measure=m, of="property.size") for m in ("sum", "mean", "median", "min")]
    assert totals(desk, *sizes) == [12, 4, 2, 1]  # “none” is no number: 1, 2 and 9 count


def test_days_without_events_are_nought_for_counts_and_say_nothing_of_means(desk):
    frame = desk.ask(Trends(series=(Series(event="buy"), Series(event="buy", measure="mean", of="value")), grain="day", **DAYS)).frame
    assert frame["s1"].tolist() == [3, 0, 1]
    assert frame["s2"].isna().tolist() == [False, True, False]
    assert frame["s2"][0] == 3000


def test_slices_are_ranked_by_the_first_series(desk):
    frame = desk.ask(Trends(series=(Series(measure="users"), Series(event="view")), by=("path",), **DAYS)).frame
    assert frame.to_numpy().tolist() == [["/a", 2, 1], ["/b", 1, 0]]
    cut = desk.ask(Trends(series=(Series(),), by=("path", "event"), limit=1, **DAYS))
    assert (cut.frame.to_numpy().tolist(), cut.warned("truncated")) == ([["/a", "buy", 3]], True)


def test_the_people_behind_a_number(desk):
    query = Trends(series=(Series(event="buy"), Series(event="view")), by=("path",), grain="day", **DAYS)
    whole = desk.ask(People(of=query, metric="s1"))
    assert dict(zip(whole.frame["external_id"], whole.frame["times"], strict=True)) == {"ann": 2, "bob": 1, "cat": 1}
    cell = desk.ask(People(of=query, metric="s1", bucket="2026-05-01", slice=("/a",)))
    assert cell.frame["external_id"].tolist() == ["ann"]
    assert desk.ask(People(of=query, metric="s2")).frame["external_id"].tolist() == ["ann"]


def test_what_cannot_be_asked_is_refused():
    for wrong in ({"measure": "sum"}, {"of": "value"}, {"measure": "sum", "of": "country"}):
        with pytest.raises(InvalidQuery):
            query_from_json({"kind": "trends", "series": [{"event": "buy", **wrong}]})
    with pytest.raises(InvalidQuery):
        query_from_json({"kind": "people", "of": {"kind": "trends", "series": [{}]}, "metric": "s2"})


def test_json_and_rights():
    query = Trends(series=(Series(event="buy", measure="sum", of="value"),), by=("country",))
    assert query_from_json(query.to_json()) == query
    assert Permission.READ_MONEY in permissions(query)
    assert Permission.READ_MONEY not in permissions(Trends(series=(Series(),)))
