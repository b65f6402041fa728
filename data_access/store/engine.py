"""Open the application store: SQLite (WAL, synchronous=FULL, foreign keys) or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

BUSY_MILLISECONDS = 5_000


class StoreUnavailable(RuntimeError):
    """The application store cannot be opened; the message says which and how to mend it."""


def open_store(url: str) -> sa.Engine:
    """An engine on the store at `url`, brought to the newest schema version.

    `sqlite:///file`, `sqlite://` (memory, for tests) or `postgresql://…`. Raises StoreUnavailable.
    """
    from data_access.store.migrate import upgrade

    engine = store_engine(url)
    try:
        upgrade(engine)
    except sa.exc.DatabaseError as error:  # also where the file is of another kind
        engine.dispose()
        raise StoreUnavailable(f"the application store {shown(url)} does not answer: {error.orig}. Check STORE_URL.") from error
    return engine


def store_engine(url: str) -> sa.Engine:
    """The engine alone, whatever schema the store has."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=10, max_overflow=20)
    raise StoreUnavailable(f"STORE_URL must be sqlite:///file or postgresql://…, not {parsed.get_backend_name()}")


def shown(url: str) -> str:
    """The URL without its password, for messages and logs."""
    return make_url(url).render_as_string(hide_password=True)


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
    else:
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # TRICKY: the driver must not begin transactions by itself, or DDL would not be inside one.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MILLISECONDS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    # TRICKY: a transaction that reads first and writes later fails at once under WAL if another wrote in between,
    # busy timeout or not; so those that write take the lock at their start.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(store: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes: committed at the end of the block, rolled back on any error."""
    with store.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(store: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads."""
    with store.connect() as connection:
        yield connection


def one_at_a_time(tx: sa.Connection, *names: str) -> None:
    """Hold each name until the transaction ends, so that transactions which share one run one after another.

    For reading what others wrote and writing by it. Every caller gives its names in the same order, or two could wait for each other.
    SQLite lets one transaction write at a time anyway.
    """
    if tx.dialect.name == "postgresql":
        for name in names:
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))
