"""Everything about Lumen that several tables need, worked out once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from demo import customers, payments, sessions, subscriptions
from demo.business import FRIEND, GIVEAWAY
from demo.choices import script_of
from demo.clock import DAY, MINUTE, Whole
from demo.lumen_scripts import LIBRARY
from demo.marketing import Happened
from demo.people import Code, Population, populate
from demo.plans import PlanHistory
from demo.sessions import CHECKOUT, CREDITS, LEAVE, Planned, PlannedRows, Sessions
from demo.traffic import Traffic, arrived
from demo.world import World


class Lumen:
    """The subscription company; each part is computed when first asked for."""

    mean_events = 7.0  # per casual visit

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
        rows, amounts = self._sales
        row = rows.find(made.user[session[bought]], made.start[session[bought]])
        amount[bought] = np.where(row >= 0, amounts[row], -1)
        return amount, self.customers.currency[np.maximum(self.plans.customer[made.user[session]], 0)]

    @cached_property
    def _sales(self) -> tuple[PlannedRows, Whole]:
        """The planned visits in which something is bought, and what it costs in minor units."""
        bills = self.book.invoices
        begun = np.full(self.customers.size, -1, dtype=np.int64)
        begun[bills["customer"][::-1]] = bills["amount"][::-1]  # the first invoice wins
        checkout, credits, _ = self._planned()
        user = np.concatenate([checkout.user, credits.user])
        return PlannedRows(self.world, user, np.concatenate([checkout.start, credits.start])), np.concatenate(
            [begun, self.purchases.amount]
        )

    @cached_property
    def user_plan(self) -> Code:
        """Everyone's plan on the last day."""
        now = np.full(self.people.size, self.world.calendar.stop - DAY, dtype=np.int64)
        return self.plans.at(np.arange(self.people.size), now)

    @cached_property
    def account_plan(self) -> Code:
        """Every account's plan on the last day."""
        plans = np.zeros(self.people.accounts.size, dtype=np.int16)
        inside = self.people.account >= 0
        plans[self.people.account[inside]] = self.user_plan[inside]
        return plans

    @property
    def happened(self) -> list[Happened]:
        """Sign-ups (referrals among them), first projects, subscriptions and upgrades."""
        people, rows = self.people, self.book.changes
        signed = np.flatnonzero(people.signed_up >= 0)
        friends = signed[people.arrival[signed] == FRIEND]
        active = np.flatnonzero(people.activated & (people.signed_up >= 0))
        paid = [self._paid("subscription", rows, "start"), self._paid("upgrade", rows, "upgrade")]
        return [
            Happened.free("sign_up", signed, people.signed_up[signed]),
            Happened.free("referral", friends, people.signed_up[friends] + MINUTE),
            Happened.free("engagement", active, people.signed_up[active] + 9 * MINUTE),
            *paid,
        ]

    def _paid(self, kind: str, rows: subscriptions.Columns, change: str) -> Happened:
        chosen = rows["change"] == subscriptions.CHANGES.index(change)
        customer = rows["customer"][chosen]
        return Happened(kind, self.customers.user[customer], rows["ts"][chosen], rows["amount"][chosen], self.customers.currency[customer])
