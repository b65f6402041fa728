"""The rows of one run of users, from lists and tail, in the order of a log."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.event_log import Cut, Log, Reading
from analytics.kernels.arrays import Floats, Ints, order, ranking, ties_by
from analytics.lists.chunks import Scope, Selection
from analytics.lists.file import RANGE_BITS
from analytics.lists.tables import Table

KEY_BITS = 63
MOST_KINDS = 4096
About = tuple[tuple[int, int], tuple[tuple[str, ...], ...], Reading]  # ranges of users, words of the cuts, what is read


@dataclass(frozen=True)
class Tail:
    """Rows that the lists do not hold."""

    who: Ints
    time: Ints
    bits: Ints
    seq: Ints
    cuts: tuple[Ints, ...]
    value: Floats | None

    def take(self, rows: Ints | slice) -> Tail:
        cuts = tuple(codes[rows] for codes in self.cuts)
        return Tail(
            self.who[rows], self.time[rows], self.bits[rows], self.seq[rows], cuts, None if self.value is None else self.value[rows]
        )

    def sorted(self) -> Tail:
        """By user."""
        return self.take(np.argsort(self.who, kind="stable"))

    def within(self, first: int, last: int) -> Tail:
        low, high = np.searchsorted(self.who, (first << RANGE_BITS, last << RANGE_BITS))
        return self.take(slice(int(low), int(high)))


def part_of(scope: Scope, tables: tuple[Table, ...], tail: Tail, about: About) -> Log:
    """The log of the users in some ranges."""
    ranges, words, reading = about
    found, newer = scope.within(*ranges), tail.within(*ranges)
    who = np.concatenate([*(one.chosen(one.piece.rows.user) for one in found), newer.who])
    time = np.concatenate([*(one.chosen(one.piece.rows.time) for one in found), newer.time])
    bits = np.concatenate([*(one.bits for one in found), newer.bits])
    if reading.every:
        kept = _of_entrants(who, bits)
    if not tables and not reading.value:
        return _plain(who, time, bits) if not reading.every else _plain(who[kept], time[kept], bits[kept])
    cuts = tuple(
        Cut(np.concatenate([*(one.coded(table) for one in found), newer.cuts[i]]).astype(np.int64), words[i])
        for i, table in enumerate(tables)
    )
    value = np.concatenate([*(one.value() for one in found), newer.value]) if newer.value is not None else None
    log = Log(who, time, bits, cuts, value)
    rows = _arrival_order(found, newer, log)
    if reading.every:
        rows = rows[kept[rows]]
    return log.take(rows)


def _of_entrants(who: Ints, bits: Ints) -> Ints:
    """Rows of users who have the first bit anywhere."""
    low = int(who.min(initial=0))
    entered = np.zeros(int(who.max(initial=0)) - low + 1, bool)
    entered[who[bits & 1 != 0] - low] = True
    return entered[who - low]


def _plain(who: Ints, time: Ints, bits: Ints) -> Log:
    """A log without words, in which rows of one instant may stand in any order: sorted as packed numbers where they fit."""
    if not len(who):
        return Log(who, time, bits)
    low, first = int(who.min()), int(time.min())
    kinds = np.flatnonzero(np.bincount(bits)) if int(bits.max()) <= MOST_KINDS else None
    width, time_width = 0 if kinds is None else (len(kinds) - 1).bit_length(), (int(time.max()) - first).bit_length()
    if kinds is None or (int(who.max()) - low).bit_length() + time_width + width > KEY_BITS:
        rows = order(who, time)
        return Log(who, time, bits) if rows is None else Log(who[rows], time[rows], bits[rows])
    key = who - low
    key <<= time_width
    key += time - first
    key <<= width
    key |= _places(kinds)[bits]
    key.sort()
    bits = kinds[key & ((1 << width) - 1)]
    key >>= width
    time = key & ((1 << time_width) - 1)
    time += first
    key >>= time_width
    key += low
    return Log(key, time, bits)


def _places(kinds: Ints) -> Ints:
    """The place of each kind among them."""
    places = np.zeros(int(kinds[-1]) + 1, np.int64)
    places[kinds] = np.arange(len(kinds))
    return places


def _arrival_order(found: list[Selection], newer: Tail, log: Log) -> Ints:
    """The rows by (who, time, seq); numbers of arrival are only looked up where rows tie."""
    rows = ranking(log.who, log.time)
    who, time = log.who[rows], log.time[rows]
    if ((who[1:] == who[:-1]) & (time[1:] == time[:-1])).any():
        seq = np.concatenate([*(one.seq() for one in found), newer.seq])
        rows = ties_by(seq, (who, time), rows)
    return rows
