"""What happened to one person, newest first: a page of every kind of fact, merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

import pandas as pd
import sqlalchemy as sa

from analytics.kinds.person_query import NEEDS, WHATS, Person, What
from analytics.question import Question
from data_access.functions import local_time
from data_access.schema import (
    ai_generations,
    api_requests,
    bookings,
    calls,
    conversations,
    conversions,
    error_logs,
    events,
    form_errors,
    payments,
    rollup_user_day,
    subscriptions,
)


@dataclass(frozen=True)
class Entry:
    """How rows of a table are told: `title` and `detail` are the columns whose words say it, in order; `amount` is in the reporting
    currency, `number` messages or seconds; `bad` marks what went wrong."""

    table: sa.Table
    title: tuple[str, ...]
    detail: tuple[str, ...] = ()
    amount: str | None = None
    number: str | None = None
    bad: tuple[str, tuple[str, ...]] | None = None


_FAILED, _REFUSED = ("error", "timeout", "failed"), ("failed", "no_answer", "busy")
ENTRIES: Mapping[What, Entry] = {
    "event": Entry(events, ("name",), ("page", "path", "label"), "value_base_minor"),
    "conversion": Entry(conversions, ("type",), ("campaign", "channel"), "value_base_minor"),
    "payment": Entry(
        payments, ("type",), ("method", "provider", "decline_code"), "amount_base_minor", bad=("type", ("failed", "refunded"))
    ),
    "subscription": Entry(
        subscriptions, ("change",), ("plan", "interval", "status"), "amount_base_minor", bad=("status", ("past_due", "cancelled"))
    ),
    "form_error": Entry(form_errors, ("form", "field"), ("message",), bad=("form", ())),
    "error": Entry(error_logs, ("message",), ("service", "severity"), bad=("severity", ())),
    "generation": Entry(ai_generations, ("provider", "model"), ("prompt_template", "status"), bad=("status", _FAILED)),
    "conversation": Entry(conversations, ("provider", "model"), number="messages"),
    "api_request": Entry(api_requests, ("method", "endpoint"), ("status", "error_code"), bad=("error_code", ())),
    "booking": Entry(bookings, ("type",), ("provider_id", "reason"), "amount_base_minor", bad=("type", ("failed", "cancelled"))),
    "call": Entry(calls, ("status",), ("provider_id", "error_code"), number="duration_s", bad=("status", _REFUSED)),
}
COLUMNS = ("ts", "what", "title", "detail", "amount", "number", "bad", "session_key", "local")


def page(question: Question, key: int) -> tuple[pd.DataFrame, tuple[datetime, int] | None]:
    """The rows asked for in COLUMNS, and where the next page begins (`before`, `skip`); None at the end.

    `ts` is naive UTC, `local` the same on the tenant's clock, `session_key` 0 where there is none.
    """
    query = cast(Person, question.query)
    seen = [what for what in query.what or WHATS if NEEDS.get(what) is None or question.actor.may(NEEDS[what])]
    parts = [_worded(what, question.read(_newest(question, ENTRIES[what], key))) for what in seen]
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True) if any(map(len, parts)) else _nothing()
    rows = rows.sort_values(["ts", "place", "turn"], ascending=[False, True, True], kind="stable", ignore_index=True)
    shown = rows.iloc[query.skip : query.skip + query.limit]
    more = len(rows) > query.skip + query.limit
    return shown[list(COLUMNS)].reset_index(drop=True), _next(query, shown["ts"]) if more else None


def _next(query: Person, shown: pd.Series) -> tuple[datetime, int]:
    """The last instant shown and how many rows of it were."""
    last = shown.iloc[-1]
    again = query.skip if query.before is not None and last == pd.Timestamp(query.before) else 0
    return last.to_pydatetime(), int((shown == last).sum()) + again


def _newest(question: Question, entry: Entry, key: int) -> sa.Select[Any]:
    """The newest rows of a table up to where the page begins: enough for the page and one more."""
    query, c, period = cast(Person, question.query), entry.table.c, question.period
    names = {*entry.title, *entry.detail, *([entry.bad[0]] if entry.bad else [])} - {"ts"}
    session = c.session_key if "session_key" in c else sa.cast(sa.null(), sa.BigInteger)
    last = [c.seq.desc(), c.id.desc()] if "seq" in c else [c.id.desc()]
    amount, number = (c[name] if name else sa.cast(sa.null(), sa.Double) for name in (entry.amount, entry.number))
    told = [c[name] for name in sorted(names)]
    extra = [session.label("session_key"), amount.label("amount"), number.label("number")]
    local = local_time(c.ts, question.tenant.time_zone).label("local")
    where = [c.tenant == question.tenant.key, c.user_key == key, c.day >= period.first, c.day < period.last, c.ts < period.until]
    if query.before is not None:
        where.append(c.ts <= query.before)
    if entry.table is events and (since := _since(question, key)):
        where.append(c.day >= since)
    # By day first: an index by person and day is then read from its end.
    newest = sa.select(c.ts, local, *told, *extra).where(*where).order_by(c.day.desc(), c.ts.desc(), *last)
    return newest.limit(query.skip + query.limit + 1)


def _since(question: Question, key: int) -> date | None:
    """A day from which on there are events enough for the page, so that a long history is not read; None where all is needed."""
    query, r, period = cast(Person, question.query), rollup_user_day.c, question.period
    needed = query.skip + query.limit + 1
    # Two days before, no time zone holds anything later than where the page begins.
    last = period.last if query.before is None else query.before.date() - timedelta(days=2)
    mine = r.tenant == question.tenant.key, r.user_key == key, r.day >= period.first, r.day < period.last, r.day <= last
    daily = sa.select(r.day, sa.func.sum(r.events).label("n")).where(*mine).group_by(r.day).order_by(r.day.desc()).limit(needed)
    days = question.read(daily)
    enough = days[days["n"].astype("int64").cumsum() >= needed]
    return pd.Timestamp(enough["day"].iloc[0]).date() if len(enough) else None


def _worded(what: What, rows: pd.DataFrame) -> pd.DataFrame:
    entry = ENTRIES[what]
    said = rows.assign(
        what=what,
        place=WHATS.index(what),
        title=_joined(rows, entry.title),
        detail=_joined(rows, entry.detail),
        bad=_bad(entry, rows),
        session_key=rows["session_key"].fillna(0).astype("int64"),
        amount=rows["amount"].astype("float64"),
        number=rows["number"].astype("float64"),
        turn=range(len(rows)),
    )
    return said[[*COLUMNS, "place", "turn"]]


def _joined(rows: pd.DataFrame, names: tuple[str, ...]) -> list[str]:
    words = ([_word(value) for value in row] for row in rows[list(names)].itertuples(index=False, name=None))
    return [" · ".join(dict.fromkeys(word for word in row if word)) for row in words]


def _word(value: Any) -> str:
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _bad(entry: Entry, rows: pd.DataFrame) -> pd.Series:
    """An empty list of words means that any word is bad news."""
    if entry.bad is None:
        return pd.Series(False, index=rows.index)
    name, words = entry.bad
    return rows[name].isin(words) if words else rows[name].notna()


def _nothing() -> pd.DataFrame:
    empty = {name: pd.Series(dtype="object") for name in (*COLUMNS, "place", "turn")}
    return pd.DataFrame(empty).astype({"ts": "datetime64[us]", "local": "datetime64[us]", "amount": "float64", "number": "float64"})
