"""The documented map of UCI Online Retail: rows, customers, MAU, revenue and cohorts equal the independent reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access.warehouse import Warehouse, open_warehouse
from ingest.importing import Summary, import_file
from ingest.mapping import read_mapping
from ingest.verify import differences
from ingest.writer import BatchWriter

ROOT = Path(__file__).resolve().parents[3]
SHOP = Tenant(1, "shop", "Shop", time_zone="Europe/London", currency="GBP")


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, Any]:
    path = shared / "data" / "online_retail_2010_2011.expected.json"
    if not path.exists():
        pytest.skip("needs online_retail_2010_2011.expected.json beside the checkout")
    return dict(json.loads(path.read_text()))


@pytest.fixture(scope="module")
def imported(shared: Path, expected: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, Summary]]:
    house = open_warehouse("duckdb:///:memory:")
    house.migrate()
    path, mapping = shared / "data" / "online_retail_2010_2011.parquet", read_mapping(ROOT / "docs" / "maps" / "online_retail.toml")
    folder = tmp_path_factory.mktemp("rejects")
    yield house, import_file(path, mapping, BatchWriter(house, SHOP), datetime(2012, 1, 1, tzinfo=UTC), rejects_dir=folder)
    house.close()


def by_month(house: Warehouse, value: str, table: str) -> dict[str, float]:
    frame = house.read(sa.text(f"SELECT strftime(day, '%Y-%m') AS month, {value} AS value FROM {table} GROUP BY 1"))
    return {month: round(value, 2) for month, value in zip(frame["month"], frame["value"].astype(float), strict=True)}


def test_rows_and_customers(imported: tuple[Warehouse, Summary], expected: dict[str, Any]) -> None:
    house, summary = imported
    assert summary.rows == expected["rows"]
    assert summary.loaded == {"events": expected["rows_with_customer"], "payments": expected["rows_with_customer"]}
    assert summary.skipped == expected["rows"] - expected["rows_with_customer"]
    assert (summary.rejected, summary.rejects) == ({}, None)
    assert house.read(sa.text("SELECT count(*) AS n FROM users"))["n"].tolist() == [expected["customers"]]


def test_monthly_active_users(imported: tuple[Warehouse, Summary], expected: dict[str, Any]) -> None:
    assert by_month(imported[0], "count(DISTINCT user_key)", "events") == expected["all_rows_with_customer"]["mau"]


def test_revenue(imported: tuple[Warehouse, Summary], expected: dict[str, Any]) -> None:
    net = "sum(CASE type WHEN 'captured' THEN amount_base_minor ELSE -amount_base_minor END) / 100"
    assert by_month(imported[0], net, "payments") == expected["all_rows_with_customer"]["revenue_by_month"]


def test_cohorts(imported: tuple[Warehouse, Summary], expected: dict[str, Any]) -> None:
    statement = """
        WITH first AS (SELECT user_key, min(date_trunc('month', day)) AS cohort FROM events GROUP BY 1)
        SELECT strftime(cohort, '%Y-%m') AS cohort, datediff('month', cohort, date_trunc('month', day)) AS age,
            count(DISTINCT user_key) AS users
        FROM events JOIN first USING (user_key) GROUP BY 1, 2 ORDER BY 1, 2"""
    triangle: dict[str, list[int]] = {}
    for row in imported[0].read(sa.text(statement)).itertuples():
        triangle.setdefault(row.cohort, []).append(row.users)
    assert triangle == expected["all_rows_with_customer"]["cohort_retention"]


def test_rollups_equal_raw(imported: tuple[Warehouse, Summary]) -> None:
    assert differences(imported[0], SHOP) == {}
