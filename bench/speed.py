"""Questions and tiles, timed through `run()` without its cache, beside what else could answer them; every answer is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from accounts.actor import Actor
from analytics.query import Query, Scope
from analytics.run import cache, run
from analytics.segments import resolve
from bench.clock import Timing, ratio
from bench.peers.clickhouse import Absent, ClickHouse
from bench.peers.frames import ANSWERS, Frames
from bench.questions import QUESTIONS, Asked, Rows, same
from data_access.warehouse import Warehouse
from reports.library import REPORTS
from reports.report import Panel

PEER_RUNS = 3
SCOPES = {
    "30 days": Scope(period="30d"),
    "12 months": Scope(period="12m", grain="month"),
    "30 days, one country": Scope(period="30d", filters=(["is", "country", ["FR"]],)),
}


@dataclass
class Peers:
    """Who else is here; None is left out."""

    postgres: psycopg.Connection | None = None
    clickhouse: ClickHouse | None = None
    frames: Frames | None = None
    apart: list[str] = field(default_factory=list)  # answers that are not ours


def fresh(ask: Callable[[], Any]) -> Callable[[], Any]:
    """The same without the caches of answers and of segments."""

    def asked() -> Any:
        cache().clear()
        resolve.forget()
        return ask()

    return asked


def questions(house: Warehouse, actor: Actor, now: datetime, peers: Peers) -> Iterator[str]:
    yield "| question | Vigie | the limit: a scan | plain SQL, DuckDB | ClickHouse engine | pandas | plain SQL, PostgreSQL |"
    yield "|---|---|---|---|---|---|---|"
    for asked in QUESTIONS:
        yield _row(house, asked, (actor, now), peers)
    yield ""
    yield "All answers are equal." if not peers.apart else f"Not equal: {'; '.join(peers.apart)}."


def _row(house: Warehouse, asked: Asked, who: tuple[Actor, datetime], peers: Peers) -> str:
    actor, now = who
    ours = Timing.of(fresh(lambda: run(asked.query, actor, now)))
    period = asked.query.period.resolve(now, actor.tenant)
    first, last = _days(asked, ours, (period.first, period.last))
    answer = list(asked.rows(ours.answer))
    spell = _speller(first, last)
    limit = _timed(lambda: house.read(sa.text(spell(asked.limit)), budget=600))
    cells = [f"{limit.median:,.0f} ms" if limit else "—"]

    def beside(peer: str, timing: Timing | None, rows: Rows | None) -> None:
        cells.append(_cell(timing, ours))
        if rows is not None and not same(answer, rows, asked.near, asked.most):
            peers.apart.append(f"{peer}, {asked.name}")

    plain = _timed(lambda: _tuples(house.read(sa.text(spell(asked.plain)), budget=600)))
    beside("DuckDB", plain, plain.answer if plain else None)
    theirs = _timed(lambda: peers.clickhouse.ask(spell(asked.clickhouse))) if peers.clickhouse and asked.clickhouse else None
    beside("ClickHouse", theirs, theirs.answer if theirs else None)
    frames = _timed(lambda: ANSWERS[asked.pandas](peers.frames, first, last)) if peers.frames and asked.pandas else None
    beside("pandas", frames, frames.answer if frames else None)
    post = _timed(lambda: peers.postgres.execute(spell(asked.plain)).fetchall()) if peers.postgres else None
    beside("PostgreSQL", post, post.answer if post else None)
    return f"| {asked.name} | {ours.median:,.1f} ms | {' | '.join(cells)} |"


def _days(asked: Asked, ours: Timing, period: tuple[date, date]) -> tuple[date, date]:
    """A retention grid begins with its first whole bucket."""
    frame = ours.answer.frame
    return (frame["cohort"].min().date(), period[1]) if "cohort" in frame.columns else period


def _speller(first: date, last: date) -> Callable[[str], str]:
    return lambda sql: sql.replace("{first}", str(first)).replace("{last}", str(last))


def _timed(ask: Callable[[], Any]) -> Timing | None:
    """None where the peer gives up: too slow, or too large for its memory."""
    try:
        return Timing.of(ask, PEER_RUNS)
    except (Absent, psycopg.Error, MemoryError) as error:
        print(f"<!-- {type(error).__name__}: {str(error).splitlines()[0][:160]} -->", flush=True)
        return None


def _tuples(frame: Any) -> Rows:
    return list(frame.itertuples(index=False, name=None))


def _cell(timing: Timing | None, ours: Timing) -> str:
    return f"{timing.median:,.0f} ms, {ratio(timing.median, ours.median)}" if timing else "left out"


def tiles(actor: Actor, now: datetime) -> Iterator[tuple[str, Timing]]:
    """Every tile and every series of every built-in panel, in each scope; a strip of tiles one by one."""
    for report in REPORTS.values():
        for panel in report.panels:
            for scope_name, scope in SCOPES.items():
                for name, query in parts(panel):
                    asked = panel.asked(query, scope)
                    yield f"{report.name} / {name}, {scope_name}", Timing.of(fresh(lambda asked=asked: run(asked, actor, now)), 3)


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
    worst = sum(m > 150 for m in medians)
    yield (
        f"{len(rows)} tiles and series: median {medians[len(medians) // 2]:.1f} ms, slowest {medians[-1]:.1f} ms, "
        f"{len(over)} over 50 ms, {worst} over 150 ms."
    )
    if over:
        yield "\n| over 50 ms | median | worst |\n|---|---|---|"
        yield from (f"| {name} | {t.median:.1f} ms | {t.worst:.1f} ms |" for name, t in sorted(over, key=lambda row: -row[1].median)[:25])
