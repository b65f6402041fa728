"""The collector: a request comes in, is read, kept on disk, and answered; a drain takes it on to the warehouse."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from accounts.actor import Tenant
from accounts.write_keys import Holder
from ingest.decode import Refused, inflated
from ingest.decode_letter import Reading, Row, read_letter
from ingest.enrich import Enricher
from ingest.enrich.agents import agent_of
from ingest.journal import Journal, JournalFull
from ingest.live import numbers
from ingest.live.keyring import KeyRing
from ingest.live.parcel import Parcel, put_aside
from ingest.live.quota import Quotas
from ingest.live.recent import Recent
from ingest.live.surroundings import Surroundings
from ingest.quarantine import Aside
from ingest.wire import WIRES
from ingest.wire.wire import Answer, Context, Envelope, Letter, Outcome, Wire

if TYPE_CHECKING:
    from ingest.live.drain import Drain

T = TypeVar("T")
LARGE = 512 * 1024  # a body that takes a while to read is read beside the loop
COME_BACK = 5  # seconds
QUOTA = "ingest_events_per_second"  # a tenant's setting


@dataclass(frozen=True)
class Options:
    """`rate`: events per second a tenant may send unless its settings say otherwise. `unseal` opens a kept signing secret."""

    rate: int
    unseal: Callable[[str], str | None]


class Collector:
    """One per process. `take` is the whole path of a request; `start` and `stop` run the drain."""

    def __init__(self, journal: Journal, ring: KeyRing, enricher: Enricher, options: Options) -> None:
        self._journal, self._ring, self._enricher, self._options = journal, ring, enricher, options
        self._recent, self._quotas = Recent(), Quotas()
        self._drain: Drain | None = None
        self.also: dict[str, Wire] = {}  # formats that come in by another way, so that their quarantine can be replayed
        self._starting: threading.Thread | None = None
        numbers.JOURNAL_BYTES.set_function(lambda: journal.backlog)

    @property
    def journal(self) -> Journal:
        return self._journal

    @property
    def failures(self) -> int:
        """How often in a row the warehouse could not be written; 0 while all is well."""
        return self._drain.failures if self._drain else 0

    def start(self, around: Surroundings) -> None:
        """Begin to drain. Events are accepted at once; the libraries a warehouse needs are loaded beside."""

        def load() -> None:
            from ingest.live.drain import Drain

            agent_of("Mozilla/5.0")  # its patterns take a fifth of a second to compile, for which no request should wait
            self._drain = Drain(self._journal, around)
            self._drain.start()

        self._starting = threading.Thread(target=load, name="drain-start", daemon=True)
        self._starting.start()

    def stop(self) -> None:
        """Finish the batch at hand, let go of the folder."""
        if self._starting is not None:
            self._starting.join()
        if self._drain is not None:
            self._drain.stop()
        self._journal.close()

    async def take(self, wire: Wire, envelope: Envelope) -> Answer:
        """Keep what the envelope holds and say what became of it. Raises Refused."""
        try:
            return await self._taken(wire, envelope)
        except Refused as refused:
            numbers.REFUSED.labels(refused.tenant, wire.name, refused.code).inc()
            raise

    async def _taken(self, wire: Wire, envelope: Envelope) -> Answer:
        large = len(envelope.body) > LARGE
        packed = envelope
        envelope, letter = await _aside(large, _opened, wire, envelope)
        holder = await self._holder(letter)
        try:
            if wire.check is not None:
                await _aside(wire.fetches, wire.check, packed, self._secret(holder))
            self._admit(holder.tenant, len(letter.items), envelope.received)
            desk = _Desk(self._recent, self._enricher, holder.tenant)
            reading = await _aside(large, read_letter, wire, letter, envelope, desk)
            numbers.RECEIVED.labels(numbers.label(holder.tenant.slug), wire.name).inc(len(letter.items))
            await self._keep(holder.tenant, wire, envelope, reading)
            return wire.answer(reading.outcome)
        except Refused as refused:
            refused.tenant = numbers.label(holder.tenant.slug)
            raise

    async def replay(self, tenant: Tenant, aside: Aside, received: int) -> Outcome:
        """Offer an event of the quarantine again, as it was sent. Raises Refused, or answers what is still wrong with it."""
        wire = next((wire for wire in (*WIRES.values(), *self.also.values()) if wire.name == aside.source), None)
        if wire is None:
            raise Refused(422, "not_replayable", f"there is no format {aside.source} any more")
        envelope = Envelope(b"", received)
        desk = _Desk(self._recent, self._enricher, tenant)
        reading = read_letter(wire, Letter("", [aside.event]), envelope, desk)
        reading.bad = []
        await self._keep(tenant, wire, envelope, reading)
        return reading.outcome

    async def _holder(self, letter: Letter) -> Holder:
        try:
            holder = await self._ring.holder(letter.key)
        except Exception as error:
            raise Refused(503, "unavailable", "the write keys cannot be read now", COME_BACK) from error
        if holder is None or letter.tenant not in (None, str(holder.tenant.key)):
            raise unknown_key()
        return holder

    def _secret(self, holder: Holder) -> str:
        secret = self._options.unseal(holder.sealed_secret) if holder.sealed_secret else None
        if secret is None:
            raise unknown_key()
        return secret

    def _admit(self, tenant: Tenant, events: int, received: int) -> None:
        rate = int(dict(tenant.settings).get(QUOTA, self._options.rate))
        wait = self._quotas.take(tenant.key, events, rate, received / 1e6)
        if wait:
            raise Refused(429, "too_many_events", f"at most {rate} events a second for this tenant", wait)

    async def _keep(self, tenant: Tenant, wire: Wire, envelope: Envelope, reading: Reading) -> None:
        """On disk before anything is said."""
        who = (numbers.label(tenant.slug), wire.name)
        if reading.rows or reading.bad:
            parcel = Parcel(tenant.key, wire.name, envelope.received, reading.rows, put_aside(reading.bad))
            try:
                await self._journal.append(parcel.packed())
            except JournalFull as full:
                raise Refused(503, "unavailable", str(full), COME_BACK) from full
            self._recent.add(tenant.key, reading.ids)
        _count(who, reading)


def unknown_key() -> Refused:
    """One answer for every reason."""
    return Refused(401, "unauthorized", "a valid write key is needed")


def _count(who: tuple[str, str], reading: Reading) -> None:
    outcome = reading.outcome
    for counter, events in (
        (numbers.ACKNOWLEDGED, outcome.accepted),
        (numbers.DUPLICATE, outcome.duplicates),
        (numbers.DROPPED, outcome.dropped),
        (numbers.QUARANTINED, len(reading.bad)),
    ):
        if events:
            counter.labels(*who).inc(events)


def _opened(wire: Wire, envelope: Envelope) -> tuple[Envelope, Letter]:
    plain = inflated(envelope.body, envelope.headers.get("content-encoding", ""))
    envelope = replace(envelope, body=plain)
    return envelope, wire.open(envelope)


async def _aside(large: bool, call: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.to_thread(call, *arguments) if large else call(*arguments)


class _Desk:
    """What reading a letter needs to know of its tenant."""

    __slots__ = ("_enrich", "_recent", "_tenant")

    def __init__(self, recent: Recent, enricher: Enricher, tenant: Tenant) -> None:
        self._recent, self._tenant = recent, tenant.key
        self._enrich = enricher.for_tenant(tenant)

    def known(self, table: str, identity: bytes) -> bool:
        return self._recent.has(self._tenant, table, identity)

    def enrich(self, table: str, row: Row, context: Context, envelope: Envelope) -> bool:
        return self._enrich(table, row, context, envelope)
