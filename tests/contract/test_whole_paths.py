"""Whole paths on every engine, by hand; and who walked them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from analytics.kinds.paths import Paths
from analytics.kinds.people import People
from data_access.warehouse import open_warehouse
from tests.contract.conftest import ENGINES
from tests.contract.servers import database
from tests.contract.shapes_desk import Row, company

MAY = datetime(2026, 5, 1, 12)
DAY = {"period": "2026-05-01~2026-05-01", "view": "paths"}


def walk(user: str, names: str, at: int = 0) -> list[Row]:
    """An event a minute."""
    return [Row(user, MAY + timedelta(minutes=at + i), name) for i, name in enumerate(names)]


@pytest.fixture(scope="module", params=ENGINES)
def desk(request):
    """ann goes a b c and, hours later, a b; bob a b c d; cat a alone; dan b a."""
    rows = [*walk("ann", "abc"), *walk("ann", "ab", 300), *walk("bob", "abcd"), *walk("cat", "a"), *walk("dan", "ba")]
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


def found(desk, **more) -> dict[str, tuple[float, float]]:
    frame = desk.ask(Paths(**DAY, **more)).frame
    return {row.path: (row.paths, row.share) for row in frame.itertuples()}


def test_sessions_of_the_same_items_are_one_path(desk):
    assert found(desk, max_steps=3) == {
        '["a","b","c"]': (2, 0.4), '["a"]': (1, 0.2), '["a","b"]': (1, 0.2), '["b","a"]': (1, 0.2),
    }  # fmt: skip
    assert list(found(desk, max_steps=3, limit=1)) == ['["a","b","c"]']
    assert list(found(desk, max_steps=3, min_share=0.3)) == ['["a","b","c"]']


def test_time_runs_from_the_first_item_to_the_last(desk):
    frame = desk.ask(Paths(**DAY, max_steps=3)).frame.set_index("path")["mean_time"]
    assert (frame['["a","b","c"]'], frame['["a","b"]']) == (120_000, 60_000)
    assert frame.isna()['["a"]']


def test_a_goal_counts_beyond_the_steps_shown_but_not_before_the_start(desk):
    frame = desk.ask(Paths(**DAY, max_steps=3, goal="d")).frame.set_index("path")["conversion"]
    assert (frame['["a","b","c"]'], frame['["a"]']) == (0.5, 0)
    after = desk.ask(Paths(**DAY, start="a", goal="b")).frame.set_index("path")["conversion"]
    assert (after['["a","b"]'], after['["a"]']) == (1, 0)  # dan came to b only before a


def test_the_people_of_a_path_are_those_who_walked_it(desk):
    query = Paths(**DAY, max_steps=3)
    people = desk.ask(People(of=query, path=("a", "b", "c"))).frame
    assert dict(zip(people["external_id"], people["times"], strict=True)) == {"ann": 1, "bob": 1}
    assert desk.ask(People(of=query, path=("c", "x"))).frame.empty


def test_rare_edges_are_left_out_by_their_share(desk):
    edges = desk.ask(Paths(period="2026-05-01~2026-05-01", min_share=0.5)).frame
    assert list(zip(edges["source"], edges["target"], edges["paths"], strict=True)) == [("1_a", "2_b", 3)]
