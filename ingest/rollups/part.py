"""Which part of a rollup is recomputed: all of a tenant's, or only what a batch touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access.warehouse import Transaction


@dataclass(frozen=True)
class Touched:
    """What a batch changed.

    `tables`: the tenant days of the rows written to (or removed from) each fact table. `user_keys`: whose rows; None
    means anyone's. `customers`: whose subscriptions. When a row moves from one user to another, both belong here.
    """

    tables: Mapping[str, set[date]] = field(default_factory=dict)
    user_keys: set[int] | None = None
    customers: set[str] | None = None


@dataclass(frozen=True)
class Part:
    """Tenant, days and users of one recomputation. `days` and `users` are tables of one column (`day`, `user_key`); None is all."""

    tenant: Tenant
    days: sa.TableClause | None = None
    users: sa.TableClause | None = None
    first: date | None = None
    last: date | None = None

    @property
    def whole(self) -> bool:
        return self.days is None

    def of(self, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        """Rows of `table` on these days, whoever they are about."""
        conditions: list[sa.ColumnElement[bool]] = [table.c.tenant == self.tenant.key]
        if self.days is not None:
            # The range lets an engine skip blocks of a table sorted by day; the list makes it exact.
            conditions += [table.c.day.between(self.first, self.last), table.c.day.in_(sa.select(self.days.c.day))]
        return conditions

    def people(self, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        """Rows of `table` about these users, on any day."""
        conditions: list[sa.ColumnElement[bool]] = [table.c.tenant == self.tenant.key]
        if self.users is not None:
            conditions.append(table.c.user_key.in_(sa.select(self.users.c.user_key)))
        return conditions

    def of_people(self, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        """Rows of `table` about these users on these days."""
        return [*self.of(table), *self.people(table)[1:]]


def part_of(tx: Transaction, tenant: Tenant, days: set[date], user_keys: Iterable[int] | None = None) -> Part:
    """The part for some days and users, its lists staged in the transaction. `days` is not empty."""
    staged = tx.stage("touched_days", pa.table({"day": pa.array(sorted(days), pa.date32())}))
    users = None if user_keys is None else tx.stage("touched_users", pa.table({"user_key": pa.array(sorted(user_keys), pa.int64())}))
    return Part(tenant, staged, users, min(days), max(days))


def replace_rows(tx: Transaction, table: sa.Table, where: Iterable[sa.ColumnElement[bool]], rows: sa.Select[Any]) -> None:
    """Delete what `where` names and insert `rows`, whose column names are columns of `table`."""
    tx.execute(sa.delete(table).where(*where))
    tx.execute(sa.insert(table).from_select([column.name for column in rows.selected_columns], rows))
