"""The life of every subscription, month by month, all customers at once: each change a row, each renewal an invoice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.business import COUNTRIES, CURRENCIES, ENTERPRISE, SOLO, TEAM, YEARLY_MONTHS
from demo.clock import DAY, HOUR, Whole
from demo.columns import coded, dates, instants, joined, numbered, whole
from demo.customers import PRICES, Customers
from demo.people import Code, Population
from demo.person import who as who_columns
from demo.seeds import ids, weighted
from demo.world import World

CHANGES = (
    "start",
    "upgrade",
    "downgrade",
    "quantity",
    "discount",
    "price",
    "pause",
    "resume",
    "cancel",
    "expire",
    "reactivate",
    "past_due",
)
STATUSES = ("active", "past_due", "paused", "cancelled")
ACTIVE, PAST_DUE, PAUSED, CANCELLED = range(4)
RETRY, LATE = 3 * DAY, 9 * DAY  # after the invoice
DISCOUNT_KEEPS = 80  # percent of the price during the first three months
Who = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]


@dataclass
class Ledger:
    """Changes and invoices as columns; `customer` is a position in Customers."""

    changes: Columns = field(default_factory=dict)
    invoices: Columns = field(default_factory=dict)


class Book:
    """Every customer's present state while the months go by, and the rows written so far."""

    def __init__(self, world: World, customers: Customers) -> None:
        self.world, self.customers, self.rng = world, customers, world.rng("subscriptions")
        size = customers.size
        self.plan, self.seats = customers.plan.copy(), customers.seats.copy()
        self.status = np.zeros(size, dtype=np.int16)
        self.discounted = customers.discounted.copy()
        self.raised = np.zeros(size, dtype=bool)
        self.ends = np.full(size, -1, dtype=np.int64)
        self.since = np.zeros(size, dtype=np.int16)  # the month in which the status last changed
        self.rows: list[Columns] = []
        self.bills: list[Columns] = []

    def amount(self, who: Who) -> Whole:
        """What one interval costs now, in minor units: whole quantity, after discount."""
        price = PRICES[self.customers.currency[who], self.plan[who]] * self.seats[who]
        factor = round(self.world.stories["price_rise"].size["factor"] * 100)
        price = np.where(self.raised[who] & (self.plan[who] == TEAM), price * factor // 100, price)
        price = np.where(self.discounted[who], price * DISCOUNT_KEEPS // 100, price)
        return np.where(self.customers.yearly[who], price * YEARLY_MONTHS, price)

    def write(self, change: str, who: Who, ts: Whole) -> None:
        """One row per customer in `who`: the state after the change."""
        amount = self.amount(who)
        monthly = np.where(self.customers.yearly[who], (amount + 6) // 12, amount)
        self.rows.append({
            "customer": who, "ts": ts, "change": np.full(len(who), CHANGES.index(change), dtype=np.int16),
            "status": self.status[who], "plan": self.plan[who], "quantity": self.seats[who], "amount": amount,
            "mrr": np.where(self.status[who] <= PAST_DUE, monthly, 0), "ends": self.ends[who],
        })  # fmt: skip

    def bill(self, who: Who, ts: Whole, outcome: Code) -> None:
        """Invoices: outcome 0 paid at once, 1 at the retry after RETRY, 2 late after LATE, 3 never."""
        self.bills.append({"customer": who, "ts": ts, "amount": self.amount(who), "plan": self.plan[who], "outcome": outcome})


def ledger(world: World, customers: Customers) -> Ledger:
    """Simulate all months; rows and invoices come sorted by time and end with the calendar."""
    book = Book(world, customers)
    everyone = np.arange(customers.size, dtype=np.int64)
    book.raised[:] = customers.start >= world.stories["price_rise"].span[0]
    book.write("start", everyone, customers.start)
    book.bill(everyone, customers.start, np.zeros(customers.size, dtype=np.int16))
    for month in range(1, world.scale.book_days // 30 + 1):
        due = renewal(customers.start, month)
        here = np.flatnonzero(due < world.calendar.stop)
        _month(book, month, here, due[here])
    return Ledger(_stacked(book.rows, world), _stacked(book.bills, world))


def renewal(start: Whole, month: int) -> Whole:
    """The same day of the month, `month` months later, at most the 28th, at the same time of day (UTC)."""
    day = (start // DAY).astype("datetime64[D]")
    first = day.astype("datetime64[M]")
    of_month = np.minimum((day - first).astype(np.int64), 27)
    return ((first + month).astype("datetime64[D]").astype(np.int64) + of_month) * DAY + start % DAY


def _month(book: Book, month: int, here: Who, due: Whole) -> None:
    """One renewal date for everyone who is that old: what was off may come back, what runs is billed and may change."""
    status = book.status[here].copy()
    _return(book, month, here[status >= PAUSED], due[status >= PAUSED])
    runs = status == ACTIVE
    here, due = here[runs], due[runs]
    _reprice(book, month, here, due)
    _renew(book, month, here, due)
    still = book.status[here] == ACTIVE
    _change(book, month, here[still], due[still])


def _return(book: Book, month: int, who: Who, due: Whole) -> None:
    """Paused subscriptions resume or end; cancelled ones sometimes come back after their paid time."""
    rng, off = book.rng, month - book.since[who]
    draw, at = rng.random(len(who)), due + rng.integers(HOUR, 4 * HOUR, len(who))
    paused = book.status[who] == PAUSED
    back = paused & (draw < 0.5)
    gone = paused & ~back & (off >= 3)
    again = ~paused & (at > book.ends[who] + 12 * DAY) & (draw < 0.035 * np.exp(-off / 5))
    for change, chosen, status in (("resume", back, ACTIVE), ("cancel", gone, CANCELLED), ("reactivate", again, ACTIVE)):
        _turn(book, month, who[chosen], status)
        book.ends[who[chosen]] = at[chosen] if status == CANCELLED else -1
        book.write(change, who[chosen], at[chosen])
        if status == ACTIVE:
            book.bill(who[chosen], at[chosen], np.zeros(int(chosen.sum()), dtype=np.int16))


def _reprice(book: Book, month: int, who: Who, due: Whole) -> None:
    """At a renewal the discount ends after three months, and a rise of the list price takes hold."""
    yearly_due = ~book.customers.yearly[who] | (month % 12 == 0)
    ending = who[book.discounted[who] & yearly_due & (month >= 3)]
    book.discounted[ending] = False
    book.write("discount", ending, due[np.isin(who, ending)])
    rising = (due >= book.world.stories["price_rise"].span[0]) & yearly_due & ~book.raised[who]
    book.raised[who[rising]] = True
    told = rising & (book.plan[who] == TEAM)
    book.write("price", who[told], due[told] + HOUR)


def _renew(book: Book, month: int, who: Who, due: Whole) -> None:
    """Bill what is due; what fails twice is past due, and then paid late or expired."""
    billed = ~book.customers.yearly[who] | (month % 12 == 0)
    who, due, rng = who[billed], due[billed], book.rng
    outcome = weighted(rng, [955, 30, 10.5, 4.5], len(who)).astype(np.int16)
    book.bill(who, due, outcome)
    unpaid = outcome >= 2
    _turn(book, month, who[unpaid], PAST_DUE)
    book.write("past_due", who[unpaid], due[unpaid] + RETRY)
    late, never = outcome == 2, outcome == 3
    _turn(book, month, who[late], ACTIVE)
    book.write("resume", who[late], due[late] + LATE)
    _turn(book, month, who[never], CANCELLED)
    book.ends[who[never]] = due[never] + RETRY + 11 * DAY
    book.write("expire", who[never], due[never] + RETRY + 11 * DAY)


def _turn(book: Book, month: int, who: Who, status: int) -> None:
    book.status[who] = status
    book.since[who] = month


def _change(book: Book, month: int, who: Who, due: Whole) -> None:
    """At most one deliberate change in the second half of the month, each from its own band of one random number."""
    at = due + book.rng.integers(15 * DAY, 27 * DAY, len(who))
    bands = _chances(book, month, who, at)
    edges = np.cumsum(np.stack(list(bands.values())), axis=0)
    pick = (book.rng.random(len(who)) >= edges).sum(axis=0)
    for position, change in enumerate(bands):
        chosen = pick == position
        if chosen.any():
            CHANGE[change](book, month, who[chosen], at[chosen])


def _chances(book: Book, month: int, who: Who, at: Whole) -> dict[str, npt.NDArray[np.float64]]:
    """Monthly probability of each change per customer."""
    business, plan, large = book.customers.business[who], book.plan[who], book.seats[who] >= 20
    young = 0.6 + 1.3 * np.exp(-month / 4)
    leave = np.where(business, np.where(large, 0.004, 0.012), 0.024) * young * np.where(book.customers.yearly[who], 0.45, 1.0)
    wave = book.world.stories["churn_wave"]
    hit = wave.during(at) & business & (book.customers.country[who] == COUNTRIES.index(wave.size["country"]))
    return {
        "cancel": leave + hit * wave.size["extra_cancel_share"],
        "upgrade": np.where(plan == SOLO, 0.004, np.where(plan < ENTERPRISE, 0.007, 0.0)),
        "downgrade": np.where(business & (plan > TEAM), 0.005, 0.0),
        "more": np.where(business, np.where(large, 0.075, 0.08), 0.0),
        "fewer": np.where(business & (book.seats[who] > 2), 0.014, 0.0),
        "pause": np.where(business, 0.001, 0.004),
    }


def _cancel(book: Book, month: int, who: Who, at: Whole) -> None:
    """Ends with the paid period: the next month, or the next whole year."""
    start = book.customers.start[who]
    year = (month // 12 + 1) * 12
    book.ends[who] = np.where(book.customers.yearly[who], renewal(start, year), renewal(start, month + 1))
    _turn(book, month, who, CANCELLED)
    book.write("cancel", who, at)


def _pause(book: Book, month: int, who: Who, at: Whole) -> None:
    _turn(book, month, who, PAUSED)
    book.write("pause", who, at)


def _upgrade(book: Book, _month: int, who: Who, at: Whole) -> None:
    book.plan[who] = np.minimum(book.plan[who] + 1, ENTERPRISE)
    book.write("upgrade", who, at)


def _downgrade(book: Book, _month: int, who: Who, at: Whole) -> None:
    book.plan[who] -= 1
    book.write("downgrade", who, at)


def _more(book: Book, _month: int, who: Who, at: Whole) -> None:
    book.seats[who] += np.maximum(1, (book.seats[who] * book.rng.uniform(0.05, 0.3, len(who))).astype(np.int64))
    book.write("quantity", who, at)


def _fewer(book: Book, _month: int, who: Who, at: Whole) -> None:
    book.seats[who] = np.maximum(1, book.seats[who] - np.maximum(1, (book.seats[who] * 0.2).astype(np.int64)))
    book.write("quantity", who, at)


CHANGE = {"cancel": _cancel, "upgrade": _upgrade, "downgrade": _downgrade, "more": _more, "fewer": _fewer, "pause": _pause}


def _stacked(parts: list[Columns], world: World) -> Columns:
    """The parts as one set of columns, by time, without what lies after the last day."""
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(whole["ts"], kind="stable")
    order = order[whole["ts"][order] < world.calendar.stop]
    return {name: column[order] for name, column in whole.items()}


def active_until(world: World, customers: Customers, book: Ledger) -> Whole:
    """When each customer last stopped paying; the end of the calendar for those who still do."""
    until = np.full(customers.size, world.calendar.stop, dtype=np.int64)
    off = book.changes["status"] == CANCELLED
    last = np.full(customers.size, -1)
    last[book.changes["customer"]] = np.arange(len(off))  # rows are by time: the last one wins
    gone = off[last]
    until[gone] = book.changes["ts"][last[gone]]
    return until


def table(world: World, people: Population, customers: Customers, book: Ledger) -> pa.Table:
    """`subscriptions`: every change, by time."""
    rows, size = book.changes, len(book.changes["ts"])
    customer = rows["customer"]
    account, user = customers.account[customer], customers.user[customer]
    payer = joined(coded((account < 0).astype(np.int8), ("a", "u")), numbered("", np.where(account >= 0, account, user) + 1))
    return pa.table({
        "id": ids(world.salt("subscriptions"), 0, size),
        "ts": instants(rows["ts"]),
        "day": dates(world.calendar.day(rows["ts"])),
        "subscription_id": numbered("sub_", customer),
        "customer": payer,
        "change": coded(rows["change"], CHANGES),
        "status": coded(rows["status"], STATUSES),
        "interval": coded(customers.yearly[customer].astype(np.int8), ("month", "year")),
        "quantity": whole(rows["quantity"]),
        **who_columns(people, user, rows["plan"]),
        "amount_minor": whole(rows["amount"]),
        "currency": coded(customers.currency[customer], CURRENCIES),
        "mrr_minor": whole(rows["mrr"]),
        "ends_at": instants(rows["ends"]),
    })  # fmt: skip
