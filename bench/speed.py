"""Questions and tiles, timed through `run()` without its cache, beside plain SQL over the raw rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from accounts.actor import Actor
from analytics.query import Query, Scope
from analytics.run import cache, run
from bench.clock import Timing, ratio
from bench.questions import QUESTIONS, Asked
from data_access.warehouse import Warehouse
from reports.library import REPORTS
from reports.report import Panel

PLAIN_RUNS = 2
SCOPES = {
    "30 days": Scope(period="30d"),
    "12 months": Scope(period="12m", grain="month"),
    "30 days, one country": Scope(period="30d", filters=(["is", "country", ["FR"]],)),
}


def fresh(ask: Callable[[], Any]) -> Callable[[], Any]:
    """The same without the cache."""

    def asked() -> Any:
        cache().clear()
        return ask()

    return asked


def questions(house: Warehouse, actor: Actor, now: datetime, postgres: psycopg.Connection | None) -> Iterator[str]:
    yield "| question | Vigie | plain SQL, DuckDB | ratio | plain SQL, PostgreSQL | ratio |"
    yield "|---|---|---|---|---|---|"
    for asked in QUESTIONS:
        ours = Timing.of(fresh(lambda asked=asked: run(asked.query, actor, now)))
        sql = plain(asked, actor, now)
        duck = Timing.of(lambda sql=sql: house.read(sa.text(sql), budget=600), PLAIN_RUNS)
        post = Timing.of(lambda sql=sql: postgres.execute(sql).fetchall(), PLAIN_RUNS) if postgres else None
        beside = f"{post.median:,.0f} ms | {ratio(post.median, ours.median)}" if post else "left out | —"
        yield f"| {asked.name} | {ours.median:,.1f} ms | {duck.median:,.0f} ms | {ratio(duck.median, ours.median)} | {beside} |"


def plain(asked: Asked, actor: Actor, now: datetime) -> str:
    period = asked.query.period.resolve(now, actor.tenant)
    return asked.plain.format(first=period.first, last=period.last)


def tiles(actor: Actor, now: datetime) -> Iterator[tuple[str, Timing]]:
    """Every tile and every series of every built-in panel, in each scope; a strip of tiles one by one."""
    for report in REPORTS.values():
        for panel in report.panels:
            for scope_name, scope in SCOPES.items():
                for name, query in parts(panel):
                    asked = panel.asked(query, scope)
                    yield f"{report.name} / {name}, {scope_name}", Timing.of(fresh(lambda asked=asked: run(asked, actor, now)))


def parts(panel: Panel) -> Iterator[tuple[str, Query]]:
    """The panel's questions, named."""
    if panel.view == "tiles":
        for metric in panel.query.metrics:
            yield f"{panel.name}: {metric}", panel.query.model_copy(update={"metrics": (metric,)})
        return
    for number, query in enumerate((panel.query, *panel.beside)):
        yield f"{panel.name}{f' #{number + 1}' if number else ''}", query


def tile_table(rows: list[tuple[str, Timing]]) -> Iterator[str]:
    medians = sorted(t.median for _, t in rows)
    over = [(name, t) for name, t in rows if t.median > 50]
    yield f"{len(rows)} tiles and series: median {medians[len(medians) // 2]:.1f} ms, slowest {medians[-1]:.1f} ms, {len(over)} over 50 ms."
    if over:
        yield "\n| over 50 ms | median | worst |\n|---|---|---|"
        yield from (f"| {name} | {t.median:.1f} ms | {t.worst:.1f} ms |" for name, t in sorted(over, key=lambda row: -row[1].median))
