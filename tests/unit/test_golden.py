"""The SQL of every metric on every engine, kept under tests/golden/<engine>/ so that a change shows itself in review.

UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/unit/test_golden.py
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.actor import Tenant
from analytics.compile import applies, statement
from analytics.dimensions import dimension
from analytics.filters import Filter
from analytics.metric import Scan
from analytics.metrics import METRICS
from analytics.period import Grain, Period
from data_access.dialects import DIALECTS, clickhouse

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TENANT = Tenant(7, "golden", "Golden", time_zone="Europe/Paris")
PERIOD = Period("2026-01-01~2026-03-31").resolve(datetime(2026, 6, 1, tzinfo=UTC), TENANT)
COMPILERS = {name: dialect.compiler for name, dialect in DIALECTS.items()} | {"clickhouse": clickhouse.compiler()}
READ = sorted(name for name, metric in METRICS.items() if metric.source)


def scans(engine: str) -> dict[str, Scan]:
    filters = (Filter("is", "country", ("FR", "BE")),)
    return {
        "by month": Scan(TENANT, PERIOD, Grain.MONTH, (), (), engine),
        "the whole period, two countries, by plan": Scan(TENANT, PERIOD, None, (dimension("plan"),), filters, engine),
    }


def rendered(engine: str, name: str) -> str:
    metric = METRICS[name]
    parts = [
        f"-- {name}, {title}\n{COMPILERS[engine].display(statement(metric.source, [metric], scan))};\n"
        for title, scan in scans(engine).items()
        if applies(metric.source, scan)
    ]
    return "\n".join(line.rstrip() for line in "\n".join(parts).splitlines()) + "\n"


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("engine", sorted(COMPILERS))
def test_the_sql_is_the_golden_one(engine, name):
    path = GOLDEN / engine / f"{name}.sql"
    made = rendered(engine, name)
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made)
    assert path.exists(), f"no golden SQL for {name} on {engine}: run with UPDATE_GOLDEN=1 and read what it writes"
    assert made == path.read_text()


@pytest.mark.parametrize("engine", sorted(COMPILERS))
def test_no_golden_file_is_left_over(engine):
    assert sorted(p.stem for p in (GOLDEN / engine).glob("*.sql")) == READ
