"""SHAPES: what People needs of each kind of question: its contract, and the members of a cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from accounts.roles import Permission
from analytics.compile import condition, meets
from analytics.dimensions import column
from analytics.kernels import trails
from analytics.kernels.arrays import begins
from analytics.kinds import aggregate, attribution, dropoff, funnel, lifecycle, paths, people_aggregate, retention, stickiness, trends
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.funnel_query import Funnel
from analytics.kinds.people_query import EVERYONE, People
from analytics.kinds.retention_people import Cell
from analytics.query import InvalidQuery
from analytics.question import Question
from analytics.segment_names import is_segment
from analytics.where import PERSON, event_dimension
from data_access.schema import users

_ABOUT_PEOPLE = ("plan", "kind", "country", "channel", "campaign", "role")


@dataclass(frozen=True)
class Shape:
    """`members` gives a frame with `key` in the order in which people are listed, each once, and any of `reached`, `times` and
    `value`; its question holds the query asked about. The others are as in `Kind`, of that query."""

    tables: Callable[[Any], Iterable[str]]
    permissions: Callable[[Any], frozenset[Permission]]
    lookback: Callable[[Any], int | None]
    members: Callable[[Question, People], pd.DataFrame]
    until_now: Callable[[Any], bool] = lambda query: False


def stamp(day: date | None) -> pd.Timestamp | None:
    """A bucket's start as the kinds take it."""
    return None if day is None else pd.Timestamp(day)


def _of_aggregate(question: Question, query: People) -> pd.DataFrame:
    of = cast(Aggregate, question.query)
    cell = people_aggregate.Cell(query.metric or of.metrics[0], query.bucket, query.slice)
    return people_aggregate.members(question, of, cell)


def _of_funnel(question: Question, query: People) -> pd.DataFrame:
    found = funnel.members(question, query.slice, stamp(query.bucket))
    if query.took is not None:
        return found[(found["took"] >= query.took[0]) & (found["took"] < query.took[1])]
    if query.step is None:
        return found
    here = found[f"step_{query.step}"]
    if query.outcome != "dropped":
        return found[here]
    before = cast(Funnel, query.of).plan().previous(query.step - 1)
    return found[found[f"step_{before + 1}"] & ~here]


def _of_paths(question: Question, query: People) -> pd.DataFrame:
    if query.path is not None:
        return paths.walkers(question, query.path)
    if query.outcome != "dropped":
        return paths.members(question, query.source, query.target)
    found, words = paths.walked(question)
    step, _, word = (query.source or query.target or "").partition("_")
    ended = np.ones(len(found), bool)
    ended[trails.moves(found)] = False
    here = ended & (found.step == int(step)) if step.isdigit() and word in words else np.zeros(len(found), bool)
    who = found.who[here & (found.item == words.index(word))] if here.any() else found.who[:0]
    return pd.DataFrame({"key": who[begins(who)], "times": np.diff(begins(who), append=len(who))})


def _of_everyone(question: Question, query: People) -> pd.DataFrame:
    """Everyone known, those seen last first."""
    mine = [users.c.tenant == question.tenant.key, *(_about(question, f.dimension, f) for f in query.filters)]
    if query.search:
        mine.append(searched(query.search))
    seen_last = users.c.last_seen_at.desc().nulls_last()
    return question.read(sa.select(users.c.user_key.label("key")).where(*mine).order_by(seen_last, users.c.user_key))


def _about(question: Question, name: str, of: Any) -> sa.ColumnElement[bool]:
    if is_segment(name):
        return condition(users, of, question.scan())
    known = name if name.startswith(PERSON) else f"{PERSON}{name}"
    if not name.startswith(PERSON) and name not in _ABOUT_PEOPLE:
        raise InvalidQuery(f"people have no “{name[:60]}”: filter by {', '.join(_ABOUT_PEOPLE)} or person.<property>")
    return meets(column(users, event_dimension(known), question.scan()), of)


def searched(text: str) -> sa.ColumnElement[bool]:
    """Rows of `users` whose id or e-mail begins with the text, or whose name contains it, in whatever case."""
    word = sa.func.lower(text.strip())
    begun = [sa.func.starts_with(sa.func.lower(column), word) for column in (users.c.external_id, users.c.email)]
    return sa.func.coalesce(sa.or_(*begun, sa.func.strpos(sa.func.lower(users.c.name), word) > 0), sa.false())


def _aggregate_permissions(query: Aggregate) -> frozenset[Permission]:
    return aggregate.permissions(query) | {Permission.READ_PEOPLE}


SHAPES: Mapping[str, Shape] = {
    EVERYONE: Shape(lambda query: ("users",), lambda query: frozenset(), lambda query: 0, _of_everyone),
    "aggregate": Shape(aggregate.tables, _aggregate_permissions, aggregate.lookback, _of_aggregate, aggregate.until_now),
    "attribution": Shape(
        attribution.tables,
        attribution.permissions,
        attribution.lookback,
        lambda q, p: attribution.members(q, p.slice, p.touch or "touched"),
    ),
    "dropoff": Shape(dropoff.tables, dropoff.permissions, dropoff.lookback, lambda q, p: dropoff.members(q, str(p.what), p.source)),
    "funnel": Shape(funnel.tables, funnel.permissions, funnel.lookback, _of_funnel),
    "lifecycle": Shape(
        lifecycle.tables, lifecycle.permissions, lifecycle.lookback, lambda q, p: lifecycle.members(q, stamp(p.bucket), p.state)
    ),
    "stickiness": Shape(stickiness.tables, stickiness.permissions, stickiness.lookback, lambda q, p: stickiness.members(q, p.times)),
    "trends": Shape(trends.tables, trends.permissions, trends.lookback, lambda q, p: trends.members(q, p.metric, stamp(p.bucket), p.slice)),
    "paths": Shape(paths.tables, paths.permissions, paths.lookback, _of_paths),
    "retention": Shape(
        retention.tables,
        retention.permissions,
        retention.lookback,
        lambda q, p: retention.members(q, Cell(stamp(p.bucket), p.later, p.outcome, p.slice)),
    ),
}
