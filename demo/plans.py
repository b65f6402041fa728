"""Which plan a person was on at an instant: what a fact says about plan when it is written."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from demo.business import FREE
from demo.clock import MINUTE, Whole
from demo.customers import Customers
from demo.people import Code, Population
from demo.subscriptions import PAST_DUE, Ledger


class PlanHistory:
    """Plans over time of every customer, read for people and instants."""

    def __init__(self, people: Population, customers: Customers, book: Ledger) -> None:
        self.customer = _customer_of(people, customers)
        rows = book.changes
        paying = rows["status"] <= PAST_DUE
        minute = rows["ts"] // MINUTE
        packed = (rows["customer"] << 32) | minute
        order = np.argsort(packed, kind="stable")
        self._keys = packed[order]
        self._plans = np.where(paying, rows["plan"], FREE)[order].astype(np.int16)

    def at(self, user: npt.NDArray[np.integer], ts: Whole) -> Code:
        """Positions in PLANS; free before a first subscription and after a cancelled one."""
        plans = np.full(len(user), FREE, dtype=np.int16)
        who = self.customer[user]
        paying = np.flatnonzero(who >= 0)
        wanted = (who[paying].astype(np.int64) << 32) | (ts[paying] // MINUTE)
        found = np.searchsorted(self._keys, wanted, side="right") - 1
        right = (found >= 0) & (self._keys[np.maximum(found, 0)] >> 32 == who[paying])
        plans[paying[right]] = self._plans[found[right]]
        return plans


def _customer_of(people: Population, customers: Customers) -> npt.NDArray[np.int32]:
    """Per person the position of the customer they belong to, -1 for none."""
    of = np.full(people.size, -1, dtype=np.int32)
    of[customers.user] = np.arange(customers.size)
    by_account = np.full(people.accounts.size + 1, -1, dtype=np.int32)
    by_account[customers.account[customers.business]] = np.flatnonzero(customers.business)
    return np.where(people.account >= 0, by_account[people.account], of).astype(np.int32)
