"""Posting lists against the events they were made from, for `vigie verify`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from accounts.actor import Tenant
from analytics.kernels.arrays import Ints
from analytics.lists.coverage import Coverage, coverage
from data_access.schema import events
from data_access.warehouse import Warehouse
from ingest.lists.keep import STEP, entries, windows
from ingest.lists.merge import rows_of
from ingest.lists.rows import Entries

Sums = dict[str, tuple[int, int]]
FACTORS = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F], np.uint64)


def differences(warehouse: Warehouse, tenant: Tenant) -> list[str]:
    """What the lists say otherwise than the events, a line for each event name; nothing where all is well or there are no lists.

    Compared are the number of events and a sum over all of user, instant, page, visit and amount.
    """
    held = coverage(warehouse, tenant)
    if held is None:
        return []
    kept, raw = _listed(held), _raw(warehouse, tenant, held)
    names = sorted(name for name in kept.keys() | raw.keys() if kept.get(name) != raw.get(name))
    return [f"{name}: lists hold {_said(kept.get(name))}, raw {_said(raw.get(name))}" for name in names]


def _said(found: tuple[int, int] | None) -> str:
    return "nothing" if found is None else f"{found[0]} events (sum {found[1]:x})"


def _listed(held: Coverage) -> Sums:
    sums: Sums = {}
    for part in held.parts:
        for name, posting in part.file.lists.items():
            _add(sums, rows_of(part.file, posting, ([name], 0), part.void), worth=held.worth)
    return sums


def _raw(warehouse: Warehouse, tenant: Tenant, held: Coverage) -> Sums:
    sums: Sums = {}
    with warehouse.transaction() as tx:
        for window in windows(tx, tenant, STEP[tx.engine]):
            found, _ = entries(tx, tenant.key, [*window, events.c.seq <= held.upto])
            _add(sums, found.take(np.flatnonzero(~np.isin(found.user, held.moved))), worth=held.worth)
    return sums


def _add(sums: Sums, found: Entries, *, worth: bool) -> None:
    for name, count, total in _each(found, _mixed(found, worth=worth)):
        before = sums.get(name, (0, 0))
        sums[name] = before[0] + count, (before[1] + total) % 2**64


def _each(found: Entries, mixed: Ints) -> Iterator[tuple[str, int, int]]:
    sorting = np.argsort(found.name, kind="stable")
    cuts = np.searchsorted(found.name[sorting], np.arange(len(found.names) + 1))
    for i, name in enumerate(found.names):
        rows = sorting[cuts[i] : cuts[i + 1]]
        if len(rows):
            yield name, len(rows), int(mixed[rows].sum())


def _mixed(found: Entries, *, worth: bool) -> Ints:
    """A number for each event that hangs on every bit of what the lists say of it; sums wrap at 64 bits."""
    value = found.value if worth else np.zeros_like(found.value)
    mixed = np.zeros(len(found), np.uint64)
    for column, factor in zip((found.user, found.time, found.page, found.visit, value), FACTORS, strict=True):
        mixed = (mixed ^ column.astype(np.uint64)) * factor
        mixed ^= mixed >> np.uint64(29)
    return mixed
