"""What the payment providers pay on to Lumen's bank account: Stripe every working day, PayPal every Monday."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.business import CURRENCIES
from demo.clock import DAY, HOUR, Whole, day_number, weekday
from demo.columns import coded, dates, instants, numbered, one, whole
from demo.customers import PAYPAL, Customers
from demo.payments import FEE_FIXED, FEE_SHARE, PROVIDERS, Charges
from demo.people import Flag
from demo.seeds import ids
from demo.world import World

Days = npt.NDArray[np.int32]
SETTLES = 2  # days after the capture


def payouts(world: World, customers: Customers, made: Charges) -> pa.Table:
    """`payouts`, by time: captures less fees since the payout before, per provider and currency."""
    paid = made.decline < 0
    who, amount = made.customer[paid], made.amount[paid]
    provider, currency = customers.provider[who], customers.currency[who]
    net = amount - (amount * FEE_SHARE[provider]).astype(np.int64) - FEE_FIXED[provider]
    day = _payday(world.calendar.day(made.ts[paid]) + SETTLES, provider == PAYPAL)
    group, row = np.unique((day.astype(np.int64) << 8) | (provider << 4) | currency, return_inverse=True)
    total = np.bincount(row, weights=net).astype(np.int64)
    open_day = (group >> 8) <= day_number(world.end)
    return _table(world, group[open_day], total[open_day])


def _payday(settled: Days, weekly: Flag) -> Days:
    """The first working day from `settled` on; where paid weekly the first Monday."""
    of_week = weekday(settled)
    working = settled + np.where(of_week == 5, 2, np.where(of_week == 6, 1, 0))
    return np.where(weekly, settled + (-of_week) % 7, working)


def _table(world: World, group: Whole, total: Whole) -> pa.Table:
    ts = world.calendar.to_utc((group >> 8) * DAY + 6 * HOUR)
    return pa.table({
        "id": ids(world.salt("payouts"), 0, len(group)),
        "ts": instants(ts),
        "day": dates(world.calendar.day(ts)),
        "payout_id": numbered("po_", np.arange(len(group))),
        "provider_id": one(None, len(group)),
        "provider": coded((group >> 4) & 15, PROVIDERS),
        "status": one("paid", len(group)),
        "amount_minor": whole(total),
        "currency": coded(group & 15, CURRENCIES),
        "country": one("FR", len(group)),
    })  # fmt: skip
