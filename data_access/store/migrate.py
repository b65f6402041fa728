"""Bring the store to the newest schema, version by version, each in one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 4_731_001  # PostgreSQL advisory lock: two processes that start together migrate one after the other
_VERSION = sa.table("alembic_version", sa.column("version_num"))


def newest() -> str:
    """The schema version this code is written for: files are named by it, and in its order."""
    return max(file.name.split("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current(store: sa.Engine) -> str | None:
    """The schema version the store has; None where it is empty."""
    with store.connect() as connection:
        return _current(connection)


def _current(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(sa.select(_VERSION.c.version_num))


def upgrade(store: sa.Engine) -> None:
    """Run what is missing. A process killed in between leaves the last complete version."""
    with store.connect().execution_options(writes=True) as connection, connection.begin():
        if store.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if _current(connection) != newest():
            _upgrade(connection)


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # only where there is something to do: it takes a third of a second to import

    command.upgrade(_config(connection), "head")


def _config(connection: sa.Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
