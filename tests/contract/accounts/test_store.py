"""The store itself: its tables are what the migrations make, transactions hold, a killed migration leaves nothing half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from data_access.store import StoreUnavailable, metadata, open_store, reading, store_engine, tenants, writing
from data_access.store.migrate import MIGRATIONS, current, newest, upgrade
from tests.people import ACME, NOW, settle

ROOT = Path(__file__).resolve().parents[3]


def test_the_migrations_make_exactly_these_tables(store):
    with store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert current(store) == newest() == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def test_opening_again_changes_nothing(store):
    settle(store, "alice")
    upgrade(store)
    with reading(store) as tx:
        assert tx.scalar(sa.select(tenants.c.name).where(tenants.c.key == ACME.key)) == "Acme"


def test_an_error_rolls_everything_back(store):
    settle(store, "alice")

    def fails():
        with writing(store) as tx:
            tx.execute(sa.update(tenants).values(name="changed"))
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        fails()
    with reading(store) as tx:
        assert set(tx.scalars(sa.select(tenants.c.name))) == {"Acme", "Globex"}


def test_writers_at_the_same_time_wait_for_each_other(store):
    settle(store, "alice")

    def bump():
        for _ in range(10):
            with writing(store) as tx:
                row = sa.select(tenants.c.bounce_seconds).where(tenants.c.key == 1).with_for_update()
                tx.execute(sa.update(tenants).where(tenants.c.key == 1).values(bounce_seconds=tx.scalar(row) + 1))

    threads = [threading.Thread(target=bump) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(store) as tx:
        assert tx.scalar(sa.select(tenants.c.bounce_seconds).where(tenants.c.key == 1)) == 30 + 4 * 10


def test_foreign_keys_hold(store):
    from data_access.store import preferences

    with pytest.raises(sa.exc.IntegrityError), writing(store) as tx:
        tx.execute(sa.insert(preferences).values(actor="nobody", name="locale", value="fr"))


def test_instants_come_back_aware_and_naive_ones_are_refused(store):
    settle(store, "alice")
    with reading(store) as tx:
        assert tx.scalar(sa.select(tenants.c.created_at).where(tenants.c.key == 1)) == NOW
    with pytest.raises(sa.exc.StatementError), writing(store) as tx:
        tx.execute(sa.update(tenants).values(created_at=datetime(2026, 1, 1)))


def test_sqlite_is_durable_and_readers_do_not_wait(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/new/folder/store.sqlite")
    with store.connect() as connection:
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with writing(store) as tx:
        tx.execute(sa.delete(tenants))
        with reading(store) as other:
            assert other.scalar(sa.select(sa.func.count()).select_from(tenants)) == 0
    store.dispose()


MIGRATE_AND_DIE = """
import os, signal, sys
import sqlalchemy as sa
from alembic import op
from data_access.store.engine import store_engine
from data_access.store import migrate
made = []
def die(*args, **kwargs):
    made.append(args)
    if len(made) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return create(*args, **kwargs)
create, op.create_table = op.create_table, die
migrate.upgrade(store_engine(sys.argv[1]))
"""


def test_a_migration_killed_half_way_leaves_nothing_and_runs_again(tmp_path):
    url = f"sqlite:///{tmp_path}/store.sqlite"
    done = subprocess.run([sys.executable, "-c", MIGRATE_AND_DIE, url], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == -signal.SIGKILL
    engine = store_engine(url)
    assert current(engine) is None
    assert sa.inspect(engine).get_table_names() == []
    upgrade(engine)
    assert current(engine) == newest()
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "words"),
    [("mysql://host/db", "sqlite:///file or postgresql"), ("postgresql://user:hidden@127.0.0.1:1/none", "does not answer")],
)
def test_a_store_that_cannot_be_opened_says_which_without_its_password(url, words):
    with pytest.raises(StoreUnavailable, match=words) as raised:
        open_store(url)
    assert "hidden" not in str(raised.value)
