"""UCI Online Retail as somebody would bring it: `vigie import` with the documented map, then `vigie query` and the pages.

The numbers through `run` equal those computed independently from the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from accounts import actors, sessions
from accounts.sessions import Visit
from cli.main import app
from components import session
from data_access.clock import utc_now
from data_access.connections import connect, disconnect, store
from data_access.settings import settings

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = "2010-12-01~2011-12-31"
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, Any]:
    path = shared / "data" / "online_retail_2010_2011.expected.json"
    if not path.exists() or not path.with_name("online_retail_2010_2011.parquet").exists():
        pytest.skip("needs online_retail_2010_2011 beside the checkout")
    return dict(json.loads(path.read_text()))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("retail")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "DATA_DIR": str(folder),
            "WAREHOUSE_URL": f"duckdb:///{folder}/warehouse.duckdb",
            "STORE_URL": f"sqlite:///{folder}/store.sqlite",
            "SECRET_KEY": "for-tests-only-0123456789abcdefghij",
        }.items():
            patch.setenv(name, value)
        patch.delenv("DEMO_MODE", raising=False)
        settings.cache_clear()
        yield folder
    settings.cache_clear()


def vigie(*arguments: object, typed: str = "") -> str:
    said = CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)
    assert said.exit_code == 0, said.output
    return said.stdout


@pytest.fixture(scope="module")
def ask(place: Path, shared: Path, expected: dict[str, Any]) -> Ask:
    """`ask(metrics=[...], ...)`: the answer of `vigie query` after the import, which was done twice."""
    file = shared / "data" / "online_retail_2010_2011.parquet"
    vigie("user", "add", "ada@shop.test", "--tenant", "shop", "--role", "admin", "--currency", "GBP", "--time-zone", "Europe/London")
    first = vigie("import", file, "--map", ROOT / "docs/maps/online_retail.toml")
    assert f"{expected['rows']:,} rows read" in first
    assert f"events: {expected['rows_with_customer']:,} loaded" in first
    assert "events: 0 loaded" in vigie("import", file, "--map", ROOT / "docs/maps/online_retail.toml")
    return lambda **question: json.loads(vigie("query", typed=json.dumps({"period": EVERYTHING, **question})))


def by_bucket(answer: dict[str, Any], metric: str, length: int) -> dict[str, float]:
    return {row["bucket"][:length]: row[metric] for row in answer["rows"] if row[metric]}


@pytest.mark.parametrize(("grain", "name", "length"), [("month", "mau", 7), ("day", "dau", 10)])
def test_active_users(ask: Ask, expected: dict[str, Any], grain: str, name: str, length: int) -> None:
    found = by_bucket(ask(metrics=["active_users"], grain=grain), "active_users", length)
    assert found == expected["all_rows_with_customer"][name]


def test_revenue(ask: Ask, expected: dict[str, Any]) -> None:
    found = by_bucket(ask(metrics=["revenue"], grain="month"), "revenue", 7)
    assert {month: value / 100 for month, value in found.items()} == expected["all_rows_with_customer"]["revenue_by_month"]


def test_the_cohort_table(ask: Ask, expected: dict[str, Any]) -> None:
    triangle: dict[str, list[float]] = {}
    for row in ask(kind="retention", subject="users", grain="month")["rows"]:
        triangle.setdefault(row["cohort"][:7], []).append(row["value"])
    assert triangle == expected["all_rows_with_customer"]["cohort_retention"]


@pytest.mark.parametrize("page", ["overview", "revenue", "activity"])
def test_the_pages_work_on_it(ask: Ask, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "visit", lambda: Visit("", "127.0.0.1", "test"))
    connect(settings())
    try:
        ada = actors.by_email(store(), "ada@shop.test")
        assert ada
        started = sessions.start(store(), ada.id, Visit("", "127.0.0.1", "test"), now=utc_now(), hours=1)
        at = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60)
        at.session_state["vigie_session_id"] = started.id
        at.query_params["period"] = "2010-12-01~2011-11-30"
        at.run()
        body = "".join(element.proto.body for element in at.get("html"))
        assert not at.exception
        assert "vg-state vg-bad" not in body
        assert len(at.get("vega_lite_chart")) >= 2
        assert {"overview": "£7.96M", "revenue": "£7.96M", "activity": "4,331"}[page] in body
    finally:
        disconnect()
