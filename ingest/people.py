"""Users and accounts of a batch: keys for the ids of the outside, and rows merged by key."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access import schema
from data_access.dialects.columns import conform
from data_access.warehouse import Transaction
from ingest.columns import Flags, Whole, constant, put

# What makes a row of a dimension table the same row.
KEYS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("account_key",),
    "users": ("user_key",),
    "aliases": ("external_id",),
    "fx_rates": ("day", "currency"),
}


def upsert(tx: Transaction, table_name: str, tenant: int, rows: pa.Table) -> int:
    """Merge rows by their key, later values that are not NULL winning; the number of rows that changed anything."""
    table = schema.metadata.tables[table_name]
    rows = _last_of_each(put(rows, "tenant", constant(tenant, pa.int32(), rows.num_rows)), KEYS[table_name])
    staged = tx.stage("incoming_rows_by_key", conform(table, rows))
    same = sa.and_(table.c.tenant == tenant, *(table.c[key] == staged.c[key] for key in KEYS[table_name]))
    given = [column for column in table.c if column.name in staged.c and column.name not in (*KEYS[table_name], "tenant")]
    news = [_new(tx, staged.c[column.name], column) for column in given]
    merged = [_merged(staged, column).label(column.name) for column in table.c]
    statement = sa.select(*merged).select_from(staged.outerjoin(table, same)).where(sa.or_(table.c.tenant.is_(None), *news))
    changed = tx.arrow(statement)
    if changed.num_rows:
        tx.execute(sa.delete(table).where(table.c.tenant == tenant, _among(tx, table, changed)))
        tx.append(table_name, changed)
    return int(changed.num_rows)


def _last_of_each(rows: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """One row per key, its values the last that are not NULL."""
    frame = pd.DataFrame({key: rows[key].to_pandas() for key in keys})
    if not frame.duplicated().any():
        return rows
    whole = rows.to_pandas(types_mapper=pd.ArrowDtype)
    return pa.Table.from_pandas(whole.groupby(list(keys), sort=False, as_index=False).last(), preserve_index=False)


def _merged(staged: sa.TableClause, column: sa.Column[object]) -> sa.ColumnElement[object]:
    if column.name not in staged.c:
        return column
    mine = staged.c[column.name]
    if isinstance(column.type, sa.JSON):
        return sa.func.coalesce(sa.cast(mine, sa.Text), sa.cast(column, sa.Text))
    return sa.func.coalesce(mine, column)


def _new(tx: Transaction, mine: sa.ColumnClause[object], column: sa.Column[object]) -> sa.ColumnElement[bool]:
    """The batch says something else than what is stored."""
    if isinstance(column.type, sa.JSON):
        # Each engine has its own idea of when two documents are equal.
        document = sa.dialects.postgresql.JSONB() if tx.engine == "postgresql" else sa.Text()
        return sa.and_(mine.is_not(None), sa.cast(mine, document).is_distinct_from(sa.cast(column, document)))
    return sa.and_(mine.is_not(None), mine.is_distinct_from(column))


def _among(tx: Transaction, table: sa.Table, rows: pa.Table) -> sa.ColumnElement[bool]:
    keys = KEYS[table.name]
    staged = tx.stage("replaced_keys", rows.select(list(keys)))
    return sa.exists().where(*(staged.c[key] == table.c[key] for key in keys))


def user_keys(tx: Transaction, tenant: int, ids: pa.Array, seen: Whole | None = None) -> tuple[Whole, dict[int, int]]:
    """The key of each user id (text, no NULLs), new ones given the next numbers; and when the new ones were created.

    `seen`: microseconds at which each id was seen; a new user is added, created at the earliest of its own. Without
    it the caller adds the rows of new users.
    """
    coded = pc.dictionary_encode(ids)
    names, where = coded.dictionary, coded.indices.to_numpy()
    aliases = schema.aliases
    keys, new = _known(tx, names, sa.select(aliases.c.external_id, aliases.c.user_key).where(aliases.c.tenant == tenant))
    if not new.any():
        return keys[where], {}
    keys[new] = _next(tx, schema.users.c.user_key, tenant) + np.arange(new.sum())
    if seen is None:
        return keys[where], {}
    first = _earliest(where, seen, len(names))[new]
    _add(tx, tenant, names.filter(pa.array(new)), (keys[new], first))
    return keys[where], dict(zip(keys[new].tolist(), first.tolist(), strict=True))


def account_keys(tx: Transaction, tenant: int, ids: pa.Array, *, add: bool) -> tuple[Whole, int]:
    """The key of each account id (text, no NULLs), new ones given the next numbers; and how many rows were added
    for them (none unless `add`)."""
    coded = pc.dictionary_encode(ids)
    accounts = schema.accounts
    keys, new = _known(tx, coded.dictionary, sa.select(accounts.c.external_id, accounts.c.account_key).where(accounts.c.tenant == tenant))
    keys[new] = _next(tx, accounts.c.account_key, tenant) + np.arange(new.sum()) if new.any() else 0
    if add and new.any():
        names = coded.dictionary.filter(pa.array(new))
        rows = {"tenant": constant(tenant, pa.int32(), len(names)), "account_key": pa.array(keys[new]), "external_id": names}
        tx.append("accounts", pa.table(rows))
    return keys[coded.indices.to_numpy()], int(new.sum()) if add else 0


def _known(tx: Transaction, names: pa.Array, stored: sa.Select[tuple[str, int]]) -> tuple[Whole, Flags]:
    """(key of each name, 0 where there is none; which have none)."""
    staged = tx.stage("incoming_names", pa.table({"name": names, "position": pa.array(np.arange(len(names)))}))
    known = stored.subquery()
    external, key = known.c
    found = tx.arrow(sa.select(staged.c.position, key).join_from(staged, known, external == staged.c.name))
    keys = np.zeros(len(names), np.int64)
    keys[found.column(0).to_numpy()] = found.column(1).to_numpy()
    return keys, keys == 0


def _next(tx: Transaction, key: sa.Column[int], tenant: int) -> int:
    return int(tx.read(sa.select(sa.func.coalesce(sa.func.max(key), 0)).where(key.table.c.tenant == tenant)).iat[0, 0]) + 1


def _earliest(where: Whole, seen: Whole, count: int) -> Whole:
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, where, seen)
    return first


def _add(tx: Transaction, tenant: int, names: pa.Array, made: tuple[Whole, Whole]) -> None:
    keys, first = pa.array(made[0]), pa.array(made[1]).cast(pa.timestamp("us"))
    rows = {"tenant": constant(tenant, pa.int32(), len(names)), "user_key": keys, "external_id": names}
    tx.append("users", pa.table({**rows, "created_at": first}))
    tx.append("aliases", pa.table({**rows, "since": first}))
