"""Applies `<engine>/<number>_<name>.sql` in order and records each in `schema_migrations`.

A file and its record are one transaction: a process killed half-way leaves the warehouse at the
last complete number, and the next start goes on from there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from data_access.dialects import Dialect
from data_access.dialects.dialect import Session
from data_access.errors import SchemaMismatch

FOLDER = Path(__file__).parent
RECORD = """CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TIMESTAMP NOT NULL)"""

schema_migrations = sa.Table(
    "schema_migrations",
    sa.MetaData(),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("checksum", sa.Text, nullable=False),
    sa.Column("applied_at", sa.DateTime, nullable=False),
)


@dataclass(frozen=True)
class Migration:
    """One file: `checksum` tells whether an applied one was edited afterwards."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(engine: str, folder: Path = FOLDER) -> list[Migration]:
    """The engine's migrations in order; numbers run from 1 without gaps."""
    files = sorted((folder / engine).glob("[0-9]*.sql"))
    found = [Migration(int(file.name.split("_")[0]), file.stem, file.read_text(encoding="utf-8")) for file in files]
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        raise SchemaMismatch(f"the migrations of {engine} are not numbered 1, 2, 3 …: {[m.name for m in found]}")
    return found


def migrate(dialect: Dialect, folder: Path = FOLDER) -> list[str]:
    """Bring the warehouse up to date; the names of the migrations applied now."""
    session = dialect.session(writing=True)
    try:
        session.run(RECORD)
        pending = _pending(_applied(dialect, session), migrations(dialect.name, folder))
        for migration in pending:
            _apply(dialect, session, migration)
        return [migration.name for migration in pending]
    finally:
        session.close()


def check(dialect: Dialect, folder: Path = FOLDER) -> None:
    """Raise SchemaMismatch unless the warehouse is exactly at this program's version."""
    session = dialect.session()
    try:
        exists = sa.select(sa.func.count()).select_from(sa.table("tables", schema="information_schema")).where(
            sa.column("table_name") == "schema_migrations"
        )  # fmt: skip
        found = session.fetch(*dialect.compiler.compile(exists)).column(0)[0].as_py()
        applied = _applied(dialect, session) if found else {}
    finally:
        session.close()
    pending = _pending(applied, migrations(dialect.name, folder))
    if pending:
        raise SchemaMismatch(
            f"the warehouse is at version {max(applied, default=0)} and this program needs {pending[-1].version}: "
            "start `vigie serve`, which migrates it"
        )


def _applied(dialect: Dialect, session: Session) -> dict[int, str]:
    rows = session.fetch(*dialect.compiler.compile(sa.select(schema_migrations.c.version, schema_migrations.c.checksum)))
    return dict(zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True))


def _pending(applied: dict[int, str], known: list[Migration]) -> list[Migration]:
    newer = max(applied, default=0)
    if newer > len(known):
        raise SchemaMismatch(
            f"the warehouse is at version {newer}, this program knows {len(known)}: update it (`git pull && make install`)"
        )
    for migration in known:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise SchemaMismatch(
                f"migration {migration.name} was edited after it was applied: restore the file (`git checkout -- data_access`)"
            )
    return [migration for migration in known if migration.version not in applied]


def _apply(dialect: Dialect, session: Session, migration: Migration) -> None:
    record = sa.insert(schema_migrations).values(
        version=migration.version, name=migration.name, checksum=migration.checksum, applied_at=sa.func.localtimestamp()
    )
    session.begin()
    try:
        session.script(migration.sql)
        session.run(*dialect.compiler.compile(record))
        session.commit()
    except BaseException:
        session.rollback()
        raise
