"""Segments inside a question: as its filter, as slices, and as what it is compared with. Only `run` uses it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd

from analytics.filters import Filter
from analytics.kinds import Kind
from analytics.metric import Unit
from analytics.query import InvalidQuery, Query
from analytics.question import Question
from analytics.result import Column, Result
from analytics.segment_names import IN, OUT, SEGMENT, SEGMENT_LABEL, SEGMENTS, ids, named
from analytics.segments.definition import SEGMENT_ID
from analytics.segments.resolve import Looking, known, today
from analytics.segments.saved import NoSegment
from data_access.connections import store

OTHER = "segment:"


def compares(query: Query) -> bool:
    """Whether other people are compared with, over the same period."""
    return query.compare is not None and (query.compare == "rest" or query.compare.startswith(OTHER))


def resolved(question: Question) -> Question:
    """The question with the members of every segment it names, as they are now. Raises NoSegment."""
    wanted = named(question.query)
    if not wanted:
        return question
    if wrong := [one for one in wanted if not re.match(SEGMENT_ID, one)]:
        raise NoSegment(wrong[0])
    if question.query.compare == "rest" and question.query.segment is None:
        raise InvalidQuery("there is no rest to compare with: choose a segment first")
    looking = Looking(replace(question, trail=[]), store(), today(question))
    return replace(question, segments=known(looking, wanted))


def state(question: Question) -> tuple[tuple[str, str], ...]:
    """What an answer depends on besides the data it reads: who was in which segment."""
    return tuple((identity, members.digest) for identity, members in question.segments.items())


def filtered(question: Question, *, compared: bool = False) -> Question:
    """The same question with the segment as one more filter; `compared`, of those it is compared with."""
    query = question.query
    if getattr(query, "about_segments", False):
        return question
    chosen, place = query.segment, IN
    if compared and query.compare == "rest":
        place = OUT
    elif compared and compares(query):
        chosen = str(query.compare).removeprefix(OTHER)
    among = [Filter("is", SEGMENT + chosen, (place,))] if chosen is not None else []
    changes: dict[str, Any] = {"segment": None}
    of = getattr(query, "of", None)
    if isinstance(of, Query) and of.segment is not None:
        among.append(Filter("is", SEGMENT + of.segment, (IN,)))
        changes["of"] = of.model_copy(update={"segment": None})
    return replace(question, query=query.model_copy(update=changes | {"filters": (*query.filters, *among)})) if among else question


def answered(kind: Kind, question: Question) -> Result:
    """The kind's answer; broken down by several segments, one answer for each, side by side."""
    cuts = [name for name in getattr(question.query, "by", ()) or () if name.startswith(SEGMENTS)]
    if not cuts:
        return kind.answer(question)
    if len(cuts) > 1:
        raise InvalidQuery("only one breakdown by segments at a time: list all of them in one")
    return _sliced(kind, question, cuts[0])


def _sliced(kind: Kind, question: Question, cut: str) -> Result:
    """Somebody may be in several slices, as with every breakdown of people; totals are everybody's."""
    query: Any = question.query
    left: dict[str, Any] = {"by": tuple(name for name in query.by if name != cut)}
    if str(getattr(query, "order", None) or "").lstrip("-") == cut:
        left["order"] = None
    whole = kind.answer(replace(question, query=query.model_copy(update=left)))
    parts = []
    for identity in ids(cut):
        among = Filter("is", SEGMENT + identity, (IN,))
        narrowed = query.model_copy(update=left | {"filters": (*query.filters, among)})
        parts.append(kind.answer(replace(question, query=narrowed)).frame.assign(**{cut: identity}))
    place = sum(column.role in ("time", "dimension") for column in whole.columns)
    added = Column(cut, SEGMENT_LABEL, Unit.TEXT, "dimension")
    columns = (*whole.columns[:place], added, *whole.columns[place:])
    frame = pd.concat(parts, ignore_index=True)
    return replace(whole, query=query, frame=frame[[c.name for c in columns]], columns=columns, trail=tuple(question.trail))
