"""From the journal to the warehouse: read, write as one batch per tenant, let go. Tried until it succeeds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pyarrow as pa
import structlog

from accounts.actor import Tenant
from ingest.decode_instants import micros
from ingest.journal import Journal
from ingest.live import numbers
from ingest.live.batch import arrow, merged
from ingest.live.identities import Identities
from ingest.live.parcel import Parcel, put_aside, unpacked
from ingest.live.surroundings import Surroundings
from ingest.quarantine import Entry
from ingest.writer import BatchWriter

log = structlog.get_logger("ingest")
MOST_BYTES = 8 * 1024 * 1024  # of journal in one batch
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
PATIENCE = 3  # failures of a whole batch before its parts are tried alone
# What a row can be at fault for; everything else is the warehouse's.
AT_FAULT = (ValueError, TypeError, pa.ArrowInvalid, OverflowError)


@dataclass(slots=True)
class _State:
    pause: float = FIRST_PAUSE
    failures: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)


class Drain:
    """One thread. What it has written it never writes again, and what it cannot write it keeps."""

    def __init__(self, journal: Journal, around: Surroundings) -> None:
        self._journal, self._around = journal, around
        self._identities = Identities()
        self._at = journal.released
        self._state = _State()
        self._thread = threading.Thread(target=self._run, name="drain", daemon=True)

    @property
    def failures(self) -> int:
        return self._state.failures

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """After the batch at hand; what is left stays in the journal."""
        self._state.stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._around.tally.keep(self._around.now())

    def _run(self) -> None:
        while not self._state.stopping.is_set():
            if not self._journal.wait(self._at, 0.5):
                self._around.tally.keep(self._around.now())
                continue
            self._state.stopping.wait(self._around.linger)
            try:
                self.step()
                self._state.pause, self._state.failures = FIRST_PAUSE, 0
            except Exception as error:
                self._rest(error)

    def _rest(self, error: Exception) -> None:
        numbers.FAILURES.inc()
        self._state.failures += 1
        log.warning("flush_failed", error=str(error)[:300], tries=self._state.failures, backlog=self._journal.backlog)
        self._state.stopping.wait(self._state.pause)
        self._state.pause = min(self._state.pause * 2, LONGEST_PAUSE)

    def step(self) -> int:
        """Write what waits, up to a batch; the rows written. Raises what the warehouse raises, and then nothing is let go."""
        payloads, after = self._journal.read(self._at, MOST_BYTES)
        if not payloads:
            self._at = after
            return 0
        parcels = [unpacked(payload) for payload in payloads]
        numbers.JOURNAL_AGE.set(max(0.0, (micros(self._around.now()) - parcels[0].received) / 1e6))
        rows = sum(self._tenant(tenant, parcels) for tenant in dict.fromkeys(parcel.tenant for parcel in parcels))
        self._journal.release(after)
        self._at = after
        numbers.JOURNAL_AGE.set(0)
        numbers.LAG.set(max(0.0, (micros(self._around.now()) - parcels[0].received) / 1e6))
        return rows

    def _tenant(self, key: int, parcels: list[Parcel]) -> int:
        mine = [parcel for parcel in parcels if parcel.tenant == key]
        tenant = self._around.tenants().get(key)
        if tenant is None:
            log.error("tenant_gone", tenant=key, requests=len(mine))
            return 0
        broken = self._around.tally.inspect(key, mine)
        try:
            rows = self._write(tenant, mine)
        except Exception as error:
            if not isinstance(error, AT_FAULT) and self._state.failures < PATIENCE:
                raise
            rows = self._alone(tenant, mine)
        self._around.tally.written(mine, broken, micros(self._around.now()))
        self._around.set_aside(key, [entry for parcel in mine for entry in _entries(parcel)])
        return rows

    def _write(self, tenant: Tenant, parcels: list[Parcel]) -> int:
        started = time.perf_counter()
        tables = merged(parcels)
        warehouse = self._around.warehouse()
        self._identities.settle(warehouse, tenant.key, tables)
        if not tables:
            return 0
        writer = BatchWriter(warehouse, tenant)
        done = writer.write({name: arrow(name, rows) for name, rows in tables.items() if rows}, self._around.now())
        self._identities.written(tenant.key, tables.get("aliases", []))
        self._identities.met(tenant.key, tables.get("events", []))
        for name, count in done.inserted.items():
            numbers.WRITTEN.labels(numbers.label(tenant.slug), name).inc(count)
        numbers.FLUSH_SECONDS.observe(time.perf_counter() - started)
        numbers.FLUSH_ROWS.observe(sum(map(len, tables.values())))
        return sum(done.inserted.values())

    def _alone(self, tenant: Tenant, parcels: list[Parcel]) -> int:
        """Each request by itself: those at fault are put aside, the others written. Raises where none can be."""
        rows = 0
        failed: list[tuple[Parcel, Exception]] = []
        for parcel in parcels:
            try:
                rows += self._write(tenant, [unpacked(parcel.packed())])
            except Exception as error:
                failed.append((parcel, error))
        blameless = [why for _, why in failed if not isinstance(why, AT_FAULT)]
        if len(blameless) == len(parcels):
            raise blameless[0]
        for parcel, why in failed:
            refused = f"the warehouse refused it: {why}"
            parcel.bad += put_aside([(refused, row) for of_table in parcel.rows.values() for row in of_table])
        return rows


def _entries(parcel: Parcel) -> list[Entry]:
    """Bad events with an id that the same journal record makes again."""
    return [
        Entry(parcel.source, reason, event, f"{parcel.tenant}/{parcel.received}/{index}/{reason}/{event}")
        for index, (reason, event) in enumerate(parcel.bad)
    ]
