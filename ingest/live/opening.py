"""Putting a collector together from the settings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from accounts import tenants, write_keys
from accounts.secret import secret_of
from data_access.settings import InvalidSettings, Settings
from data_access.warehouse import Warehouse
from ingest import quarantine
from ingest.collect import Collector, Options
from ingest.enrich import Enricher
from ingest.enrich.addresses import Countries
from ingest.enrich.agents import agent_of
from ingest.journal import Journal, JournalInUse
from ingest.live.drain import Surroundings
from ingest.live.keyring import KeyRing
from ingest.quarantine import Entry

MEGABYTE = 1024 * 1024


def journal_folder(settings: Settings) -> Path:
    return settings.journal_dir or settings.data_dir / "journal"


def open_collector(
    settings: Settings, store: Callable[[], sa.Engine], warehouse: Callable[[], Warehouse], now: Callable[[], datetime]
) -> Collector:
    """A collector that takes events and a drain that is running. Raises InvalidSettings where the journal cannot be used."""
    secret = secret_of(settings)
    folder = journal_folder(settings)
    try:
        journal = Journal(folder, settings.journal_megabytes * MEGABYTE)
    except JournalInUse as error:
        raise InvalidSettings(f"{error}: give this one its own JOURNAL_DIR, or start it with COLLECT=false") from error
    except OSError as error:
        raise InvalidSettings(f"the journal in {folder} cannot be used: {error.strerror}. Set JOURNAL_DIR.") from error
    options = Options(settings.ingest_events_per_second, lambda sealed: write_keys.unseal(secret, sealed))
    ring = KeyRing(lambda: write_keys.active(store()))
    collector = Collector(journal, ring, Enricher(Countries(settings.geo_database), secret), options)

    def set_aside(tenant: int, entries: list[Entry]) -> None:
        if entries:
            quarantine.keep(store(), tenant, entries, now())

    collector.start(Surroundings(warehouse, lambda: {tenant.key: tenant for tenant in tenants.every(store())}, set_aside, now))
    # The first look at a User-Agent compiles its patterns: a fifth of a second that no request should wait for.
    threading.Thread(target=agent_of, args=("Mozilla/5.0",), daemon=True).start()
    return collector
