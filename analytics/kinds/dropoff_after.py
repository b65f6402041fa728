"""What happened after the step before: to those who dropped, and beside them to those who went on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analytics.event_log import EPOCH, UNIT_COLUMNS
from analytics.kinds import funnel
from analytics.kinds.funnel_query import Funnel
from analytics.question import Question
from analytics.sources.events import PAGE_VIEW
from data_access.schema import error_logs, events, form_errors

MOST = 2_000  # people looked at on each side
NOTHING = ""  # the row of those after whose step nothing came
_SCATTER = np.uint64(11_400_714_819_323_198_485)  # 2^64 / golden ratio: neighbouring keys fall far apart


Met = tuple[pd.DataFrame, pd.DataFrame]  # `key, dropped, what, source`, each once per person; and everybody looked at


def followed(question: Question, step: int, within: int) -> Met:
    """The first event after the step before, page views by their path; NOTHING for those who did nothing more."""
    sides = _sides(question, step)
    item = sa.case((events.c.name == PAGE_VIEW, sa.func.coalesce(events.c.path, events.c.page, events.c.name)), else_=events.c.name)
    kind = sa.case((events.c.name == PAGE_VIEW, "page"), else_="event")
    found = _after(question, sides, within, lambda who: _of(events, who, item, kind).add_columns(events.c.seq))
    first = found.sort_values(["key", "ts", "seq"]).drop_duplicates("key")
    silent = sides[~sides["key"].isin(first["key"])]
    return pd.concat([first, silent.assign(what=NOTHING, source="event")]), sides


def errors(question: Question, step: int, within: int) -> Met:
    """Every error met, each person once: errors of forms, logged errors, and events whose action is "error"."""
    sides = _sides(question, step)
    form = form_errors.c
    field = sa.func.coalesce(form.form, "") + sa.literal(" · ") + sa.func.coalesce(form.field, "") + sa.literal(" · ")
    logged = error_logs.c
    parts: list[Callable[[str], sa.Select[Any]]] = [
        lambda who: _of(form_errors, who, field + sa.func.coalesce(form.message, ""), sa.literal("form")),
        lambda who: _of(error_logs, who, sa.func.coalesce(logged.message, logged.fingerprint, ""), sa.literal("log")),
        lambda who: _of(events, who, events.c.name, sa.literal("event")).where(events.c.action == "error"),
    ]
    found = pd.concat([_after(question, sides, within, part) for part in parts])
    return found.drop_duplicates(["key", "what", "source"]), sides


def _sides(question: Question, step: int) -> pd.DataFrame:
    """`key, at (microseconds of the step before), dropped`, at most MOST of each side, scattered over all."""
    before = cast(Funnel, question.query).plan().previous(step - 1)
    frame = funnel.passed_by(question, before, step - 1)
    place = frame["key"].to_numpy().astype(np.uint64) * _SCATTER
    frame = frame.assign(_place=place).sort_values("_place", kind="stable")
    return frame.groupby("dropped", sort=False).head(MOST).drop(columns="_place")


def _of(table: sa.Table, who: str, what: sa.ColumnElement[Any], source: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(table.c[who].label("key"), table.c.ts, what.label("what"), source.label("source"))


def _after(question: Question, sides: pd.DataFrame, within: int, part: Callable[[str], sa.Select[Any]]) -> pd.DataFrame:
    """The part's rows of these people, later than their step and no more than `within` seconds."""
    if sides.empty:
        return pd.DataFrame({"key": [], "ts": [], "what": [], "source": [], "seq": [], "dropped": []})
    select = part(UNIT_COLUMNS[cast(Funnel, question.query).per].name)
    table = cast(sa.Table, next(iter(select.get_final_froms())))
    first, last = _moment(sides["at"].min()), _moment(sides["at"].max()) + timedelta(seconds=within)
    days = (table.c.day >= first.date() - timedelta(days=1), table.c.day <= last.date() + timedelta(days=1))
    where = (table.c.tenant == question.tenant.key, *days, table.c.ts > first, table.c.ts <= min(last, question.period.until))
    rows = question.read(select.where(*where, select.selected_columns["key"].in_([int(key) for key in sides["key"]])))
    joined = rows.merge(sides, on="key")
    later = joined["ts"].to_numpy().astype("datetime64[us]").view("int64") - joined["at"].to_numpy()
    return joined[(later > 0) & (later <= within * 1_000_000)]


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=int(at))


def counted(found: pd.DataFrame, sides: pd.DataFrame) -> pd.DataFrame:
    """`what, source`, how many of each side, and of how many."""
    dropped = found["dropped"].astype(bool)
    count = found.assign(dropped=dropped.astype(float), went=(~dropped).astype(float))
    grouped = count.groupby(["what", "source"], as_index=False)[["dropped", "went"]].sum()
    whole = sides["dropped"].astype(bool)
    return grouped[grouped["dropped"] > 0].assign(of_dropped=float(whole.sum()), of_went=float((~whole).sum()))
