"""From Kafka to the warehouse. Offsets are committed once the warehouse has the batch: after a crash it comes again, and counts once."""

from __future__ import annotations

import threading
from typing import Any

import structlog

from accounts.actor import Tenant
from ingest.decode_instants import micros
from ingest.decode_letter import read_letter
from ingest.enrich import Enricher
from ingest.kafka.map import TopicMap
from ingest.kafka.wire import NAME, item, wire
from ingest.live import numbers
from ingest.live.drain import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE
from ingest.live.flush import Flush
from ingest.live.parcel import Parcel, put_aside
from ingest.live.surroundings import Surroundings
from ingest.wire.wire import Context, Envelope, Letter

log = structlog.get_logger("ingest")
MOST_MESSAGES = 5_000
WAIT = 0.5  # seconds for the first messages of a batch


class Entrance:
    """One thread. `client` is a consumer of confluent_kafka that commits only when told to."""

    def __init__(self, client: Any, of: TopicMap, enricher: Enricher, around: Surroundings) -> None:
        self._client, self._map, self._enricher, self._around = client, of, enricher, around
        self.wire = wire(of)
        self._flush = Flush(around)
        self._stopping = threading.Event()
        self.failures = 0
        self._thread = threading.Thread(target=self._run, name="kafka", daemon=True)

    def start(self) -> None:
        self._client.subscribe(list(self._map.topics))
        self._thread.start()

    def stop(self) -> None:
        """After the batch at hand; the group learns at once that this member has gone."""
        self._stopping.set()
        self._thread.join()
        self._client.close()
        self._around.tally.keep(self._around.now())
        self._around.finish()

    def _run(self) -> None:
        while not self._stopping.is_set():
            messages = [one for one in self._client.consume(MOST_MESSAGES, WAIT) if self._good(one)]
            if messages:
                self._until_written(messages)

    def _good(self, message: Any) -> bool:
        if (error := message.error()) is None:
            return True
        log.warning("kafka_error", error=str(error)[:300])
        return False

    def _until_written(self, messages: list[Any]) -> None:
        """The same batch again and again, however long the warehouse is away: only then do its offsets count as read."""
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                self.take(messages)
                self.failures = 0
                return
            except Exception as error:
                self.failures += 1
                numbers.FAILURES.inc()
                log.warning("kafka_batch_failed", error=str(error)[:300], tries=self.failures, messages=len(messages))
                self._stopping.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def take(self, messages: list[Any]) -> int:
        """Write a batch, then commit its offsets; the rows that were new. Raises what the warehouse or the broker raises."""
        tenant = next((one for one in self._around.tenants().values() if one.slug == self._map.tenant), None)
        if tenant is None:
            raise LookupError(f"there is no tenant {self._map.tenant}")
        parcel = self._parcel(tenant, messages)
        rows = self._flush.write([parcel], patient=self.failures < PATIENCE)
        self._client.commit(offsets=_behind(messages), asynchronous=False)
        label = numbers.label(tenant.slug)
        numbers.RECEIVED.labels(label, NAME).inc(len(messages))
        numbers.ACKNOWLEDGED.labels(label, NAME).inc(len(messages) - len(parcel.bad))
        numbers.QUARANTINED.labels(label, NAME).inc(len(parcel.bad))
        return rows

    def _parcel(self, tenant: Tenant, messages: list[Any]) -> Parcel:
        received = micros(self._around.now())
        items = [item(one.topic(), f"{one.partition()}/{one.offset()}", one.value()) for one in messages]
        reading = read_letter(self.wire, Letter("", items), Envelope(b"", received), _Desk(self._enricher, tenant))
        return Parcel(tenant.key, NAME, received, reading.rows, put_aside(reading.bad))


def _behind(messages: list[Any]) -> list[Any]:
    """Where reading goes on in each partition."""
    from confluent_kafka import TopicPartition

    last: dict[tuple[str, int], int] = {}
    for one in messages:
        place = (one.topic(), one.partition())
        last[place] = max(last.get(place, 0), one.offset() + 1)
    return [TopicPartition(topic, partition, offset) for (topic, partition), offset in last.items()]


class _Desk:
    def __init__(self, enricher: Enricher, tenant: Tenant) -> None:
        self._enrich = enricher.for_tenant(tenant)

    def known(self, _table: str, _identity: bytes) -> bool:
        return False  # the warehouse decides

    def enrich(self, table: str, row: dict[str, Any], context: Context, envelope: Envelope) -> bool:
        return self._enrich(table, row, context, envelope)
