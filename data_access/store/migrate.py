"""Bring the store to the newest schema, version by version, each in one transaction."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 4_731_001  # PostgreSQL advisory lock: two processes that start together migrate one after the other


def newest() -> str:
    """The schema version this code is written for."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if head is None:
        raise RuntimeError(f"no migrations under {MIGRATIONS}")
    return head


def current(store: sa.Engine) -> str | None:
    """The schema version the store has; None where it is empty."""
    with store.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(store: sa.Engine) -> None:
    """Run what is missing. A process killed in between leaves the last complete version."""
    with store.connect().execution_options(writes=True) as connection, connection.begin():
        if store.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if MigrationContext.configure(connection).get_current_revision() != newest():
            command.upgrade(_config(connection), "head")


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
