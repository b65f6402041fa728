"""All tables of one company, in the order they should be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from accounts.actor import Tenant
from data_access.clock import naive_utc
from demo import ai, bookings, health, machine, marketing, payments, payouts, person, rates, subscriptions, supply, visits
from demo.allo import Allo
from demo.business import LUMEN, Scale
from demo.lumen import Lumen
from demo.sessions import last_seen
from demo.traffic import Traffic
from demo.world import World

Tables = Iterator[tuple[str, pa.Table]]


def tables(scale: Scale, end: date, tenant: Tenant) -> Tables:
    """(table name, rows) in chunks of at most about 500,000: people, rates, then facts by time.

    Days up to the end of `end` on the tenant's calendar are filled; use `until` to stop at an instant. The same
    arguments give the same rows with the same ids.
    """
    world = World(scale, tenant, end)
    yield from _lumen(Lumen(world)) if tenant == LUMEN else _allo(Allo(world))


def until(now: datetime, made: Tables) -> Tables:
    """Only what had happened by `now` (aware): later rows are left out, later sightings are not known yet."""
    instant = pa.scalar(naive_utc(now), pa.timestamp("us"))
    for name, table in made:
        yield name, _before(instant, table)


TIMES = ("ts", "created_at", "since")


def _before(now: pa.Scalar, table: pa.Table) -> pa.Table:
    column = next((column for column in TIMES if column in table.column_names), None)
    if column is not None and pc.max(table[column]).as_py() is not None and pc.max(table[column]).as_py() > now.as_py():
        table = table.filter(pc.less_equal(table[column], now))
    if "last_seen_at" in table.column_names:
        seen = pc.min_element_wise(table["last_seen_at"], now)
        table = table.set_column(table.column_names.index("last_seen_at"), "last_seen_at", seen)
    return table


def _lumen(company: Lumen) -> Tables:
    world, people, traffic = company.world, company.people, company.traffic
    customers, charges = company.customers, company.charges
    yield from _named("accounts", person.accounts(people, company.account_plan))
    yield from _named("users", person.users(world, people, company.user_plan, last_seen(people, company.sessions)))
    yield from _named("aliases", person.aliases(people))
    yield "fx_rates", rates.table(world)
    yield "subscriptions", subscriptions.table(world, people, customers, company.book)
    yield "payments", payments.table(world, people, customers, charges)
    yield "payouts", payouts.payouts(world, customers, charges)
    yield "experiments", marketing.experiments(traffic)
    yield "exposures", marketing.exposures(traffic, company.user_plan)
    yield from _named("conversions", marketing.conversions(traffic, company.happened, company.user_plan))
    yield from ai.conversations(traffic)
    yield from _named("api_requests", machine.api_requests(traffic))
    yield from _around(traffic)
    yield from _named("events", visits.events(traffic, company.money, ("checkout_completed", "credits")))


def _allo(company: Allo) -> Tables:
    world, people, traffic, trade = company.world, company.people, company.traffic, company.trade
    nothing = np.full(people.size, -1, dtype=np.int16)
    yield from _named("users", person.users(world, people, nothing, last_seen(people, company.sessions)))
    yield from _named("aliases", person.aliases(people))
    yield "fx_rates", rates.table(world)
    yield "providers", supply.providers(trade)
    yield "bookings", bookings.bookings(trade)
    yield "calls", bookings.calls(trade)
    yield "payments", bookings.payments_table(trade)
    yield "commissions", bookings.commissions(trade)
    yield "payouts", supply.payouts(trade)
    yield "balances", supply.balances(world)
    yield from _named("conversions", marketing.conversions(traffic, company.happened, nothing))
    yield from _around(traffic)
    yield from _named("events", visits.events(traffic, company.money, ("booking_completed",)))


def _around(traffic: Traffic) -> Tables:
    """What every company has beside its trade."""
    yield "channel_costs", marketing.channel_costs(traffic)
    yield from _named("form_errors", machine.form_errors(traffic))
    yield from _named("error_logs", machine.error_logs(traffic))
    yield "samples", health.samples(traffic.world)
    yield "checks", health.checks(traffic.world)


def _named(name: str, chunks: Iterator[pa.Table]) -> Tables:
    return ((name, chunk) for chunk in chunks)
