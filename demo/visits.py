"""Lumen's product events: the script of each session unrolls into events, half a million at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.business import CURRENCIES
from demo.clock import SECOND, Whole
from demo.columns import coded
from demo.event_columns import EventColumns
from demo.lumen import Lumen
from demo.people import Code
from demo.scripts import BODY, MAX_EVENTS, MOMENTS, MORE, OPENING, OPENING_LENGTH, WORDS
from demo.sessions import CHECKOUT, CREDITS

EVENTS_AT_ONCE = 400_000
COMPLETED, BOUGHT = WORDS.index("checkout_completed"), WORDS.index("credits")


def events(company: Lumen) -> Iterator[pa.Table]:
    """`events`, by time within each chunk and nearly so across them (a session's tail may overlap the next chunk)."""
    columns = EventColumns(company.world, company.people, tuple(MOMENTS.values()))
    made, script = company.sessions, company.script
    rng, first, seq = company.world.rng("events"), 0, 0
    step = round(EVENTS_AT_ONCE / company.mean_events)
    for first in range(0, made.size, step):
        part = slice(first, min(first + step, made.size))
        session, moment, ts = unroll(rng, script[part], made.start[part])
        value = _values(company, part, session, moment)
        table = columns.table(rng, made, (session + first, moment, ts), company.session_plan, seq)
        table = table.append_column("value_minor", pa.array(value, mask=value < 0))
        currency = company.customers.currency[np.maximum(company.plans.customer[made.user[part]], 0)][session]
        table = table.append_column("currency", coded(np.where(value >= 0, currency, -1), CURRENCIES))
        gap = company.world.stories["tracking_gap"].during(ts)
        seq += len(ts)
        yield table.filter(pa.array(~gap)) if gap.any() else table


def unroll(rng: np.random.Generator, script: Code, start: Whole) -> tuple[npt.NDArray[np.int64], Code, Whole]:
    """(session position, moment, ts) of every event of these sessions, by ts; instants of one session all differ."""
    opening = OPENING_LENGTH[script]
    count = np.minimum(opening + rng.poisson(MORE[script] * rng.gamma(2.0, 0.5, len(script))), MAX_EVENTS)
    session = np.repeat(np.arange(len(script)), count)
    begin = np.cumsum(count) - count
    place = np.arange(len(session)) - begin[session]
    which = script[session]
    scripted = OPENING[which, np.minimum(place, OPENING.shape[1] - 1)]
    moment = np.where(place < opening[session], scripted, BODY[which, rng.integers(0, 1024, len(session))])
    pause = np.minimum(rng.exponential(42 * SECOND, len(session)), 170 * SECOND).astype(np.int64) + SECOND
    pause[begin] = 0
    after = np.cumsum(pause)
    ts = start[session] + after - after[begin][session]
    order = np.argsort(ts, kind="stable")
    return session[order], moment[order].astype(np.int16), ts[order]


def _values(company: Lumen, part: slice, session: npt.NDArray[np.int64], moment: Code) -> Whole:
    """The money of checkout_completed and credits_purchased in minor units, -1 elsewhere."""
    made, amount = company.sessions, np.full(part.stop - part.start, -1, dtype=np.int64)
    bought = np.flatnonzero(np.isin(made.role[part], (CHECKOUT, CREDITS)))
    amount[bought] = company.amount_of(made.user[part][bought], made.start[part][bought])
    return np.where((moment == COMPLETED) | (moment == BOUGHT), amount[session], -1)
