"""Product events: the script of each session unrolls into events, half a million at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.business import CURRENCIES
from demo.clock import SECOND, Whole
from demo.columns import coded
from demo.event_columns import EventColumns
from demo.people import Code
from demo.scripts import MAX_EVENTS, SLOTS, Library
from demo.traffic import Traffic

SESSIONS_AT_ONCE = 60_000
# (session positions) -> amount in minor units (-1 for none) and position in CURRENCIES of each
Money = Callable[[npt.NDArray[np.int64]], tuple[Whole, Code]]


def events(traffic: Traffic, money: Money, paid_moments: tuple[str, ...]) -> Iterator[pa.Table]:
    """`events` by time, in chunks that overlap by no more than a session's length.

    The `paid_moments` of a session carry its money.
    """
    columns, made = EventColumns(traffic), traffic.sessions
    paid = [traffic.library.moment(word) for word in paid_moments]
    rng, seq = traffic.world.rng("events"), 0
    for first in range(0, made.size, SESSIONS_AT_ONCE):
        part = np.arange(first, min(first + SESSIONS_AT_ONCE, made.size))
        session, moment, ts = unroll(traffic.library, rng, traffic.script[part], made.start[part])
        amount, currency = (column[session] for column in money(part))
        valued = np.isin(moment, paid) & (amount >= 0)
        table = columns.table(rng, (session + first, moment, ts), seq)
        table = table.append_column("value_minor", pa.array(amount, mask=~valued))
        table = table.append_column("currency", coded(np.where(valued, currency, -1), CURRENCIES))
        seq += len(ts)
        yield _tracked(traffic, table, ts)


def _tracked(traffic: Traffic, table: pa.Table, ts: Whole) -> pa.Table:
    """Without what the tracking gap swallowed."""
    gap = traffic.world.stories.get("tracking_gap")
    lost = gap.during(ts) if gap is not None else np.zeros(len(ts), dtype=bool)
    return table.filter(pa.array(~lost)) if lost.any() else table


def unroll(library: Library, rng: np.random.Generator, script: Code, start: Whole) -> tuple[npt.NDArray[np.int64], Code, Whole]:
    """(session position, moment, ts) of every event of these sessions, by ts; instants of one session all differ."""
    opening = library.opening_length[script]
    count = np.minimum(opening + rng.poisson(library.more[script] * rng.gamma(2.0, 0.5, len(script))), MAX_EVENTS)
    session = np.repeat(np.arange(len(script)), count)
    begin = np.cumsum(count) - count
    place = np.arange(len(session)) - begin[session]
    which = script[session]
    scripted = library.opening[which, np.minimum(place, library.opening.shape[1] - 1)]
    moment = np.where(place < opening[session], scripted, library.body[which, rng.integers(0, SLOTS, len(session))])
    ts = start[session] + _elapsed(rng, session, begin)
    order = np.argsort(ts, kind="stable")
    return session[order], moment[order].astype(np.int16), ts[order]


def _elapsed(rng: np.random.Generator, session: npt.NDArray[np.int64], begin: npt.NDArray[np.int64]) -> Whole:
    """Microseconds since the session's first event: pauses of 1 to 171 seconds, so that 30 events stay within 90 minutes."""
    pause = np.minimum(rng.exponential(42 * SECOND, len(session)), 170 * SECOND).astype(np.int64) + SECOND
    pause[begin] = 0
    total = np.cumsum(pause)
    return total - total[begin][session]
