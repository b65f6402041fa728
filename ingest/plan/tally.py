"""Counting what came from where and what broke the plan: in memory, and every second or so in the store.

What is counted is what the warehouse took. A crash loses at most the last counts, never an event.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from data_access.store import ingest_hours, one_at_a_time, plan_violations, writing
from ingest.decode_instants import moment
from ingest.live.parcel import Parcel
from ingest.plan import Planned, check, rows

log = structlog.get_logger("ingest")
FRESH_SECONDS = 5.0  # a changed plan is followed after this long
WRITE_SECONDS = 1.0
MOST_KEYS = 5_000  # ways to break the plan that are told apart between two writes


@dataclass(slots=True)
class _Hour:
    rows: int = 0
    quarantined: int = 0
    lag: float = 0.0
    last: int = 0


class Tally:
    """One per drain. `inspect` before a batch is written, `written` after it."""

    def __init__(self, store: Callable[[], sa.Engine], clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._plans: dict[int, tuple[float, Mapping[str, Planned]]] = {}
        self._hours: dict[tuple[int, datetime, str], _Hour] = {}
        self._broken: Counter[tuple[int, str, str, str]] = Counter()
        self._lock = threading.Lock()
        self._kept = float("-inf")

    def inspect(self, tenant: int, parcels: list[Parcel]) -> Counter[tuple[int, str, str, str]]:
        """Flag the events that break the plan, in place; how often in which way. Done again it changes nothing."""
        plan, found = self._plan(tenant), Counter[tuple[int, str, str, str]]()
        if not plan:
            return found
        for row in (row for parcel in parcels for row in parcel.rows.get("events", [])):
            found.update((tenant, row.get("name", "")[:200], name, code) for name, code in check.flagged(row, plan))
        return found

    def _plan(self, tenant: int) -> Mapping[str, Planned]:
        read, plan = self._plans.get(tenant, (float("-inf"), {}))
        if self._clock() - read > FRESH_SECONDS:
            try:
                plan = rows.plan_of(self._store(), tenant)
            except sa.exc.SQLAlchemyError as error:  # the plan known so far is followed while the store is away
                log.warning("plan_not_read", error=str(error)[:200])
            self._plans[tenant] = (self._clock(), plan)
        return plan

    def written(self, parcels: list[Parcel], broken: Counter[tuple[int, str, str, str]], now: int) -> None:
        """The warehouse has these since `now` (microseconds)."""
        with self._lock:
            for parcel in parcels:
                self._count(parcel, now)
            for key, times in broken.items():
                if key in self._broken or len(self._broken) < MOST_KEYS:
                    self._broken[key] += times
        if self._clock() - self._kept > WRITE_SECONDS:
            self.keep(moment(now))

    def _count(self, parcel: Parcel, now: int) -> None:
        hour = moment(parcel.received).replace(minute=0, second=0, microsecond=0)
        one = self._hours.setdefault((parcel.tenant, hour, parcel.source[:40]), _Hour())
        one.rows += sum(map(len, parcel.rows.values()))
        one.quarantined += len(parcel.bad)
        one.lag = max(one.lag, (now - parcel.received) / 1e6)
        one.last = max(one.last, parcel.received)

    def keep(self, now: datetime) -> None:
        """Write the counts down. While the store is away they are lost; events never are."""
        with self._lock:
            hours, self._hours = self._hours, {}
            broken, self._broken = self._broken, Counter()
        self._kept = self._clock()
        if not hours and not broken:
            return
        try:
            self._write(hours, broken, now)
        except sa.exc.SQLAlchemyError as error:
            log.warning("counts_not_kept", error=str(error)[:200])

    def _write(self, hours: dict[Any, _Hour], broken: Counter[tuple[int, str, str, str]], now: datetime) -> None:
        with writing(self._store()) as tx:
            one_at_a_time(tx, "ingest_counts")  # two collectors may count at once
            for (tenant, hour, source), one in sorted(hours.items()):
                counted = {"rows": one.rows, "quarantined": one.quarantined, "lag_seconds": one.lag, "last_at": moment(one.last)}
                rows.add(tx, ingest_hours, {"tenant": tenant, "hour": hour, "source": source}, counted)
            for (tenant, event, name, problem), times in sorted(broken.items()):
                keys = {"tenant": tenant, "day": now.date(), "event": event, "property": name, "problem": problem}
                rows.add(tx, plan_violations, keys, {"events": times, "last_at": now})
