"""All tables of one company, in the order they should be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from accounts.actor import Tenant
from data_access.clock import naive_utc
from demo import payments, person, rates, subscriptions, visits
from demo.business import LUMEN, Scale
from demo.lumen import Lumen
from demo.sessions import last_seen
from demo.world import World

Tables = Iterator[tuple[str, pa.Table]]


def tables(scale: Scale, end: date, tenant: Tenant) -> Tables:
    """(table name, rows) in chunks of at most about 500,000: people, rates, then facts by time.

    Days up to the end of `end` on the tenant's calendar are filled; use `until` to stop at an instant. The same
    arguments give the same rows with the same ids.
    """
    world = World(scale, tenant, end)
    if tenant == LUMEN:
        yield from _lumen(Lumen(world))


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
    world, people = company.world, company.people
    owners = np.zeros(people.accounts.size, dtype=np.int16)
    owners[people.account[people.account >= 0]] = company.user_plan[people.account >= 0]
    yield from (("accounts", table) for table in person.accounts(people, owners))
    yield from (("users", table) for table in person.users(world, people, company.user_plan, last_seen(people, company.sessions)))
    yield from (("aliases", table) for table in person.aliases(people))
    yield "fx_rates", rates.table(world)
    yield "subscriptions", subscriptions.table(world, people, company.customers, company.book)
    yield "payments", payments.table(world, people, company.customers, company.charges)
    yield from (("events", table) for table in visits.events(company.traffic, company.money, ("checkout_completed", "credits")))
