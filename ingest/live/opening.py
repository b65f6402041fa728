"""Putting a collector together from the settings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from accounts import tenants, write_keys
from accounts.actor import Tenant
from accounts.secret import secret_of
from data_access.settings import InvalidSettings, Settings
from ingest import quarantine
from ingest.collect import Collector, Options
from ingest.enrich import Enricher
from ingest.enrich.addresses import Countries
from ingest.journal import Journal, JournalInUse
from ingest.journal.segments import Segments
from ingest.live.keyring import KeyRing
from ingest.live.surroundings import Surroundings
from ingest.plan.tally import Tally
from ingest.quarantine import Entry

if TYPE_CHECKING:
    from data_access.warehouse import Warehouse
    from ingest.kafka.entrance import Entrance

MEGABYTE = 1024 * 1024


def journal_folder(settings: Settings) -> Path:
    return settings.journal_dir or settings.data_dir / "journal"


def geo_database(settings: Settings) -> Path | None:
    """The country database: the file that GEO_DATABASE names, else the one `vigie geo update` kept, else none."""
    kept = settings.data_dir / "geo" / "country.mmdb"
    return settings.geo_database or (kept if kept.is_file() else None)


def check_journal(settings: Settings) -> None:
    """Raises InvalidSettings where the journal cannot be this process's: before anything is opened or announced."""
    if not settings.collect:
        return
    folder = journal_folder(settings)
    try:
        Segments(folder).close()
    except JournalInUse as error:
        raise InvalidSettings(in_use(error)) from error
    except OSError as error:
        raise InvalidSettings(f"the journal in {folder} cannot be used: {error.strerror}. Set JOURNAL_DIR.") from error


def in_use(error: JournalInUse) -> str:
    return f"{error}: stop it, give this one its own JOURNAL_DIR, or start it with COLLECT=false"


def open_collector(
    settings: Settings,
    store: Callable[[], sa.Engine],
    warehouse: Callable[[], Warehouse],
    now: Callable[[], datetime],
    *,
    niceness: int = 0,
) -> Collector:
    """A collector that takes events and a drain that is running. Raises InvalidSettings where the journal cannot be used."""
    secret = secret_of(settings)
    folder = journal_folder(settings)
    try:
        journal = Journal(folder, settings.journal_megabytes * MEGABYTE)
    except JournalInUse as error:
        raise InvalidSettings(in_use(error)) from error
    except OSError as error:
        raise InvalidSettings(f"the journal in {folder} cannot be used: {error.strerror}. Set JOURNAL_DIR.") from error
    options = Options(settings.ingest_events_per_second, lambda sealed: write_keys.unseal(secret, sealed))
    ring = KeyRing(lambda: write_keys.active(store()))
    collector = Collector(journal, ring, Enricher(Countries(geo_database(settings)), secret), options)

    collector.start(replace(surroundings(settings, store, warehouse, now), niceness=niceness))
    return collector


def surroundings(
    settings: Settings, store: Callable[[], sa.Engine], warehouse: Callable[[], Warehouse], now: Callable[[], datetime]
) -> Surroundings:
    """What whoever writes to the warehouse is given. Raises InvalidSettings."""

    def set_aside(tenant: int, entries: list[Entry]) -> None:
        if entries:
            quarantine.keep(store(), tenant, entries, now())

    def companies() -> dict[int, Tenant]:
        return {tenant.key: tenant for tenant in tenants.every(store())}

    around = Surroundings(warehouse, companies, set_aside, now, Tally(store))
    if not (settings.kafka_brokers and settings.kafka_exit):
        return around
    from ingest.kafka import client, leaving

    leave = leaving.Exit(client.producer(settings), settings.kafka_exit)
    return replace(around, publish=leave.publish, finish=leave.close)


def open_entrance(
    settings: Settings, store: Callable[[], sa.Engine], warehouse: Callable[[], Warehouse], now: Callable[[], datetime]
) -> Entrance | None:
    """What reads from Kafka, at work, where the settings name brokers and a map. Raises InvalidSettings."""
    if not (settings.kafka_brokers and settings.kafka_map):
        return None
    from ingest.kafka import client
    from ingest.kafka.entrance import Entrance
    from ingest.kafka.map import BadMap, read_map

    try:
        of = read_map(settings.kafka_map)
    except (BadMap, OSError) as error:
        raise InvalidSettings(f"KAFKA_MAP cannot be used: {error}") from error
    enricher = Enricher(Countries(geo_database(settings)), secret_of(settings))
    entrance = Entrance(client.consumer(settings), of, enricher, surroundings(settings, store, warehouse, now))
    entrance.start()
    return entrance


def lazily(settings: Settings) -> Callable[[], Warehouse]:
    """A warehouse that is opened when it is first wanted, and again wanted after it could not be opened."""
    opened: list[Warehouse] = []
    opening = threading.Lock()

    def warehouse() -> Warehouse:
        from data_access.warehouse import open_warehouse

        with opening:
            if not opened:
                made = open_warehouse(settings.warehouse_url, memory=settings.warehouse_memory, threads=settings.warehouse_threads)
                made.migrate()
                opened.append(made)
        return opened[0]

    return warehouse
