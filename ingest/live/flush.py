"""Rows of many requests into the warehouse: one batch per tenant, each request by itself where the batch cannot be."""

from __future__ import annotations

import time

import pyarrow as pa
import structlog

from accounts.actor import Tenant
from data_access.errors import WarehouseError
from ingest.decode_instants import micros
from ingest.live import numbers
from ingest.live.batch import arrow, merged
from ingest.live.identities import Identities
from ingest.live.parcel import Parcel, put_aside, unpacked
from ingest.live.surroundings import Surroundings
from ingest.quarantine import Entry
from ingest.writer import BatchWriter

log = structlog.get_logger("ingest")
# What a row can be at fault for; everything else is the warehouse's.
AT_FAULT = (ValueError, TypeError, pa.ArrowInvalid, OverflowError)


class Flush:
    """For one thread: it remembers whom the warehouse knows."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._identities = Identities()

    def write(self, parcels: list[Parcel], *, patient: bool) -> int:
        """Everything, tenant by tenant; the rows that were new. Raises what the warehouse raises: then offer all of it again.

        `patient`: an error that no row need be at fault for is raised at once; else the requests are tried one by one.
        """
        return sum(self._tenant(key, parcels, patient) for key in dict.fromkeys(parcel.tenant for parcel in parcels))

    def _tenant(self, key: int, parcels: list[Parcel], patient: bool) -> int:
        mine = [parcel for parcel in parcels if parcel.tenant == key]
        tenant = self._around.tenants().get(key)
        if tenant is None:
            log.error("tenant_gone", tenant=key, requests=len(mine))
            return 0
        broken = self._around.tally.inspect(key, mine)
        try:
            rows = self._write(tenant, mine)
        except Exception as error:
            if not isinstance(error, AT_FAULT) and (patient or isinstance(error, WarehouseError)):
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
        self._around.publish(tenant, tables)
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
            except WarehouseError:
                raise  # it is away: what was written already counts once when all of it is offered again
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
