"""SegmentDifference: how the people of a segment differ from the rest, or from those of another segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from typing import Annotated, Any, Literal, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa
from pydantic import Field

from accounts.language import Text
from accounts.roles import Permission
from analytics.activity_log import USER_DAYS
from analytics.compile import conditions
from analytics.dimensions import DIMENSIONS
from analytics.event_log import event_bounds
from analytics.members import Members, without
from analytics.metric import Metric, Unit
from analytics.period import Period
from analytics.query import PeriodField
from analytics.question import Question
from analytics.result import Column, Result
from analytics.segments import resolve
from analytics.segments.effects import Effect, Sums, of_means, of_shares
from analytics.segments.questions import SegmentId, SegmentQuery, looking, permissions_of, tables_of, target
from data_access.clock import naive_utc
from data_access.functions import seconds_between
from data_access.schema import events, payments, rollup_user_day, users


class SegmentDifference(SegmentQuery):
    """`SegmentDifference(segment="…", period="30d")`, or `against` another segment. What people did is that of the period.

    `names`: how many of the most frequent events and values of each dimension are looked at.
    """

    kind: Literal["segment_difference"] = "segment_difference"
    period: PeriodField = Period("30d")
    against: SegmentId | None = None
    names: Annotated[int, Field(ge=1, le=50)] = 12


CUTS = ("plan", "kind", "country", "channel", "role")
FEATURE, VALUE, MEASURE = Text("What", "Quoi"), Text("Value", "Valeur"), Text("Measured as", "Mesure")


def _metric(name: str, en: str, fr: str) -> Metric:
    return Metric(name, Text(en, fr), Text(en, fr), "activity", Unit.NUMBER, better="neutral")


METRICS = (
    _metric("inside", "Segment", "Segment"),
    _metric("outside", "Compared with", "Comparé à"),
    _metric("difference", "Difference", "Écart"),
    _metric("low", "From (95%)", "De (95 %)"),
    _metric("high", "To (95%)", "À (95 %)"),
    _metric("lift", "Lift", "Rapport"),
    _metric("effect", "Effect size", "Taille d’effet"),
)
NUMBERS = {
    "active_days": Text("Active days", "Jours actifs"),
    "events": Text("Events", "Événements"),
    "age": Text("Days since created", "Jours depuis la création"),
    "revenue": Text("Revenue, all time", "Revenu, depuis toujours"),
}
DID = Text("Did", "A fait")


def permissions(query: SegmentDifference) -> frozenset[Permission]:
    return permissions_of(query)


def tables(query: SegmentDifference) -> Iterable[str]:
    return {*tables_of(query), "users", "events", "payments"}


def lookback(query: SegmentDifference) -> int | None:
    return None


@dataclass(frozen=True)
class _Two:
    """The two groups. Each row of a user is 0 (inside), 1 (outside), or neither."""

    inside: Members
    outside: Members

    def mark(self, user: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.case((self.inside.holds(user), 0), (self.outside.holds(user), 1))

    @property
    def sizes(self) -> tuple[float, float]:
        return float(self.inside.size), float(self.outside.size)


def answer(question: Question) -> Result:
    """A row per number and per value of a dimension, the largest effects first; `measure` is mean or share."""
    two = _groups(question)
    rows = [*_numbers(question, two), *_shares(question, two), *_events(question, two)]
    names = [m.name for m in METRICS]
    frame = pd.DataFrame([(*head, *astuple(effect)) for head, effect in rows], columns=["feature", "value", "measure", *names])
    frame = frame.astype(dict.fromkeys(names, np.float64))
    order = frame["effect"].abs().fillna(-1.0).sort_values(ascending=False, kind="stable").index
    heads = ((n, t) for n, t in (("feature", FEATURE), ("value", VALUE), ("measure", MEASURE)))
    return Result(
        query=question.query,
        period=question.period,
        frame=frame.loc[order].reset_index(drop=True),
        columns=(*(Column(n, t, Unit.TEXT, "dimension") for n, t in heads), *(Column(m.name, m.label, m.unit, "metric") for m in METRICS)),
        metrics=METRICS,
        currency=question.tenant.currency,
        trail=tuple(question.trail),
        extra={"sizes": two.sizes},
    )


def _groups(question: Question) -> _Two:
    """Somebody in both is inside."""
    query = cast(SegmentDifference, question.query)
    look = looking(question, resolve.today(question))
    inside = target(look)
    others = resolve.known(look, (query.against,))[query.against] if query.against else resolve.all_users(look)
    return _Two(inside, Members(without(others.flags, inside.flags)))


Row = tuple[tuple[str, str, str], Effect]


def _numbers(question: Question, two: _Two) -> Iterator[Row]:
    """Means over everybody of the group; who did nothing counts as 0."""
    r, u, p = rollup_user_day.c, users.c, payments.c
    days = sa.select(
        r.user_key.label("who"), sa.func.count(r.day.distinct()).label("active_days"),
        sa.func.sum(r.events).label("events"),
    ).where(*conditions(USER_DAYS, rollup_user_day, question.scan())).group_by(r.user_key)  # fmt: skip
    yield from _means(question, two, days.subquery("days"))
    born = sa.func.coalesce(u.created_at, sa.cast(u.signed_up_day, sa.DateTime))
    age = seconds_between(born, sa.literal(naive_utc(question.now))) / 86_400
    ages = sa.select(u.user_key.label("who"), age.label("age")).where(u.tenant == question.tenant.key, born.is_not(None))
    yield from _means(question, two, ages.subquery("ages"), of_known=True)
    if question.actor.may(Permission.READ_MONEY):
        amount = sa.case((p.type == "captured", p.amount_base_minor), else_=-p.amount_base_minor)
        mine = p.tenant == question.tenant.key, p.type.in_(("captured", "refunded")), p.user_key.is_not(None)
        paid = sa.select(p.user_key.label("who"), sa.func.sum(amount).label("revenue")).where(*mine).group_by(p.user_key)
        yield from _means(question, two, paid.subquery("paid"))


def _means(question: Question, two: _Two, rows: sa.Subquery, *, of_known: bool = False) -> Iterator[Row]:
    mark = two.mark(rows.c.who).label("mark")
    names = [c.name for c in rows.c if c.name != "who"]
    values = {name: sa.cast(rows.c[name], sa.Double) for name in names}
    sums = [s for n, v in values.items() for s in (sa.func.sum(v).label(f"{n}_total"), sa.func.sum(v * v).label(f"{n}_squares"))]
    frame = question.read(sa.select(mark, sa.func.count().label("n"), *sums).group_by(mark)).set_index("mark")
    for name in names:
        groups = [_sums(frame, group, name, None if of_known else size) for group, size in enumerate(two.sizes)]
        yield (NUMBERS[name][question.actor.locale], "", "mean"), of_means(*groups)


def _sums(frame: pd.DataFrame, group: int, name: str, size: float | None) -> Sums:
    if group not in frame.index:
        return Sums(size or 0.0, 0.0, 0.0)
    row = frame.loc[group]
    return Sums(float(row["n"]) if size is None else size, float(row[f"{name}_total"]), float(row[f"{name}_squares"]))


def _shares(question: Question, two: _Two) -> Iterator[Row]:
    for name in CUTS:
        value = sa.func.coalesce(users.c[name], "")
        mark = two.mark(users.c.user_key).label("mark")
        each = sa.select(mark, value.label("value"), sa.func.count().label("n")).where(users.c.tenant == question.tenant.key)
        label = DIMENSIONS[name].label[question.actor.locale]
        yield from _compared(question, two, question.read(each.group_by(mark, value)), label)


def _events(question: Question, two: _Two) -> Iterator[Row]:
    did = (
        sa.select(events.c.user_key, events.c.name.label("value")).where(events.c.user_key.is_not(None), *event_bounds(question)).distinct()
    )
    pairs = did.subquery("did")
    mark = two.mark(pairs.c.user_key).label("mark")
    each = sa.select(mark, pairs.c.value, sa.func.count().label("n")).group_by(mark, pairs.c.value)
    yield from _compared(question, two, question.read(each), DID[question.actor.locale])


def _compared(question: Question, two: _Two, frame: pd.DataFrame, label: str) -> Iterator[Row]:
    wide = frame.dropna(subset=["mark"]).pivot_table(index="value", columns="mark", values="n", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=[0, 1], fill_value=0)
    if len(wide) < 2 and label != DID[question.actor.locale]:
        return
    common = wide.sum(axis=1).sort_values(ascending=False, kind="stable").index[: cast(SegmentDifference, question.query).names]
    for value in common:
        inside, outside = (float(wide.loc[value, group]) for group in (0, 1))
        yield (label, str(value), "share"), of_shares((inside, two.sizes[0]), (outside, two.sizes[1]))
