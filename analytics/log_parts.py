"""Reads events in their order, in parts of disjoint users: from posting lists, and what is newer than these from the events.

Parts are read and worked on by as many threads as there are processors; a question whose time is up stops between two of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from time import monotonic
from typing import TypeVar

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analytics.event_log import Cut, Log, Reading, log_statement
from analytics.kernels.arrays import Ints, order
from analytics.lists.chunks import CHUNK, runs
from analytics.lists.coverage import Coverage, coverage
from analytics.lists.merged import Tail, part_of
from analytics.lists.scope import scope_of
from analytics.lists.tables import Words
from analytics.lists.terms import NotCarried
from analytics.question import Question
from data_access.errors import QueryBudgetExceeded
from data_access.schema import events

S = TypeVar("S")
T = TypeVar("T")
MANY = 5_000  # users whose events are read one by one; of more all events are read


@dataclass(frozen=True)
class Parts:
    """Logs of disjoint users, in the order of their keys; at least one. All share the words of their cuts. Each call of a part reads it."""

    question: Question
    logs: Sequence[Callable[[], Log]]

    def each(self, work: Callable[[Log], T]) -> list[T]:
        """What `work` makes of every part, in order. Raises QueryBudgetExceeded."""

        def one(log: Callable[[], Log]) -> T:
            if monotonic() > self.question.deadline:
                raise QueryBudgetExceeded(self.question.warehouse.budget)
            return work(log())

        return on_all_processors(one, self.logs)


def on_all_processors(work: Callable[[S], T], parts: Sequence[S]) -> list[T]:
    """What `work` makes of each part, in order. Arrays are worked on by as many threads as there are processors."""
    return [work(part) for part in parts] if len(parts) < 2 else list(_threads().map(work, parts))


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="kernels")


def read_log(question: Question, reading: Reading) -> Log:
    """The events that the matchers mean, inside the question's tenant, period and filters, as one log."""
    return joined(read_parts(question, reading).each(lambda log: log))


def joined(logs: Sequence[Log]) -> Log:
    """Logs of disjoint users, in the order of their keys, as one; they share the words of their cuts."""
    if len(logs) == 1:
        return logs[0]
    nothing = np.zeros(0, np.int64)
    who, time, bits = (np.concatenate([nothing, *(getattr(log, name) for log in logs)]) for name in ("who", "time", "bits"))
    words = [cut.words for cut in logs[0].cuts] if logs else []
    cuts = tuple(Cut(np.concatenate([log.cuts[i].codes for log in logs]), said) for i, said in enumerate(words))
    values = [log.value for log in logs if log.value is not None]
    return Log(who, time, bits, cuts, np.concatenate(values) if values else None)


def read_parts(question: Question, reading: Reading) -> Parts:
    """The same in parts; a reading that lists cannot answer is read from the events and split."""
    return listed_parts(question, reading) or Parts(question, _split(_raw(question, reading)))


def listed_parts(question: Question, reading: Reading) -> Parts | None:
    """The same from posting lists and what is newer than these; None where there are none, or they cannot answer."""
    held = coverage(question.warehouse, question.tenant) if reading.by == "user" else None
    if held is None or len(held.moved) > MANY:
        return None
    try:
        return Parts(question, _listed(question, reading, held))
    except NotCarried:
        return None


def _listed(question: Question, reading: Reading, held: Coverage) -> list[Callable[[], Log]]:
    words = tuple(Words() for _ in (*reading.cuts, *reading.computed))
    scope, tables = scope_of(question, reading, held, words)
    newer = events.c.seq > held.upto
    others = [events.c.user_key.in_(held.moved.tolist())] if len(held.moved) else []
    tail = _tail(question, reading, sa.or_(newer, events.c.seq.is_(None), *others), words)
    spelled = tuple(tuple(one.known) or ("",) for one in words)
    # Nobody at all is a part too.
    among = runs(scope, tail.who, packed=not (tables or reading.value)) or [(0, 0)]
    return [partial(part_of, scope, tables, tail, about=(run, spelled, reading)) for run in among]


def _tail(question: Question, reading: Reading, which: sa.ColumnElement[bool], words: tuple[Words, ...]) -> Tail:
    frame = question.read(log_statement(question, reading, which))
    cuts = tuple(one.places(frame[f"cut_{i}"]) for i, one in enumerate(words))
    value = frame["value"].to_numpy(np.float64, na_value=0.0) if reading.value else None
    seq = _whole(frame["seq"]) if "seq" in frame.columns else np.zeros(len(frame), np.int64)
    found = Tail(_whole(frame["who"]), frame["ts"].to_numpy().view("int64"), _whole(frame["bits"]), seq, cuts, value)
    return found.sorted()


def _raw(question: Question, reading: Reading) -> Log:
    frame = question.read(log_statement(question, reading))
    who, time = _whole(frame["who"]), frame["ts"].to_numpy().view("int64")
    value = frame["value"].to_numpy(np.float64, na_value=0.0) if reading.value else None
    cuts = tuple(_cut(frame[name]) for name in frame.columns if name.startswith("cut_"))
    log = Log(who, time, _whole(frame["bits"]), cuts, value)
    rows = order(who, time, _whole(frame["seq"]) if "seq" in frame.columns else None)
    return log if rows is None else log.take(rows)


def _split(log: Log) -> list[Callable[[], Log]]:
    """Parts of about CHUNK rows that end between two people."""
    cuts, at = [0], 0
    while at < len(log):
        last = log.who[min(at + CHUNK, len(log)) - 1]
        at = int(np.searchsorted(log.who, last, side="right"))
        cuts.append(at)
    return [_slice(log, low, high) for low, high in pairwise(cuts)] or [lambda: log]


def _slice(log: Log, low: int, high: int) -> Callable[[], Log]:
    return lambda: log.take(slice(low, high))


def _whole(column: pd.Series) -> Ints:
    return column.to_numpy(np.int64, na_value=0)


def _cut(column: pd.Series) -> Cut:
    codes, words = pd.factorize(column.fillna(""))
    return Cut(codes.astype(np.int64), tuple(str(word) for word in words))
