"""Allo's other side: experts and their availability, what they are paid, and the prepaid services the trade runs on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.bookings import COMMISSION, Trade
from demo.business import COUNTRIES, CURRENCIES
from demo.clock import DAY, HOUR, MINUTE, Whole, day_number, weekday
from demo.columns import coded, dates, instants, joined, numbered, one, whole
from demo.marketplace import CATEGORIES
from demo.payments import PROVIDERS
from demo.person import FIRST_NAMES, LAST_NAMES, shuffled
from demo.seeds import ids
from demo.world import World

ROSTER_DAYS = 60  # how far back availability reaches
PAYOUT_STATUSES = ("pending", "paid", "failed")
PAYOUT_REASONS = ("receiver_unregistered", "account_closed")


def providers(trade: Trade) -> pa.Table:
    """`providers`: everyone once at the start, then each time they begin and end a shift."""
    world, hired, rng = trade.world, trade.experts, trade.world.rng("providers")
    last = day_number(world.end)
    shift = np.repeat(np.arange(last - ROSTER_DAYS + 1, last + 1), hired.size).astype(np.int32)
    expert = np.tile(np.arange(hired.size), ROSTER_DAYS)
    works = rng.random(len(shift)) < np.where(weekday(shift) >= 5, 0.35, 0.8)
    shift, expert = shift[works].astype(np.int64), expert[works]
    begins = world.calendar.to_utc(shift * DAY + rng.integers(8 * HOUR, 11 * HOUR, len(shift)))
    ends = begins + rng.integers(4 * HOUR, 10 * HOUR, len(shift))
    everyone = np.arange(hired.size)
    who = np.concatenate([everyone, expert, expert])
    available = np.concatenate([np.zeros(hired.size, dtype=bool), np.ones(len(expert), dtype=bool), np.zeros(len(expert), dtype=bool)])
    ts = np.concatenate([np.full(hired.size, world.calendar.events_from), begins, ends])
    order = np.argsort(ts, kind="stable")
    order = order[ts[order] < world.calendar.stop]
    return _provider_rows(trade, who[order], available[order], ts[order])


def _provider_rows(trade: Trade, expert: Whole, available: npt.NDArray[np.bool_], ts: Whole) -> pa.Table:
    hired = trade.experts
    first, last = shuffled(expert + 31, len(FIRST_NAMES)), shuffled(expert + 77_777, len(LAST_NAMES))
    return pa.table({
        "id": ids(trade.world.salt("providers"), 0, len(ts)),
        "ts": instants(ts),
        "day": dates(trade.world.calendar.day(ts)),
        "provider_id": numbered("exp_", expert + 1),
        "name": joined(coded(first, FIRST_NAMES), coded(last, LAST_NAMES), by=" "),
        "country": coded(hired.country[expert], COUNTRIES),
        "category": coded(hired.category[expert], CATEGORIES),
        "available": pa.array(available),
        "top": pa.array(hired.top[expert]),
        "rating": pa.array(hired.rating[expert]),
    })  # fmt: skip


def payouts(trade: Trade) -> pa.Table:
    """`payouts` to experts every Monday and Thursday: pending, then paid or failed the next day."""
    world, made, rng = trade.world, trade.made, trade.world.rng("payouts")
    earned = np.flatnonzero(made.captured > 0)
    day = world.calendar.day(made.called_at[earned]) + 1
    run = day + np.minimum(-weekday(day) % 7, (3 - weekday(day)) % 7)
    group, row = np.unique((run.astype(np.int64) << 32) | (made.expert[earned] << 4) | made.currency[earned], return_inverse=True)
    total = np.bincount(row, weights=made.captured[earned] * (100 - COMMISSION) // 100).astype(np.int64)
    pending = world.calendar.to_utc((group >> 32) * DAY + 6 * HOUR)
    settled = pending + rng.integers(26 * HOUR, 34 * HOUR, len(group))
    expert = (group >> 4) & 0xFFFFFFF
    story = world.stories["failing_payouts"]
    bad = trade.experts.paypal[expert] & story.during(settled) & (rng.random(len(group)) < story.size["fail_share"])
    fails = bad | (rng.random(len(group)) < 0.015)
    payout = np.concatenate([np.arange(len(group))] * 2)
    status = np.concatenate([np.zeros(len(group), dtype=np.int64), np.where(fails, 2, 1)])
    reason = np.where(status == 2, np.where(bad[payout], 0, 1), -1)
    return _payout_rows(trade, (group[payout], total[payout], payout), (status, reason), np.concatenate([pending, settled]))


def _payout_rows(trade: Trade, of: tuple[Whole, Whole, Whole], said: tuple[Whole, Whole], ts: Whole) -> pa.Table:
    order = np.argsort(ts, kind="stable")
    order = order[ts[order] < trade.world.calendar.stop]
    group, total, payout, status, reason, ts = (column[order] for column in (*of, *said, ts))
    expert = (group >> 4) & 0xFFFFFFF
    return pa.table({
        "id": ids(trade.world.salt("payouts"), 0, len(ts)),
        "ts": instants(ts),
        "day": dates(trade.world.calendar.day(ts)),
        "payout_id": numbered("po_", payout + 1),
        "provider_id": numbered("exp_", expert + 1),
        "provider": coded(trade.experts.paypal[expert].astype(np.int8), PROVIDERS),
        "status": coded(status, PAYOUT_STATUSES),
        "reason": coded(reason, PAYOUT_REASONS),
        "amount_minor": whole(total),
        "currency": coded(group & 15, CURRENCIES),
        "country": coded(trade.experts.country[expert], COUNTRIES),
    })  # fmt: skip


# service: filled up to, threshold (minor units), days between two top-ups
SERVICES: dict[str, tuple[int, int, float]] = {
    "telephony": (250_000, 50_000, 9.0),
    "sms": (60_000, 12_000, 12.5),
    "email": (20_000, 4_000, 30.0),
    "transcription": (90_000, 15_000, 6.5),
}


def balances(world: World) -> pa.Table:
    """`balances` of prepaid services, used up evenly and topped up near their threshold; a few times a day."""
    grid = np.arange(world.calendar.stop - world.scale.health_days * DAY, world.calendar.stop, 6 * HOUR) + 5 * MINUTE
    which, ts = np.tile(np.arange(len(SERVICES)), len(grid)), np.repeat(grid, len(SERVICES))
    full, threshold, days = (np.array([service[column] for service in SERVICES.values()])[which] for column in range(3))
    used = (ts / (days * DAY)) % 1.0
    lowest = threshold * 0.85
    balance = np.round(full - (full - lowest) * used).astype(np.int64)
    return pa.table({
        "id": ids(world.salt("balances"), 0, len(ts)),
        "ts": instants(ts),
        "day": dates(world.calendar.day(ts)),
        "service": coded(which, tuple(SERVICES)),
        "balance_minor": whole(balance),
        "currency": one(world.tenant.currency, len(ts)),
        "threshold": pa.array(threshold.astype(float)),
    })  # fmt: skip
