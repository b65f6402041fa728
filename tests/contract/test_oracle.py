"""Every case of `../shared/oracles` whose kind the product answers, on every engine, each as a tenant of one warehouse."""

from __future__ import annotations

import json
from itertools import count

import pytest

from data_access.warehouse import open_warehouse
from tests.conftest import SHARED
from tests.contract.conftest import ENGINES
from tests.contract.servers import database
from tests.oracle import ANSWERS, alerts
from tests.oracle.load import desk

FOLDER = SHARED / "oracles"
CASES = [case for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text()) if case.get("kind") in ANSWERS]
tenants = count(1)


@pytest.fixture(scope="module", params=ENGINES)
def shelf(request):
    """One warehouse for all cases."""
    if request.param == "duckdb":
        house = open_warehouse("duckdb:///:memory:")
        house.migrate()
        yield house
        house.close()
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    with database(server, template) as url:
        house = open_warehouse(url.render_as_string(hide_password=False))
        yield house
        house.close()


def near(got, expected):
    """Equal, numbers to the precision of a double; the rows of a breakdown are a set."""
    if isinstance(expected, dict):
        return isinstance(got, dict) and got.keys() == expected.keys() and all(near(got[k], v) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(got, list) and len(got) == len(expected) and all(map(near, in_order(got), in_order(expected)))
    if isinstance(expected, float):
        return got is not None and got == pytest.approx(expected)
    return got == expected


def in_order(rows):
    return sorted(rows, key=lambda row: row["breakdown"]) if rows and isinstance(rows[0], dict) and "breakdown" in rows[0] else rows


@pytest.mark.skipif(not CASES, reason="needs the oracle cases in ../shared/oracles beside the checkout")
@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}:{case['name']}" for case in CASES])
def test_the_right_answer(case, shelf):
    with desk(case, shelf, next(tenants)) as asked:
        got = ANSWERS[case["kind"]](case, asked)
    assert near(json.loads(json.dumps(got)), case["expected"]), got


ALERTS = [case for file in sorted(FOLDER.glob("alerts_*.json")) for case in json.loads(file.read_text())]


@pytest.mark.skipif(not ALERTS, reason="needs the oracle cases in ../shared/oracles beside the checkout")
@pytest.mark.parametrize("case", ALERTS, ids=[case["name"] for case in ALERTS])
def test_alerts_stand_where_prometheus_has_them(case):
    assert alerts.answer(case) == case["expected_states"]
