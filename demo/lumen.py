"""Everything about Lumen that several tables need, worked out once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from demo import customers, payments, sessions, subscriptions
from demo.business import GIVEAWAY
from demo.choices import script_of
from demo.clock import DAY, MINUTE, Whole
from demo.lumen_scripts import LIBRARY
from demo.people import Code, Population, populate
from demo.plans import PlanHistory
from demo.sessions import CHECKOUT, CREDITS, LEAVE, Planned, Sessions
from demo.traffic import Traffic, arrived
from demo.world import World


class Lumen:
    """The subscription company; each part is computed when first asked for."""

    mean_events = 6.75  # per session, over all scripts

    def __init__(self, world: World) -> None:
        self.world = world

    @cached_property
    def people(self) -> Population:
        return populate(self.world)

    @cached_property
    def customers(self) -> customers.Customers:
        return customers.customers(self.world, self.people)

    @cached_property
    def book(self) -> subscriptions.Ledger:
        return subscriptions.ledger(self.world, self.customers)

    @cached_property
    def purchases(self) -> payments.Purchases:
        return payments.purchases(self.world, self.customers, self.book)

    @cached_property
    def charges(self) -> payments.Charges:
        return payments.charges(self.world, self.customers, self.book, self.purchases)

    @cached_property
    def plans(self) -> PlanHistory:
        return PlanHistory(self.people, self.customers, self.book)

    @cached_property
    def sessions(self) -> Sessions:
        until = subscriptions.active_until(self.world, self.customers, self.book)
        who = self.plans.customer
        paying_until = np.where(who >= 0, until[np.maximum(who, 0)], -1)
        life = sessions.lives(self.world, self.people, paying_until, self.people.arrival == GIVEAWAY)
        return sessions.sessions(self.world, self.people, life, self._planned(), mean_events=self.mean_events)

    def _planned(self) -> list[Planned]:
        """Visits in which money moves: checkouts, credit packs, cancellations."""
        leaving = self.book.changes["change"] == subscriptions.CHANGES.index("cancel")
        payer = self.customers.user
        return [
            Planned(payer, self.customers.start - 5 * MINUTE, CHECKOUT),
            Planned(payer[self.purchases.customer], self.purchases.ts - 2 * MINUTE, CREDITS),
            Planned(payer[self.book.changes["customer"][leaving]], self.book.changes["ts"][leaving] - 2 * MINUTE, LEAVE),
        ]

    @cached_property
    def traffic(self) -> Traffic:
        made = self.sessions
        plan = self.plans.at(made.user, made.start)
        script = script_of(self.world, self.people, made, plan)
        return Traffic(self.world, self.people, LIBRARY, made, plan, arrived(self.people, made), script)

    def money(self, session: npt.NDArray[np.int64]) -> tuple[Whole, Code]:
        """What was paid in each of these sessions in minor units, -1 for nothing, and in which of CURRENCIES."""
        made, amount = self.sessions, np.full(len(session), -1, dtype=np.int64)
        bought = np.flatnonzero(np.isin(made.role[session], (CHECKOUT, CREDITS)))
        amount[bought] = self.amount_of(made.user[session[bought]], made.start[session[bought]])
        return amount, self.customers.currency[np.maximum(self.plans.customer[made.user[session]], 0)]

    def amount_of(self, user: npt.NDArray[np.integer], start: Whole) -> Whole:
        """What was paid in the checkout or credits session of `user` that began at `start`; -1 where unknown."""
        keys, amounts = self._amounts
        wanted = (user.astype(np.int64) << 36) | ((start - self.world.calendar.events_from) // 1000)
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[found] == wanted, amounts[found], -1)

    @cached_property
    def _amounts(self) -> tuple[Whole, Whole]:
        """Packed (person, millisecond) of every planned purchase, sorted, and its amount in minor units."""
        bills = self.book.invoices
        begun = np.full(self.customers.size, -1, dtype=np.int64)
        begun[bills["customer"][::-1]] = bills["amount"][::-1]  # the first invoice wins
        user = np.concatenate([self.customers.user, self.customers.user[self.purchases.customer]]).astype(np.int64)
        at = np.concatenate([self.customers.start - 5 * MINUTE, self.purchases.ts - 2 * MINUTE])
        amount = np.concatenate([begun, self.purchases.amount])
        inside = at >= self.world.calendar.events_from
        keys = (user[inside] << 36) | ((at[inside] - self.world.calendar.events_from) // 1000)
        order = np.argsort(keys, kind="stable")
        return keys[order], amount[inside][order]

    @cached_property
    def user_plan(self) -> Code:
        """Everyone's plan on the last day."""
        now = np.full(self.people.size, self.world.calendar.stop - DAY, dtype=np.int64)
        return self.plans.at(np.arange(self.people.size), now)
