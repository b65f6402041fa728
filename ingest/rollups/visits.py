"""Rows of `sessions` made of events in memory, and joined to the rows that were there: no event is read again."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analytics.sources.events import PAGE_VIEW
from ingest.columns import instants, put
from ingest.ids import id_bytes

OF_FIRST_EVENT = (
    "day", "user_key", "account_key", "plan", "kind", "country", "channel", "device", "os", "browser", "campaign", "is_new_user",
)  # fmt: skip
Whole = npt.NDArray[np.int64]


def of(rows: pa.Table) -> pa.Table:
    """One row per session of these events (with `session_key` and `seq`), in order of their keys; the table's columns but `tenant`."""
    rows = rows.take(pa.array(_order(rows)))
    keys, ts = rows["session_key"].to_numpy(), instants(rows["ts"])
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    last = np.append(first[1:], len(keys)) - 1
    seen = pc.fill_null(pc.equal(rows["name"], PAGE_VIEW), False).to_numpy()
    pages = np.add.reduceat(seen.astype(np.int64), first)
    entry, leave = _edges(np.flatnonzero(seen), pages)
    made: dict[str, Any] = {name: rows[name].take(pa.array(first)) for name in OF_FIRST_EVENT}
    made |= {"session_key": keys[first], "ts": _instants(ts[first]), "ended_at": _instants(ts[last]), "events": last - first + 1}
    made |= {"page_views": pages, "duration_s": (ts[last] - ts[first]) / 1_000_000}
    made |= {name: rows["page"].take(pa.array(at, mask=pages == 0)) for name, at in (("entry_page", entry), ("exit_page", leave))}
    return pa.table(made)


def _order(rows: pa.Table) -> Whole:
    """By session, then time, then arrival; ids decide last, as bytes."""
    halves = id_bytes(rows["id"]).byteswap()
    return np.lexsort((halves[:, 1], halves[:, 0], rows["seq"].to_numpy(), instants(rows["ts"]), rows["session_key"].to_numpy()))


def _edges(seen: Whole, pages: Whole) -> tuple[Whole, Whole]:
    """The first and last page view of each session, by place; any place where there is none."""
    if not len(seen):
        return np.zeros(len(pages), np.int64), np.zeros(len(pages), np.int64)
    after = np.cumsum(pages)
    return seen[np.minimum(after - pages, len(seen) - 1)], seen[np.maximum(after - 1, 0)]


def _instants(microseconds: Whole) -> pa.Array:
    return pa.array(microseconds).cast(pa.timestamp("us"))


def joined(stored: pa.Table, arrived: pa.Table) -> tuple[pa.Table, pa.Table, pa.Table]:
    """(stored sessions with the new events, sessions that were not there, keys of those that must be read again).

    A stored session is lengthened where all its new events come after it; where they lie among the old ones only the events
    themselves say what came first.
    """
    place = np.searchsorted(arrived["session_key"].to_numpy(), stored["session_key"].to_numpy())
    later = arrived.take(pa.array(place))
    after = pa.array(instants(later["ts"]) > instants(stored["ended_at"]))
    fresh = np.ones(arrived.num_rows, bool)
    fresh[place] = False
    lengthened = _lengthened(stored.filter(after), later.filter(after)).select(arrived.column_names)
    return lengthened, arrived.filter(pa.array(fresh)), stored.filter(pc.invert(after)).select(["session_key"])


def _lengthened(stored: pa.Table, later: pa.Table) -> pa.Table:
    began, ended = instants(stored["ts"]), instants(later["ended_at"])
    rows = put(stored, "ended_at", later["ended_at"])
    rows = put(rows, "duration_s", pa.array((ended - began) / 1_000_000))
    for name in ("events", "page_views"):
        rows = put(rows, name, pc.add(stored[name], later[name]))
    rows = put(rows, "entry_page", pc.if_else(pc.equal(stored["page_views"], 0), later["entry_page"], stored["entry_page"]))
    return put(rows, "exit_page", pc.if_else(pc.equal(later["page_views"], 0), stored["exit_page"], later["exit_page"]))
