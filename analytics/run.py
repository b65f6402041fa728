"""The only door to a number: `run(query, actor, now) -> Result`.

Ten steps: authorize, resolve the period, confine to the tenant, look in the cache, split by source, compile, read,
join and fill empty buckets (these four in the shape's `answer`), attach the comparison, answer.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from time import monotonic

import numpy as np
import pandas as pd

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics import witness
from analytics.cache import AnswerCache
from analytics.kinds import KINDS, Kind
from analytics.period import EARLIEST, Resolved
from analytics.query import Query
from analytics.question import Question
from analytics.result import Column, Result, Warning
from analytics.segments import scope as segments
from data_access import versions
from data_access.clock import naive_utc
from data_access.connections import warehouse
from data_access.settings import settings
from data_access.warehouse import SchemaMismatch, WarehouseUnavailable

STALE_AFTER = timedelta(hours=26)


class Forbidden(PermissionError):
    """The actor lacks a permission that the question needs."""

    def __init__(self, missing: Iterable[Permission]) -> None:
        self.missing = tuple(sorted(missing))
        super().__init__(f"this needs the permission {', '.join(self.missing)}: ask an administrator")


@lru_cache(maxsize=1)
def cache() -> AnswerCache:
    """The process's answers. Keys carry tenant, permissions and data version, so nothing crosses over."""
    return AnswerCache(settings().cache_megabytes)


def run(query: Query, actor: Actor, now: datetime) -> Result:
    """The answer to a question asked by `actor` at `now` (an aware instant).

    Raises Forbidden, InvalidQuery, QueryBudgetExceeded or WarehouseUnavailable; never answers across tenants.
    """
    kind = KINDS[query.kind]
    look = kind.looks_at(query) if kind.looks_at else None
    try:
        authorize(kind, query, actor)
    except Forbidden:
        if look:
            witness.looked(look, query, actor, now, "refused")
        raise
    if look:
        witness.looked(look, query, actor, now)
    asked = (query, actor.tenant, actor.permissions)
    try:
        return _answered(kind, asked, Asked(query, actor, now))
    except (WarehouseUnavailable, SchemaMismatch):
        if (last := cache().last(asked)) is None:
            raise
        return replace(last, warnings=(*last.warnings, last_good(last)))


@dataclass(frozen=True)
class Asked:
    query: Query
    actor: Actor
    now: datetime


def _answered(kind: Kind, who: Hashable, asked: Asked) -> Result:
    query, actor, now = asked.query, asked.actor, asked.now
    period = query.period.resolve(now, actor.tenant)
    before = previous_period(query, actor, now)
    house = warehouse()
    today = now.astimezone(actor.tenant.zone).date() if kind.until_now(query) else None
    tables = sorted(kind.tables(query))
    seen = tuple(versions.latest(house, actor.tenant.key, tables, *_reach(kind, query, span)) for span in (period, before) if span)
    written = versions.latest(house, actor.tenant.key, tables, EARLIEST, date.max).written_at
    question = segments.resolved(Question(query, actor, period, now, house, _deadline()))
    world = (_minute(period), before and _minute(before), today, house.serial, seen, segments.state(question))

    def compute() -> Result:
        asked = replace(question, deadline=_deadline())
        result = segments.answered(kind, segments.filtered(asked))
        if before:
            beside = replace(asked, period=before, compared=True, trail=[])
            result = attach(result, segments.answered(kind, segments.filtered(beside, compared=True)))
        return replace(result, query=query, freshness=written)

    return finish(cache().get((who, world), compute), now, seen[0].written_at, written)


def _deadline() -> float:
    return monotonic() + settings().query_budget_seconds


def last_good(result: Result) -> Warning:
    """The warehouse cannot be reached; what is shown was true at the result's freshness."""
    at = f"{result.freshness:%Y-%m-%d %H:%M} UTC" if result.freshness else "—"
    return Warning(
        "last_good",
        Text(
            f"The warehouse cannot be reached. This is the last good answer, with data as of {at}.",
            f"L’entrepôt est injoignable. Voici la dernière réponse valable, avec les données du {at}.",
        ),
    )


def authorize(kind: Kind, query: Query, actor: Actor) -> None:
    """Every permission the shape names must be held."""
    if missing := kind.permissions(query) - actor.permissions:
        raise Forbidden(missing)


def previous_period(query: Query, actor: Actor, now: datetime) -> Resolved | None:
    """The bounds to compare with, None where nothing is compared or nothing can come before; the same ones for other people."""
    if segments.compares(query):
        return query.period.resolve(now, actor.tenant)
    if query.compare is None or query.period.text == "all":
        return None
    choose = query.period.previous if query.compare == "previous" else query.period.year_before
    before = choose(now, actor.tenant)
    return before if before.first >= EARLIEST else None


def _minute(period: Resolved) -> tuple[object, ...]:
    """Bounds for the cache key: a current period moves on with the minute, not with every microsecond."""
    return period.first, period.last, period.until.replace(second=0, microsecond=0), period.cut


def _reach(kind: Kind, query: Query, span: Resolved) -> tuple[date, date]:
    """The days [first, last) of data that the answer over this span depends on."""
    back = kind.lookback(query)
    first = EARLIEST if back is None else max(span.first - timedelta(days=back), EARLIEST)
    return first, date.max if kind.until_now(query) else span.last


def attach(result: Result, before: Result) -> Result:
    """The compared period's values beside the current ones: buckets by position, slices by value."""
    names = [m.name for m in result.metrics]
    extra = {**result.extra, "previous": before}
    shaped = [c.name for c in result.columns if c.role in ("time", "dimension")]
    if not names or not {*names, *shaped} <= set(before.frame.columns):
        return replace(result, previous_totals=before.totals, previous_period=before.period, extra=extra)
    frame = _beside(result.frame, before.frame, [c.name for c in result.columns if c.role == "dimension"], names)
    then = tuple(Column(f"{c.name}__previous", c.label, c.unit, "previous") for c in result.columns if c.role == "metric")
    return replace(
        result,
        frame=frame,
        columns=result.columns + then,
        previous_totals=before.totals,
        previous_period=before.period,
        trail=result.trail + before.trail,
        warnings=tuple(dict.fromkeys(result.warnings + before.warnings)),
        extra=extra,
    )


def _beside(frame: pd.DataFrame, before: pd.DataFrame, slices: list[str], names: list[str]) -> pd.DataFrame:
    then = before[names].rename(columns={name: f"{name}__previous" for name in names})
    if not slices:
        return pd.concat([frame, then.reindex(frame.index) if "bucket" in frame.columns else then], axis=1)
    keys = list(slices)
    frame, then = frame.copy(), pd.concat([before[slices], then], axis=1)
    if "bucket" in frame.columns:
        for part, source in ((frame, frame), (then, before)):
            part["_position"] = np.unique(source["bucket"].to_numpy(), return_inverse=True)[1] if len(part) else []
        keys = ["_position", *slices]
    return frame.merge(then, on=keys, how="left").drop(columns="_position", errors="ignore")


def finish(result: Result, now: datetime, touched: datetime | None, written: datetime | None) -> Result:
    """Freshness, and what the reader must know: nothing there (`touched`: when the period's days were written), not over
    yet, not fed lately (`written`: when the tables were)."""
    warnings = list(result.warnings)
    unsaid = bool(result.totals) and all(v is None for v in result.totals.values()) and not result.warned("no_rate")
    if touched is None or result.frame.empty or unsaid:
        warnings.append(EMPTY)
    if result.period.partial or result.partial:
        warnings.append(PARTIAL)
    if written and naive_utc(now) - written > STALE_AFTER and result.period.until > written:
        warnings.append(STALE)
    return replace(result, warnings=tuple(dict.fromkeys(warnings)), freshness=written)


EMPTY = Warning("empty", Text("No data in this period.", "Aucune donnée sur cette période."))
PARTIAL = Warning(
    "partial",
    Text("The period is not over: its last part is incomplete.", "La période n’est pas terminée : sa dernière partie est incomplète."),
)
STALE = Warning("stale", Text("No new data has arrived for more than a day.", "Aucune donnée nouvelle depuis plus d’un jour."))
