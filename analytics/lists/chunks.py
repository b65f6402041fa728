"""Which rows of which lists a reading needs, in runs of users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.kernels.arrays import Flags, Ints, begins
from analytics.lists.coverage import Part as Held
from analytics.lists.file import RANGE_BITS, Posting
from analytics.lists.tables import Piece, Table
from analytics.lists.terms import Test

SORTABLE = 60  # bits of a key that sorts as one number, without what steps an event matches
PIECE = 4_000  # rows of each list in it, on the average: fewer would cost more to fetch than to work on
CHUNK = 250_000  # rows: what fits the processor's cache with the arrays made from it


@dataclass(frozen=True)
class Meant:
    """How rows of one event name are read: `test` drops rows, `marks` are (bit, its test)."""

    test: Test
    marks: tuple[tuple[int, Test], ...]


@dataclass(frozen=True)
class Selection:
    """Rows of one list that count: `rows` of the piece (None: all), the `bits` of each."""

    piece: Piece
    rows: Ints | None
    bits: Ints
    after: int  # a number below that of each event of the file

    def chosen(self, column: Ints) -> Ints:
        return column if self.rows is None else column[self.rows]

    def seq(self) -> Ints:
        """Arrival order as far as ties need it: rows that tie with none of their file have the number before all of it."""
        at, file = self.piece.rows.at, self.piece.file
        low, high = np.searchsorted(file["tie_at"], (at.start, at.stop))
        found = np.full(at.stop - at.start, self.after, np.int64)
        found[file["tie_at"][low:high].astype(np.int64) - at.start] = file["tie"][low:high]
        return self.chosen(found)

    def value(self) -> Ints:
        at, file = self.piece.rows.at, self.piece.file
        low, high = np.searchsorted(file["value_at"], (at.start, at.stop))
        found = np.zeros(at.stop - at.start, np.float64)
        found[file["value_at"][low:high].astype(np.int64) - at.start] = file["value"][low:high]
        return self.chosen(found)

    def coded(self, table: Table) -> Ints:
        return self.chosen(table(self.piece))


@dataclass(frozen=True)
class Scope:
    """Everything that decides which rows count. `every`: rows without a bit too. `span`: [from, until) in microseconds."""

    parts: tuple[Held, ...]
    names: Mapping[str, Meant] | None  # None: every name is read alike
    any: Meant
    span: tuple[int, int]
    every: bool

    def meant(self, name: str) -> Meant | None:
        return self.any if self.names is None else self.names.get(name)

    @cached_property
    def lists(self) -> list[tuple[Held, Posting, Meant]]:
        """The lists that may hold such rows."""
        return list(self._lists())

    def _lists(self) -> Iterator[tuple[Held, Posting, Meant]]:
        for held in self.parts:
            if held.file.high < self.span[0] or held.file.low >= self.span[1]:
                continue
            for name, posting in held.file.lists.items():
                if (meant := self.meant(name)) is not None:
                    yield held, posting, meant

    def within(self, first: int, last: int) -> list[Selection]:
        """What counts of the users in these ranges."""
        found = (self._selected(held, posting, meant, (first, last)) for held, posting, meant in self.lists)
        return [one for one in found if one is not None]

    def _selected(self, held: Held, posting: Posting, meant: Meant, ranges: tuple[int, int]) -> Selection | None:
        rows = held.file.rows(posting, *ranges)
        if rows is None:
            return None
        piece = Piece(held.file, rows)
        flags = _both(self._timely(held, rows.time), meant.test(piece))
        if len(held.void):
            flags = _both(flags, ~np.isin(rows.user, held.void))
        bits = _bits(piece, meant.marks)
        if not self.every:
            flags = _both(flags, bits != 0 if bits.ndim else (None if bits else np.zeros(len(rows.user), bool)))
        kept = None if flags is None or flags.all() else np.flatnonzero(flags)
        if kept is not None and not len(kept):
            return None
        if not bits.ndim:
            bits = np.full(len(rows.user) if kept is None else len(kept), bits)
        elif kept is not None:
            bits = bits[kept]
        return Selection(piece, kept, bits, held.file.after + 1)

    def _timely(self, held: Held, time: Ints) -> Flags | None:
        first, last = self.span
        early = time >= first if held.file.low < first else None
        return _both(early, time < last if held.file.high >= last else None)


def _both(one: Flags | None, other: Flags | None) -> Flags | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _bits(piece: Piece, marks: tuple[tuple[int, Test], ...]) -> Ints:
    """The bits of each row; one number where all rows have the same."""
    same, found = 0, None
    for bit, test in marks:
        flags = test(piece)
        if flags is None:
            same |= bit
        else:
            mine = flags.astype(np.int64) * bit
            found = mine if found is None else found | mine
    return np.array(same, np.int64) if found is None else found | same


def _widest(scope: Scope) -> int:
    """How many ranges of users fit one sortable number with an instant and a few bits."""
    low = max(scope.span[0], min((part.file.low for part in scope.parts), default=0))
    high = min(scope.span[1], max((part.file.high for part in scope.parts), default=0))
    return 1 << max(SORTABLE - max(high - low, 0).bit_length() - RANGE_BITS, 0)


def runs(scope: Scope, tail: Ints, *, packed: bool) -> list[tuple[int, int]]:
    """Ranges of users [first, last) with about CHUNK rows each; `tail`: users of rows that come from elsewhere.

    `packed`: few enough that user, instant and a few bits fit one number.
    """
    found = scope.lists
    ranges = np.concatenate([*(posting.ranges for _, posting, _ in found), tail >> RANGE_BITS])
    sizes = np.concatenate([*(posting.sizes() for _, posting, _ in found), np.ones(len(tail), np.int64)])
    if not len(ranges):
        return []
    known, place = np.unique(ranges, return_inverse=True)
    total = np.bincount(place, sizes)
    number = (np.cumsum(total) - total) // max(CHUNK, PIECE * len(found))
    first = begins(number, known // _widest(scope)) if packed else begins(number)
    last = np.append(first[1:], len(known)) - 1
    return [(int(known[low]), int(known[high]) + 1) for low, high in zip(first, last, strict=True)]
