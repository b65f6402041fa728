"""Who did something in a window, and how often: the one place where segments read events.

Each function answers from the bitmaps of active days or the user-day rollup where any event counts, else from posting lists where they
hold what is asked, else from the events.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa

from analytics.activity_log import USER_DAYS
from analytics.compile import conditions
from analytics.dimensions import column
from analytics.event_log import EventQuery, Log, Reading, event_bounds, event_rows, microseconds
from analytics.kernels.arrays import begins
from analytics.kinds import funnel
from analytics.kinds.funnel_query import Funnel, FunnelExclusion, FunnelStep
from analytics.log_parts import listed_parts
from analytics.matching import Matcher, matched, names
from analytics.members import Flags, Keys, flagged, without
from analytics.period import EARLIEST, Period, resolved
from analytics.question import Question
from analytics.segments.definition import Sequence
from analytics.sources import activity_bits
from analytics.sources.activity_bits import BLOCK_DAYS, EPOCH
from analytics.where import PERSON, event_dimension
from data_access.functions import try_number
from data_access.schema import events, rollup_user_day

Days = tuple[date, date]  # [first, last)
Measure = Literal["times", "days", "sum"]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def over(question: Question, days: Days) -> Question:
    """The question over these days of the tenant."""
    return replace(question, period=resolved(*days, question.now, question.tenant))


def did(question: Question, event: Matcher, days: Days) -> Flags:
    """Who did it at all."""
    if event == Matcher():
        return _active(question, days) > 0
    listed = _listed(question, event, days)
    return _users(question, event, days) if listed is None else flagged(listed.who).flags


def tally(question: Question, event: Matcher, days: Days, measure: tuple[Measure, str | None]) -> tuple[Keys, Floats]:
    """The users who did it, and how often, on how many days, or the sum of `value` (minor units) or a property."""
    how, of = measure
    if event == Matcher() and how == "days":
        count = _active(question, days)
        keys = np.flatnonzero(count)
        return keys, count[keys].astype(np.float64)
    if how == "times" and event != Matcher() and (listed := _listed(question, event, days)) is not None:
        return listed.who, listed.times.astype(np.float64)
    if event == Matcher() and how == "times":
        user, amount = rollup_user_day.c.user_key, sa.func.sum(rollup_user_day.c.events)
        select = sa.select(user.label("who"), amount.label("amount")).where(
            *conditions(USER_DAYS, rollup_user_day, over(question, days).scan())
        )
    else:
        user = events.c.user_key
        select = sa.select(user.label("who"), _amount(question, how, of).label("amount")).select_from(event_rows(_personal(event)))
        select = select.where(*_meant(question, event, days))
    frame = question.read(select.group_by(user))
    return frame["who"].to_numpy(np.int64), frame["amount"].to_numpy(np.float64, na_value=0.0)


def first_within(question: Question, event: Matcher, days: Days) -> Flags:
    """Whose first ever such event lies in these days."""
    if event == Matcher():
        return without(did(question, event, days), did(question, event, (EARLIEST, days[0])))
    if (listed := _listed(question, event, (EARLIEST, days[1]))) is not None:
        return flagged(listed.who[listed.first >= microseconds(over(question, days).period.start)]).flags
    return _users(question, event, (EARLIEST, days[1]), sa.func.min(events.c.day) >= days[0])


def last_before(question: Question, event: Matcher, since: date, until: date) -> Flags:
    """Who did it before the day `since` and not from then to the day before `until`."""
    if event == Matcher():
        return without(did(question, event, (EARLIEST, since)), did(question, event, (since, until)))
    if (listed := _listed(question, event, (EARLIEST, until))) is not None:
        return flagged(listed.who[listed.last < microseconds(over(question, (since, until)).period.start)]).flags
    return _users(question, event, (EARLIEST, until), sa.func.max(events.c.day) < since)


def in_order(question: Question, leaf: Sequence, days: Days) -> Flags:
    """Who did the steps of the sequence in these days: whoever comes through the funnel of them."""
    count = len(leaf.steps)
    between = [FunnelExclusion(**leaf.without.model_dump(), from_step=k, to_step=k + 1) for k in range(count - 1)] if leaf.without else []
    steps = tuple(FunnelStep(**step.model_dump()) for step in leaf.steps)
    query = Funnel(steps=steps, window=leaf.seconds, window_unit="second", exclusions=tuple(between), period=Period("all"))
    found = funnel.members(replace(over(question, days), query=query))
    return flagged(found["key"].to_numpy(np.int64)[found[f"step_{count}"].to_numpy(bool)]).flags


@dataclass(frozen=True)
class _Doers:
    """Those who did something, by key: how often, and when first and last (microseconds since 1970)."""

    who: Keys
    times: Keys
    first: Keys
    last: Keys


def _listed(question: Question, event: Matcher, days: Days) -> _Doers | None:
    """From posting lists, where there are any that hold what the matcher asks."""
    parts = listed_parts(replace(over(question, days), query=EventQuery(kind="segment")), Reading((event,)))
    if parts is None:
        return None
    found = parts.each(_doers)
    return _Doers(*(np.concatenate([getattr(one, name) for one in found]) for name in ("who", "times", "first", "last")))


def _doers(log: Log) -> _Doers:
    """A log is sorted by person, then by time."""
    start = begins(log.who)
    end = np.append(start[1:], len(log.who)) if len(start) else start
    return _Doers(log.who[start], end - start, log.time[start], log.time[end - 1])


def _users(question: Question, event: Matcher, days: Days, having: sa.ColumnElement[bool] | None = None) -> Flags:
    user = events.c.user_key
    select = sa.select(user.label("who")).select_from(event_rows(_personal(event))).where(*_meant(question, event, days))
    frame = question.read(select.distinct() if having is None else select.group_by(user).having(having))
    return flagged(frame["who"].to_numpy(np.int64)).flags


def _meant(question: Question, event: Matcher, days: Days) -> list[sa.ColumnElement[bool]]:
    """Those of the tenant and the days, of somebody, that the matcher means; by name first, which engines can look up."""
    asked = over(question, days)
    named = names((event,))
    listed = [events.c.name.in_(sorted(named))] if named is not None else []
    return [events.c.user_key.is_not(None), *listed, matched(events, event, asked.scan()), *event_bounds(asked)]


def _personal(event: Matcher) -> bool:
    return any(leaf.dimension.startswith(PERSON) for leaf in event.leaves())


def _amount(question: Question, how: Measure, of: str | None) -> sa.ColumnElement[Any]:
    if how == "times":
        return sa.func.count()
    if how == "days":
        return sa.func.count(events.c.day.distinct())
    if of == "value":
        return sa.func.sum(events.c.value_base_minor)
    return sa.func.sum(try_number(column(events, event_dimension(str(of)), question.scan())))


def _active(question: Question, days: Days) -> np.ndarray[Any, np.dtype[np.int16]]:
    """On how many of the days each user, by key, was active."""
    first, last = ((day - EPOCH).days for day in days)
    held = activity_bits.span(question)
    total = np.zeros(0, np.int16)
    if held is None:
        return total
    for number in range(max(first // BLOCK_DAYS, held[0]), min((last - 1) // BLOCK_DAYS, held[1]) + 1):
        low, high = max(first - number * BLOCK_DAYS, 0), min(last - number * BLOCK_DAYS, BLOCK_DAYS)
        bits = activity_bits.block(question, number)
        count = np.bitwise_count(bits & (((1 << (high - low)) - 1) << low)).astype(np.int16)
        longer, shorter = (count, total) if len(count) > len(total) else (total, count)
        longer[: len(shorter)] += shorter
        total = longer
    return total
