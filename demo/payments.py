"""Lumen's money in: invoices and credit packs become attempts, authorisations, captures, failures and refunds; payouts follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.business import CHANNELS, COUNTRIES, CURRENCIES, KINDS, PLANS
from demo.clock import DAY, HOUR, SECOND, Whole, weekday
from demo.columns import NOTHING, coded, dates, instants, keys, numbered, one, whole
from demo.customers import STRIPE, Customers
from demo.people import Code, Flag, Population
from demo.person import channel_of
from demo.seeds import ids, weighted
from demo.subscriptions import LATE, RETRY, Columns, Ledger, active_until
from demo.world import World

TYPES = ("attempt", "authorised", "captured", "failed", "refunded")
ATTEMPT, AUTHORISED, CAPTURED, FAILED, REFUNDED = range(5)
PROVIDERS = ("stripe", "paypal")
METHODS = ("card", "sepa_debit", "paypal")
DECLINES = ("insufficient_funds", "card_declined", "expired_card", "do_not_honor", "authentication_required", "processing_error")
OUTAGE_DECLINE = len(DECLINES) - 1
PACKS = np.array([1000, 2000, 5000, 10000])
FEE_SHARE, FEE_FIXED = np.array([0.015, 0.029]), np.array([25, 35])  # by provider


@dataclass
class Purchases:
    """Credit packs bought, by time: which customer, when, for how much."""

    customer: npt.NDArray[np.int64]
    ts: Whole
    amount: Whole


@dataclass
class Charges:
    """Every try to collect money, by time. `outcome` is CAPTURED or FAILED, `invoice` -1 for credit packs."""

    customer: npt.NDArray[np.int64]
    ts: Whole
    amount: Whole
    plan: Code
    recurring: Flag
    decline: Code  # position in DECLINES, -1 where captured
    method: Code


def purchases(world: World, customers: Customers, book: Ledger) -> Purchases:
    """Credit packs, bought at any time between a customer's start and end, in office hours."""
    rng = world.rng("credit_packs")
    until = active_until(world, customers, book)
    counts = rng.poisson((until - customers.start) / (30 * DAY) * world.scale.credit_packs)
    who = np.repeat(np.arange(customers.size), counts)
    ts = customers.start[who] + (rng.random(len(who)) * (until - customers.start)[who]).astype(np.int64)
    ts = ts - ts % DAY + 7 * HOUR + rng.integers(0, 11 * HOUR, len(who))
    amount = PACKS[weighted(rng, [4, 3, 2, 1], len(who))]
    kept = (
        (ts > customers.start[who] + DAY)
        & (ts < world.calendar.stop)
        & (rng.random(len(who)) < np.where(weekday(world.calendar.day(ts)) < 5, 1, 0.3))
    )
    order = np.argsort(ts[kept], kind="stable")
    return Purchases(who[kept][order], ts[kept][order], amount[kept][order])


def charges(world: World, customers: Customers, book: Ledger, bought: Purchases) -> Charges:
    """Tries for each invoice (with its retries) and pack; during the outage most tries at Stripe fail and are repeated."""
    rng, bills = world.rng("charges"), book.invoices
    outcome = bills["outcome"]
    invoices = [  # which are tried, which of those are declined, and how long after the invoice
        (outcome >= 0, outcome > 0, 0),
        (outcome > 0, outcome > 1, RETRY),
        (outcome == 2, outcome > 2, LATE),
    ]
    tried = np.concatenate([np.flatnonzero(tried) for tried, _, _ in invoices])
    packs = len(bought.ts)
    tries = {
        "customer": np.concatenate([bills["customer"][tried], bought.customer]),
        "ts": np.concatenate([*(bills["ts"][tried] + after for tried, _, after in invoices), bought.ts]) + 20 * SECOND,
        "amount": np.concatenate([bills["amount"][tried], bought.amount]),
        "plan": np.concatenate([bills["plan"][tried], np.full(packs, -1)]),
        "declined": np.concatenate([*(declined[tried] for tried, declined, _ in invoices), rng.random(packs) < 0.03]),
        "recurring": np.arange(len(tried) + packs) < len(tried),
    }
    return _outage(world, rng, customers, tries)


def _outage(world: World, rng: np.random.Generator, customers: Customers, tries: Columns) -> Charges:
    """Fail most Stripe tries of the outage, up to three more tries within it, and one that works afterwards."""
    story, count = world.stories["payment_outage"], len(tries["ts"])
    hit = story.during(tries["ts"]) & (customers.provider[tries["customer"]] == STRIPE) & (rng.random(count) < story.size["fail_share"])
    again = np.repeat(np.flatnonzero(hit), rng.integers(0, 4, hit.sum()))
    later = np.flatnonzero(hit & ~tries["declined"])
    rows = np.concatenate([np.arange(count), again, later])
    ts = np.concatenate([tries["ts"], tries["ts"][again] + rng.integers(60, 3000, len(again)) * SECOND, np.full(len(later), story.span[1])])
    ts[count + len(again) :] += rng.integers(HOUR, 30 * HOUR, len(later))
    outage = np.concatenate([hit, story.during(ts[count : count + len(again)]), np.zeros(len(later), dtype=bool)])
    declined = np.concatenate([tries["declined"], np.ones(len(again), dtype=bool), np.zeros(len(later), dtype=bool)]) | outage
    usual = weighted(rng, [34, 28, 14, 12, 10, 2], len(rows))
    decline = np.where(declined, np.where(outage, OUTAGE_DECLINE, usual), -1)
    who = tries["customer"][rows]
    method = np.where(customers.provider[who] == STRIPE, np.where(customers.business[who] & (who % 6 == 0), 1, 0), 2)
    order = np.argsort(ts, kind="stable")
    columns = (who, ts, tries["amount"][rows], tries["plan"][rows], tries["recurring"][rows], decline, method)
    return Charges(*(column[order] for column in columns))


def table(world: World, people: Population, customers: Customers, made: Charges) -> pa.Table:
    """`payments`: attempt, authorised (cards), captured or failed, refunded; by time."""
    rng = world.rng("payments")
    paid, count = made.decline < 0, len(made.ts)
    back = np.flatnonzero(paid & (rng.random(count) < 0.012))
    groups = (
        (ATTEMPT, np.arange(count), 0),
        (AUTHORISED, np.flatnonzero(paid & (made.method == 0)), 2 * SECOND),
        (CAPTURED, np.flatnonzero(paid), 4 * SECOND),
        (FAILED, np.flatnonzero(~paid), 3 * SECOND),
        (REFUNDED, back, rng.integers(DAY, 12 * DAY, len(back))),
    )  # fmt: skip
    charge = np.concatenate([rows for _, rows, _ in groups])
    kind = np.concatenate([np.full(len(rows), code, dtype=np.int8) for code, rows, _ in groups])
    ts = np.concatenate([made.ts[rows] + delay for _, rows, delay in groups])
    order = np.argsort(ts, kind="stable")
    order = order[ts[order] < world.calendar.stop]
    return _rows(world, people, customers, (made, charge[order], kind[order], ts[order]))


def _rows(world: World, people: Population, customers: Customers, rows: tuple[Charges, Whole, npt.NDArray[np.int8], Whole]) -> pa.Table:
    made, charge, kind, ts = rows
    who, size = made.customer[charge], len(charge)
    user, provider, amount = customers.user[who], customers.provider[who], made.amount[charge]
    fee = (amount * FEE_SHARE[provider]).astype(np.int64) + FEE_FIXED[provider]
    return pa.table({
        "id": ids(world.salt("payments"), 0, size),
        "ts": instants(ts),
        "day": dates(world.calendar.day(ts)),
        "payment_id": numbered("pay_", charge),
        "type": coded(kind, TYPES),
        "provider": coded(provider, PROVIDERS),
        "method": coded(made.method[charge], METHODS),
        "decline_code": coded(np.where(kind == FAILED, made.decline[charge], -1), DECLINES),
        "subscription_id": numbered("sub_", np.where(made.recurring[charge], who, -1)),
        "booking_id": one(None, size),
        "user_key": keys(user),
        "account_key": keys(customers.account[who]),
        "plan": coded(made.plan[charge], PLANS),
        "kind": coded(customers.business[who].astype(np.int8), KINDS),
        "country": coded(customers.country[who], COUNTRIES),
        "channel": coded(channel_of(people.arrival[user]), CHANNELS),
        "amount_minor": whole(amount),
        "currency": coded(customers.currency[who], CURRENCIES),
        "fee_minor": whole(np.where(kind == CAPTURED, fee, NOTHING)),
    })  # fmt: skip
