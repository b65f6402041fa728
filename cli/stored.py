"""The application store, open for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from cli.say import stopping_on
from data_access.settings import settings
from data_access.store import StoreUnavailable, open_store


@contextmanager
def opened() -> Iterator[sa.Engine]:
    """Any number of processes may have it open, so no server is needed and none is in the way."""
    with stopping_on(StoreUnavailable):
        store = open_store(settings().store_url)
    try:
        yield store
    finally:
        store.dispose()
