"""Conversions, and the touchpoints before each: those it states itself, or the person's visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analytics.channels import DIRECT, of_medium
from analytics.compile import conditions
from analytics.event_log import event_bounds, event_rows
from analytics.kernels.arrays import Ints, order
from analytics.kinds.attribution_models import Touches
from analytics.kinds.attribution_query import Attribution
from analytics.kinds.attribution_stated import SAID, touchpoints
from analytics.matching import matched
from analytics.question import Question
from analytics.sources.conversions import CONVERSIONS
from data_access.schema import conversions, events, sessions

DAY = 86_400_000_000  # microseconds
NOBODY = -1
EMPTY = 2  # characters of a list of nothing


@dataclass(frozen=True)
class Converted:
    """Conversions: `who` (NOBODY without a user), `time` (microseconds since 1970 UTC), `value` in minor units of the reporting
    currency, the touchpoints each `stated` as JSON (None: none), and the currencies `lacking` a rate."""

    who: Ints
    time: Ints
    value: Ints
    stated: Sequence[str | None]
    lacking: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class Found:
    """Touchpoints of conversions: row i belongs to conversion `conversion[i]`; `said` holds a list of words per name in SAID."""

    conversion: Ints
    time: Ints
    said: pd.DataFrame

    def take(self, rows: Ints) -> Found:
        return Found(self.conversion[rows], self.time[rows], self.said.iloc[rows].reset_index(drop=True))


def converted(question: Question) -> Converted:
    """What converts in the period, under the question's filters."""
    rows = question.read(_events(question) if cast(Attribution, question.query).event else _conversions(question))
    value = rows["value"].to_numpy(np.float64, na_value=0.0)
    lacking = sorted({str(code) for code in rows.loc[rows["unrated"].to_numpy(bool), "currency"].fillna("?")})
    stated = [word if isinstance(word, str) else None for word in rows["stated"].tolist()]
    who = rows["who"].to_numpy(np.int64, na_value=NOBODY)
    return Converted(who, _microseconds(rows["ts"]), np.rint(value).astype(np.int64), stated, tuple(lacking))


def _conversions(question: Question) -> sa.Select[Any]:
    query, c = cast(Attribution, question.query), conversions.c
    typed = [c.type.in_(query.types)] if query.types else []
    stated = sa.cast(c.touchpoints, sa.Text) if query.touchpoints == "stated" else sa.cast(sa.null(), sa.Text)
    columns = [c.user_key.label("who"), c.ts, stated.label("stated"), *_money(conversions)]
    return sa.select(*columns).where(*typed, *conditions(CONVERSIONS, conversions, question.scan()))


def _events(question: Question) -> sa.Select[Any]:
    query = cast(Attribution, question.query)
    assert query.event is not None
    columns = [events.c.user_key.label("who"), events.c.ts, sa.cast(sa.null(), sa.Text).label("stated"), *_money(events)]
    rows = sa.select(*columns).select_from(event_rows(query.about_people))
    return rows.where(matched(events, query.event, question.scan()), *event_bounds(question))


def _money(rows: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    unrated = sa.and_(rows.c.value_minor.is_not(None), rows.c.value_base_minor.is_(None))
    return [rows.c.value_base_minor.label("value"), rows.c.currency, unrated.label("unrated")]


def _microseconds(column: pd.Series) -> Ints:
    return column.to_numpy("datetime64[us]").view(np.int64)


def touches(question: Question, of: Converted) -> tuple[Touches, pd.DataFrame]:
    """The touchpoints within the look-back window before each conversion, sorted, and what each says, row by row."""
    query = cast(Attribution, question.query)
    telling = np.array([word is not None and len(word) > EMPTY for word in of.stated], bool)
    parts = [_stated(of, np.flatnonzero(telling)), _visited(question, of, np.flatnonzero(~telling & (of.who != NOBODY)))]
    found = _joined(parts)
    age = of.time[found.conversion] - found.time
    found = found.take(np.flatnonzero((age >= 0) & (age <= query.lookback_days * DAY)))
    if query.direct == "last_resort":
        found = found.take(_other_than_direct(found, len(of)))
    sorting = order(found.conversion, found.time, np.arange(len(found.time)))
    found = found if sorting is None else found.take(sorting)
    return Touches(found.conversion, found.time), found.said


def _joined(parts: Sequence[Found]) -> Found:
    said = pd.concat([part.said for part in parts], ignore_index=True)
    return Found(np.concatenate([part.conversion for part in parts]), np.concatenate([part.time for part in parts]), said)


def _other_than_direct(found: Found, size: int) -> Ints:
    """Rows that are not direct, and those of conversions that nothing else came before."""
    direct = (found.said["channel"] == DIRECT).to_numpy()
    others = np.bincount(found.conversion[~direct], minlength=size)
    return np.flatnonzero(~direct | (others[found.conversion] == 0))


def _stated(of: Converted, rows: Ints) -> Found:
    """What these conversions state; a touchpoint without a readable instant is none."""
    place, told = touchpoints([str(of.stated[row]) for row in rows])
    stamps = pd.to_datetime(told["ts"], format="ISO8601", utc=True, errors="coerce")
    known = stamps.notna().to_numpy()
    times = stamps.dt.tz_localize(None).to_numpy("datetime64[us]").view(np.int64)
    said = told.loc[known, list(SAID)].reset_index(drop=True)
    return Found(rows[place[known]], times[known], _channelled(said))


def _channelled(said: pd.DataFrame) -> pd.DataFrame:
    """A touchpoint that names no channel has that of its medium, where it says one."""
    bare = (said["channel"] == "").to_numpy() & (said["medium"] != "").to_numpy()
    if bare.any():
        said.loc[bare, "channel"] = [of_medium(m, f"{s.lower()}. ") or "" for m, s in said.loc[bare, ["medium", "source"]].to_numpy()]
    return said


def _visited(question: Question, of: Converted, rows: Ints) -> Found:
    """The visits of those who converted: every visit begun in the window before, beside each conversion."""
    if not len(rows):
        return Found(rows, rows, pd.DataFrame({name: [] for name in SAID}, dtype=object))
    visits = question.read(_visits(question))
    who, time = visits["who"].to_numpy(np.int64), _microseconds(visits["ts"])
    sorting = np.lexsort((visits["seq"].to_numpy(np.int64, na_value=0), time, who))
    sorting = sorting[_opens(visits["session_key"].to_numpy(np.int64)[sorting])]
    reach = cast(Attribution, question.query).lookback_days * DAY
    low, high = _between((who[sorting], time[sorting]), (of.who[rows], of.time[rows]), reach)
    size = high - low
    place = np.repeat(low, size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    chosen = sorting[place]
    return Found(np.repeat(rows, size), time[chosen], _worded(visits, chosen))


def _opens(session: Ints) -> Ints:
    """The first row of each session: of events at the instant it began, the first to arrive."""
    _, first = np.unique(session, return_index=True)
    return np.sort(first)


def _between(visits: tuple[Ints, Ints], of: tuple[Ints, Ints], reach: int) -> tuple[Ints, Ints]:
    """For each conversion the visits [low, high) of its user that lie at most `reach` before it; visits sorted by (user, time)."""
    (who, time), (user, at) = visits, of
    instants = np.unique(np.concatenate([time, at, at - reach]))  # ranks, so that user and instant fit into one number
    width = len(instants) + 1
    key = who * width + np.searchsorted(instants, time)
    low = np.searchsorted(key, user * width + np.searchsorted(instants, at - reach), "left")
    return low, np.searchsorted(key, user * width + np.searchsorted(instants, at), "right")


def _visits(question: Question) -> sa.Select[Any]:
    """The first events of the visits, in the period and its look-back, of everyone who converts in it and states no touchpoints."""
    query, tenant = cast(Attribution, question.query), question.tenant.key
    people = (_events(question) if query.event else _conversions(question)).subquery("converting")
    days = (question.period.first - timedelta(days=query.lookback_days + 1), question.period.last)
    s, e = sessions.c, events.c
    begun = sa.and_(e.tenant == s.tenant, e.session_key == s.session_key, e.ts == s.ts, e.day >= days[0], e.day < days[1])
    came = sa.case((e.referrer.is_not(None), 1), else_=0).label("came")
    columns = (s.user_key.label("who"), s.session_key, s.ts, e.seq, e.channel, e.source, e.medium, e.campaign, came)
    # TRICKY: without correlate(None) the inner `events` would be taken for the outer one.
    silent = sa.func.length(sa.func.coalesce(people.c.stated, "")) <= EMPTY
    theirs = sa.select(people.c.who).where(people.c.who.is_not(None), silent).correlate(None)
    mine = sa.and_(s.user_key.in_(theirs), e.user_key.in_(theirs))  # said of both, so that neither is read for everybody
    rows = sa.select(*columns).select_from(sessions.join(events, begun))
    return rows.where(s.tenant == tenant, s.day >= days[0], s.day < days[1], mine)


def _worded(visits: pd.DataFrame, rows: Ints) -> pd.DataFrame:
    """What the visits say. A visit's channel is that of its medium, else the one stored with its source, campaign or referrer; one
    that says nothing of where it came from is direct: the channel stored beside is then that of the person."""
    said = visits[list(SAID)].astype(object).where(visits[list(SAID)].notna(), "")
    keys = pd.MultiIndex.from_arrays([said[n] for n in SAID] + [visits["came"]])
    codes, combinations = pd.factorize(keys)
    channels = np.array([_channel(one) for one in combinations], object)
    said["channel"] = channels[codes]
    return said.iloc[rows].reset_index(drop=True)


def _channel(said: tuple[str, str, str, str, int]) -> str:
    channel, campaign, source, medium, came = said
    if not (campaign or source or medium or came):
        return DIRECT
    return (of_medium(medium, f"{source.lower()}. ") if medium else None) or channel
