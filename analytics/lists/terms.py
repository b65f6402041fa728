"""Conditions and breakdowns over the codes that lists hold.

A condition on a column becomes one look-up table: the same SQL that would choose events chooses among the few combinations
of columns that they carry. So lists and raw rows cannot disagree about what "contains", "greater" or "unknown" mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa

from analytics.compile import condition
from analytics.dimensions import column
from analytics.filters import Filter
from analytics.kernels.arrays import Flags
from analytics.lists.people import spoken
from analytics.lists.tables import Kind, Piece, Table, Words, by_user
from analytics.metric import Dimension, Scan
from analytics.question import Question
from analytics.segment_names import SEGMENT
from analytics.where import PERSON, Where, event_dimension, leaf_sql
from data_access.schema import event_pages, event_visits, users

TABLES: dict[Kind, sa.Table] = {"page": event_pages, "visit": event_visits}


class NotCarried(Exception):
    """The lists do not hold what the question needs: read the events themselves."""


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
        if of.name.startswith((PERSON, SEGMENT)):
            return "user"
        for kind, rows in TABLES.items():
            if of.expression is None and of.col in rows.c and of.col != "code":
                self.used.add(kind)
                return kind
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
        if kind == "user" and not name.startswith(PERSON):
            raise NotCarried(name)
        if kind == "user":
            table, said = spoken(self.question, name)
            return table.renamed(np.array([words.place(word) for word in said], np.int64))
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
