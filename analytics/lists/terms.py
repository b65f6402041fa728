"""Conditions and breakdowns over the codes that lists hold.

A condition on a column becomes one look-up table: the same SQL that would choose events chooses among the few combinations
of columns that they carry. So lists and raw rows cannot disagree about what "contains", "greater" or "unknown" mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analytics.compile import condition
from analytics.dimensions import column
from analytics.filters import Filter
from analytics.kernels.arrays import Flags, Ints
from analytics.lists.file import ListFile, Rows
from analytics.metric import Dimension, Scan
from analytics.question import Question
from analytics.where import PERSON, Where, event_dimension, leaf_sql
from data_access.schema import event_pages, event_visits, users

Kind = Literal["page", "visit", "user"]
TABLES = {"page": event_pages, "visit": event_visits}
SPARSE = 1_000_000  # user keys may be this much larger than their number and still be looked up directly


class NotCarried(Exception):
    """The lists do not hold what the question needs: read the events themselves."""


@dataclass(frozen=True)
class Piece:
    """Rows of one list of one file."""

    file: ListFile
    rows: Rows

    def codes(self, kind: Kind) -> Ints:
        """What a look-up table of that kind is asked by."""
        return self.rows.user if kind == "user" else self.file[kind][self.rows.at]


@dataclass(frozen=True)
class Table:
    """A value per code: `values[code]`; with `keys` the value of `keys[i]` is `values[i]`. Codes beyond have `other`."""

    kind: Kind
    values: Any
    other: Any
    keys: Ints | None = None

    def __call__(self, piece: Piece) -> Any:
        codes = piece.codes(self.kind)
        if self.kind != "user":
            return self.values[codes]
        place = codes if self.keys is None else np.searchsorted(self.keys, codes)
        found = self.values.take(place, mode="clip")
        out = place >= len(self.values)
        if self.keys is not None:
            out |= self.keys.take(place, mode="clip") != codes
        return np.where(out, self.other, found) if out.any() else found


Test = Callable[[Piece], Flags | None]  # None: all of them


@dataclass
class Terms:
    """What the words of one question mean on lists. `used`: the kinds of codes asked for so far."""

    question: Question
    scan: Scan
    used: set[Kind] = field(default_factory=set)
    known: dict[Any, Table] = field(default_factory=dict)

    def where(self, tree: Where) -> Test:
        """The tree as a test of pieces. Raises NotCarried."""
        parts = [self.where(part) if isinstance(part, Where) else self.leaf(part) for part in tree.values]
        return every(parts) if tree.type == "and" else _some(parts)

    def leaf(self, of: Filter) -> Test:
        if of not in self.known:
            self.known[of] = self._tested(of)
        return self.known[of]

    def _tested(self, of: Filter) -> Table:
        kind = self._kind(event_dimension(of.dimension))
        if kind == "user":
            meets = leaf_sql(users, of, self.scan)
            chosen = self.question.read(sa.select(users.c.user_key).where(users.c.tenant == self.scan.tenant.key, meets))
            return by_user(chosen["user_key"].to_numpy(np.int64), np.ones(len(chosen), bool), self._of_nobody(meets))
        rows = TABLES[kind]
        meets = condition(rows, of, self.scan)
        chosen = self.question.read(sa.select(rows.c.code).where(rows.c.tenant == self.scan.tenant.key, meets))["code"]
        values = np.zeros(self._size(kind), bool)
        values[chosen.to_numpy(np.int64)] = True
        return Table(kind, values, False)

    def _of_nobody(self, what: sa.ColumnElement[Any]) -> Any:
        """What holds for a user of whom nothing is known."""
        one = sa.select(sa.literal(1).label("one")).subquery()
        found = self.question.read(sa.select(what.label("found")).select_from(one.outerjoin(users, sa.false())))["found"].iloc[0]
        return bool(found) if found == found and found is not None else False

    def _kind(self, of: Dimension) -> Kind:
        if of.name.startswith(PERSON):
            return "user"
        for kind, rows in TABLES.items():
            if of.expression is None and of.col in rows.c and of.col != "code":
                self.used.add(kind)  # type: ignore[arg-type]
                return kind  # type: ignore[return-value]
        raise NotCarried(of.name)

    def _size(self, kind: Kind) -> int:
        if ("size", kind) not in self.known:
            code = TABLES[kind].c.code
            most = self.question.read(sa.select(sa.func.max(code)).where(TABLES[kind].c.tenant == self.scan.tenant.key)).iat[0, 0]
            self.known["size", kind] = Table(kind, 1 if most != most or most is None else int(most) + 1, 0)
        return int(self.known["size", kind].values)

    def cut(self, name: str, words: Words) -> Table:
        """The dimension as places in `words`. Raises NotCarried."""
        of = event_dimension(name)
        kind = self._kind(of)
        if kind == "user":
            found = sa.select(users.c.user_key, sa.cast(column(users, of, self.scan), sa.Text).label("word"))
            frame = self.question.read(found.where(users.c.tenant == self.scan.tenant.key))
            return by_user(frame["user_key"].to_numpy(np.int64), words.places(frame["word"]), words.place(""))
        return self.computed(kind, lambda rows: column(rows, of, self.scan), words)

    def computed(self, kind: Kind, sql: Callable[[sa.FromClause], sa.ColumnElement[Any]], words: Words) -> Table:
        """An expression over the columns of a kind as places in `words`."""
        self.used.add(kind)
        rows = TABLES[kind]
        statement = sa.select(rows.c.code, sa.cast(sql(rows), sa.Text).label("word")).where(rows.c.tenant == self.scan.tenant.key)
        frame = self.question.read(statement)
        values = np.full(self._size(kind), words.place(""), np.int64)
        values[frame["code"].to_numpy(np.int64)] = words.places(frame["word"])
        return Table(kind, values, words.place(""))


class Words:
    """The words of a cut, each once; "" is unknown."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def place(self, word: str) -> int:
        return self.known.setdefault(word, len(self.known))

    def places(self, column: pd.Series) -> Ints:
        codes, words = pd.factorize(column.fillna(""))
        return np.array([self.place(str(word)) for word in words], np.int64)[codes] if len(codes) else np.zeros(0, np.int64)


def by_user(keys: Ints, values: Any, other: Any) -> Table:
    """A value per user."""
    if not len(keys) or keys.min() < 0 or keys.max() > 4 * len(keys) + SPARSE:
        sorting = np.argsort(keys)
        return Table("user", np.append(values[sorting], other), other, np.append(keys[sorting], np.iinfo(np.int64).max))
    dense = np.full(int(keys.max()) + 1, other, values.dtype if values.dtype == bool else np.min_scalar_type(int(values.max(initial=0))))
    dense[keys] = values
    return Table("user", dense, other)


def every(tests: Sequence[Test]) -> Test:
    """All of the tests."""

    def held(piece: Piece) -> Flags | None:
        found: Flags | None = None
        for test in tests:
            mine = test(piece)
            if mine is not None:
                found = mine if found is None else found & mine
        return found

    return held


def _some(tests: Sequence[Test]) -> Test:
    def held(piece: Piece) -> Flags | None:
        found: Flags | None = None
        for test in tests:
            mine = test(piece)
            if mine is None:
                return None
            found = mine if found is None else found | mine
        return found

    return held
