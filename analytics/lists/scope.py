"""From a question's words to the lists, tests and look-up tables that answer it."""

from __future__ import annotations

from datetime import datetime

from analytics.event_log import Computed, EventQuery, Reading, microseconds
from analytics.lists.chunks import Meant, Scope
from analytics.lists.coverage import Coverage
from analytics.lists.tables import Kind, Table, Words
from analytics.lists.terms import TABLES, NotCarried, Terms, Test, every
from analytics.matching import Matcher, names
from analytics.metric import Scan
from analytics.question import Question
from data_access.clock import naive_utc

LONG_AGO = -(2**62)


def scope_of(question: Question, reading: Reading, held: Coverage, words: tuple[Words, ...]) -> tuple[Scope, tuple[Table, ...]]:
    """What to read of the lists, and a table of places in `words` for each cut. Raises NotCarried."""
    query = question.query
    if (reading.value and not held.worth) or query.segment is not None:
        raise NotCarried("amounts or segments")
    terms = Terms(question, question.scan())
    common = [terms.leaf(f) for f in query.filters]
    if isinstance(query, EventQuery) and query.where:
        common.append(terms.where(query.where))
    tables = [terms.cut(name, one) for name, one in zip(reading.cuts, words, strict=False)]
    tables += [_computed(terms, of, one) for of, one in zip(reading.computed, words[len(reading.cuts) :], strict=True)]
    named = None if reading.every else names(reading.matchers)
    together = every(common)
    every_name = Meant(together, _marks(terms, reading.matchers, None))
    meant = None if named is None else {name: Meant(together, _marks(terms, reading.matchers, name)) for name in named}
    if named is None:
        meant = _all_names(terms, reading, held, together)
    _precise(terms, held)
    return Scope(held.parts, meant, every_name, span(question, terms.scan, history=reading.history), reading.every), tuple(tables)


def _all_names(terms: Terms, reading: Reading, held: Coverage, together: Test) -> dict[str, Meant]:
    known = {name for part in held.parts for name in part.file.lists}
    return {name: Meant(together, _marks(terms, reading.matchers, name)) for name in known}


def _marks(terms: Terms, matchers: tuple[Matcher, ...], name: str | None) -> tuple[tuple[int, Test], ...]:
    """The bits that events of this name can have, each with its test."""
    marks = []
    for i, matcher in enumerate(matchers):
        common = [terms.where(matcher.where)] if matcher.where else []
        for one in matcher.alternatives:
            if name is not None and one.event in (None, name):
                marks.append((1 << i, every([*common, *([terms.where(one.where)] if one.where else [])])))
    return tuple(marks)


def _computed(terms: Terms, of: Computed, words: Words) -> Table:
    for kind, rows in TABLES.items():
        if of.columns <= set(rows.c.keys()):
            return terms.computed(kind, of.sql, words)
    raise NotCarried("a computed column")


def _precise(terms: Terms, held: Coverage) -> None:
    """Lists in which some combination has no code cannot be asked about it."""
    kinds: set[Kind] = terms.used
    if any(part.file.vague.get(kind) for part in held.parts for kind in kinds):
        raise NotCarried("combinations without a code")


def span(question: Question, scan: Scan, *, history: bool) -> tuple[int, int]:
    """The instants [from, until) that the question sees, in microseconds since 1970."""
    query, period = question.query, scan.period
    first: datetime | None = None if history else period.start
    last = period.until if period.cut or history else period.end
    low, high = LONG_AGO if first is None else microseconds(first), microseconds(last)
    if isinstance(query, EventQuery) and query.since and not history:
        low = max(low, microseconds(naive_utc(query.since)))
    if isinstance(query, EventQuery) and query.until:
        high = min(high, microseconds(naive_utc(query.until)) + 1)
    return low, min(high, microseconds(period.end))
