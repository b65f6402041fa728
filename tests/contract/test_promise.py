"""The promise: a number is the same wherever it is read.

For every metric, over the small demonstration: run() = the API = CSV = `vigie query` as JSON and as a table, formatted words read
back in both languages, and on the KPI pages the text on the page. The server is a real process that owns the warehouse's file;
what this process asks itself it asks of a copy made before the server started.
"""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from click.testing import Result as Said
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from accounts import actors, sessions, tokens
from accounts.actor import Actor
from accounts.sessions import Visit
from analytics.kinds.aggregate import Aggregate
from analytics.metrics import METRICS
from analytics.period import Period
from analytics.query import Scope
from analytics.result import Result
from analytics.run import run
from api.encode import result_json
from cli import demo_people, say
from cli.main import app
from components import session
from data_access.clock import utc_now
from data_access.connections import connected
from data_access.settings import settings
from data_access.store import open_store
from data_access.warehouse import Warehouse, open_warehouse
from demo.business import SCALES
from demo.load import create
from ingest.writer import BatchWriter
from reports import words
from reports.formats import FORMATS
from reports.library import REPORTS
from reports.library.fitting import fitting
from reports.report import Panel, answer
from tests.browser.test_sign_in import free_port, wait_for
from tests.contract.spoken import spoken

ROOT = Path(__file__).resolve().parents[2]
END, NOW = date(2026, 6, 15), datetime(2026, 6, 15, 9, tzinfo=UTC)
PERIOD = Period("2026-03-01~2026-05-31")
VISIBLE = [m.name for m in METRICS.values() if not m.hidden]
CHUNKS = [tuple(VISIBLE[i : i + 25]) for i in range(0, len(VISIBLE), 25)]
ADMINS = {"lumen": "admin@lumen.example", "allo": "admin@allo.example"}
SHAPES = ("month", None)
LOCALES = ("en", "fr")
CLOSE = 1e-9  # the last bits of a sum depend on which thread adds first


@dataclass(frozen=True)
class House:
    address: str
    warehouse: Warehouse
    store: sa.Engine

    def actor(self, tenant: str, locale: str = "en") -> Actor:
        found = actors.by_email(self.store, ADMINS[tenant])
        assert found
        return replace(found, locale=locale)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("promise")
    made = open_warehouse(f"duckdb:///{folder}/warehouse.duckdb")
    made.migrate()
    create(made, BatchWriter, SCALES["small"], END, now=NOW)
    made.close()
    shutil.copy(folder / "warehouse.duckdb", folder / "copy.duckdb")
    (folder / "demo.json").write_text('{"scale": "small", "end": "2026-06-15", "done": true}')
    store = open_store(f"sqlite:///{folder}/store.sqlite")
    demo_people.ensure(store, utc_now())
    copy = open_warehouse(f"duckdb:///{folder}/copy.duckdb")
    with pytest.MonkeyPatch.context() as patch, connected(warehouse=copy, store=store):
        patch.setenv("DEMO_MODE", "true")
        patch.setenv("DATA_DIR", str(folder))
        patch.setenv("WAREHOUSE_URL", f"duckdb:///{folder}/warehouse.duckdb")
        patch.setenv("STORE_URL", f"sqlite:///{folder}/store.sqlite")
        patch.setattr(session, "visit", lambda: Visit("", "127.0.0.1", "test"))  # AppTest's address is a mock
        settings.cache_clear()
        with serving(folder) as address:
            yield House(address, copy, store)
    settings.cache_clear()
    copy.close()
    store.dispose()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    port = free_port()
    with (folder / "log").open("w") as log:
        command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
        server = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", server, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def query(metrics: tuple[str, ...], grain: Any = None) -> Aggregate:
    return Aggregate(metrics=metrics, grain=grain, period=PERIOD, compare="previous")


@pytest.fixture(scope="module", params=[(t, c, g) for t in ADMINS for c in range(len(CHUNKS)) for g in SHAPES], ids=str)
def asked(house: House, request: pytest.FixtureRequest) -> tuple[str, Aggregate, Result]:
    """A tenant, a question about many metrics, and what `run` answers."""
    tenant, chunk, grain = request.param
    question = query(CHUNKS[chunk], grain)
    return tenant, question, run(question, house.actor(tenant), utc_now())


def same(found: Any, expected: Any) -> None:
    """Equal, numbers but for their last bits; wherever they are in lists and objects."""
    assert type(found) is type(expected) or {type(found), type(expected)} <= {int, float}, (found, expected)
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name in expected:
            same(found[name], expected[name])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    else:
        assert found == (pytest.approx(expected, rel=CLOSE, abs=1e-12) if isinstance(expected, float) else expected)


def numbers(answered: dict[str, Any]) -> dict[str, Any]:
    """The part of an answer that must be equal: everything but when it was asked and how."""
    return {name: value for name, value in answered.items() if name != "sql"}


def test_the_api_says_what_run_says(house: House, asked: tuple[str, Aggregate, Result]) -> None:
    tenant, question, result = asked
    answered = httpx.post(f"{house.address}/api/v1/query", json=question.to_json(), headers=bearer(house, tenant), trust_env=False)
    assert answered.status_code == 200, answered.text
    expected = json.loads(json.dumps(result_json(result, house.actor(tenant))))
    same(numbers(answered.json()["data"]), numbers(expected))
    for name in question.metrics:
        same(answered.json()["data"]["totals"][name], result.value(name))


def test_the_command_line_says_what_run_says(house: House, asked: tuple[str, Aggregate, Result]) -> None:
    tenant, question, result = asked
    answered = json.loads(vigie("query", "--tenant", tenant, typed=json.dumps(question.to_json())).stdout)
    same(numbers(answered), numbers(json.loads(json.dumps(result_json(result, house.actor(tenant))))))


def test_the_table_of_the_command_line_says_it_rounded(house: House, asked: tuple[str, Aggregate, Result]) -> None:
    tenant, question, result = asked
    printed = vigie("query", "--tenant", tenant, "--table", typed=json.dumps(question.to_json())).stdout.splitlines()
    rows = printed[-len(result.frame) :]
    for line, row in zip(rows, result.frame.to_dict("records"), strict=True):
        cells = re.split(r" {2,}", line.strip())
        assert len(cells) == len(result.columns)
        for cell, column in zip(cells, result.columns, strict=True):
            if column.role in ("metric", "previous"):
                agrees(cell, row[column.name], Number(column.unit, "en", result.currency))


def test_raw_csv_holds_the_numbers(asked: tuple[str, Aggregate, Result]) -> None:
    _, _, result = asked
    rows = table(FORMATS["csv"].render(result, "en", False), ",")
    for row, expected in zip(rows, result.frame.to_dict("records"), strict=True):
        assert row["currency"] == result.currency
        for column in result.columns:
            if column.role in ("metric", "previous"):
                factor = 10 ** -words.currency_places(result.currency) if column.unit == "money" else 1
                value, cell = expected[column.name], row[column.name]
                step = factor / 2 if column.unit == "money" else 0  # raw money is written to the cent
                assert cell == "" if value != value else float(cell) == pytest.approx(value * factor, rel=CLOSE, abs=step * 1.001)


@pytest.mark.parametrize("locale", LOCALES)
def test_words_read_back_are_the_numbers(asked: tuple[str, Aggregate, Result], locale: str) -> None:
    _, question, result = asked
    rows = table(FORMATS["csv"].render(result, locale, True), ";" if locale == "fr" else ",")
    for row, expected in zip(rows, result.frame.to_dict("records"), strict=True):
        for column in result.columns:
            if column.role == "metric":
                agrees(row[column.label[locale]], expected[column.name], Number(column.unit, locale, result.currency))
    for name in question.metrics:
        value, unit = result.value(name), METRICS[name].unit
        agrees(words.value(value, unit, locale, result.currency), value, Number(unit, locale, result.currency))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("page", REPORTS)
@pytest.mark.parametrize("tenant", ADMINS)
def test_the_tiles_of_a_page_say_what_run_says(house: House, tenant: str, page: str, locale: str) -> None:
    actor = house.actor(tenant, locale)
    shown, scope = opened(house, actor, page), Scope(period=PERIOD)
    panels = [panel for panel in fitting(REPORTS[page], actor, utc_now()).panels if panel.view == "tiles"]
    assert panels
    for panel in panels:
        result = answer(panel, scope, actor, utc_now())
        for metric in result.metrics:
            said = shown[label(panel, metric.name, locale)]
            agrees(said, result.value(metric.name), Number(metric.unit, locale, result.currency))


def label(panel: Panel, metric: str, locale: str) -> str:
    return str(panel.options.get("short", {}).get(metric, METRICS[metric].label)[locale])


def opened(house: House, actor: Actor, page: str) -> dict[str, str]:
    """The words of each tile of the page, by its label, as this person sees them."""
    actors.set_locale(house.store, actor.id, actor.locale)
    visit = sessions.start(house.store, actor.id, Visit("", "127.0.0.1", "test"), now=utc_now(), hours=1)
    at = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60)
    at.session_state["vigie_session_id"] = visit.id
    at.query_params["period"] = PERIOD.text
    at.run()
    assert not at.exception
    body = "".join(element.proto.body for element in at.get("html"))
    return {html.unescape(k): html.unescape(v) for k, v in re.findall(r'<dt>([^<]*)</dt><dd class="vg-value">([^<]*)<', body)}


@dataclass(frozen=True)
class Number:
    unit: str
    locale: str
    currency: str


def agrees(text: str, value: float | None, of: Number) -> None:
    """The words say this value, as exactly as they say anything."""
    read = spoken(text, of.unit, of.locale)
    if value is None or value != value:
        assert read is None, text
        return
    assert read is not None, (text, value)
    said, step = read
    meant = value / 10 ** words.currency_places(of.currency) if of.unit == "money" else value
    cut = step if of.unit == "seconds" and step >= 60 else step / 2
    assert abs(said - meant) <= cut * 1.001 + abs(meant) * CLOSE, (text, value)


def table(file: bytes, delimiter: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig")), delimiter=delimiter))


def vigie(*arguments: str, typed: str) -> Said:
    say.out.width = 4_000  # a table as wide as it needs
    said = CliRunner().invoke(app, list(arguments), input=typed)
    assert said.exit_code == 0, said.output
    return said


def bearer(house: House, tenant: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret(house, tenant)}"}


@cache
def secret(house: House, tenant: str) -> str:
    actor = house.actor(tenant)
    return tokens.create(house.store, actor, "promise", sorted(actor.permissions), now=utc_now())[0]
