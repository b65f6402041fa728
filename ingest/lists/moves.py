"""What makes posting lists untrue: rows of events that changed after they were written.

Whoever changes such rows says so here, in the same transaction; readers then leave the lists aside for as much.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from data_access import versions
from data_access.schema import event_list_moves, event_lists
from data_access.warehouse import Transaction


def users_changed(tx: Transaction, tenant: int, users: Iterable[int]) -> None:
    """Events of these users were changed, given to others, taken from others or deleted: lists are void for all of them."""
    keys = np.unique(np.fromiter(users, np.int64))
    if len(keys) and listed(tx, tenant):
        _note(tx, tenant, pa.array(keys))


def worth_changed(tx: Transaction, tenant: int) -> None:
    """Amounts of events were converted again: lists are void for amounts."""
    if listed(tx, tenant):
        _note(tx, tenant, pa.array([None], pa.int64()))


def forget(tx: Transaction, tenant: int) -> None:
    """Nothing in the lists can be believed any more."""
    for table in (event_lists, event_list_moves):
        tx.execute(sa.delete(table).where(table.c.tenant == tenant))


def arriving(tx: Transaction, tenant: int, lowest: int) -> None:
    """Events come with numbers of their own from `lowest` on; lists that claim to hold them already are given up."""
    claimed = sa.select(sa.func.max(event_lists.c.upto_seq)).where(event_lists.c.tenant == tenant)
    upto = tx.read(claimed).iat[0, 0]
    if upto is not None and upto >= lowest:
        forget(tx, tenant)


def listed(tx: Transaction, tenant: int) -> bool:
    """Whether the tenant has lists at all."""
    return len(tx.read(sa.select(event_lists.c.born).where(event_lists.c.tenant == tenant).limit(1))) > 0


def _note(tx: Transaction, tenant: int, users: pa.Array) -> None:
    # The version that this transaction's writing becomes: above everything that lists can have been made from.
    version = versions.newest(tx, tenant) + 1
    rows = {"tenant": pa.array([tenant] * len(users), pa.int32()), "user_key": users}
    tx.append("event_list_moves", pa.table({**rows, "version": pa.array([version] * len(users), pa.int64())}))
