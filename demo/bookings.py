"""The tables of Allo's trade: bookings, calls, payments, commissions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo import payments
from demo.business import CURRENCIES
from demo.clock import DAY, MINUTE, SECOND, Whole
from demo.columns import NOTHING, coded, dates, instants, keys, numbered, one, whole
from demo.marketplace import ABANDONED, BROKEN, CANCELLED, COMPLETED, FAILED, Bookings, Experts
from demo.payments import ATTEMPT, AUTHORISED, CAPTURED, DECLINES, FEE_FIXED, FEE_SHARE, METHODS, PROVIDERS, REFUNDED, TYPES
from demo.people import Population
from demo.person import who
from demo.seeds import ids, weighted
from demo.world import World

COMMISSION = 22  # percent of what is captured
REASONS = ("payment_declined", "client_cancelled", "expert_unavailable")
CALL_STATUSES = ("completed", "no_answer", "busy", "failed")
CALL_ERRORS = ("line_dropped", "carrier_rejected", "codec_mismatch")


@dataclass(frozen=True)
class Trade:
    """What the tables of the trade are made from; `session` is each booking's session, -1 where none."""

    world: World
    people: Population
    experts: Experts
    made: Bookings
    session: Whole

    def who(self, booking: Whole) -> dict[str, pa.Array]:
        user = self.made.user[booking]
        return who(self.people, user, np.full(len(user), -1, dtype=np.int16))

    def refunds(self) -> tuple[Whole, Whole]:
        """Refunded bookings, and when: days after the call."""
        booking = np.flatnonzero(self.made.refunded)
        return booking, self.made.called_at[booking] + self.world.rng("refunds").integers(2 * DAY, 10 * DAY, len(booking))


def in_time(world: World, *groups: tuple[int, Whole, Whole]) -> tuple[Whole, Whole, Whole]:
    """Groups of (code, positions, instants) as one: positions, codes and instants by time, to the end of the last day."""
    rows = np.concatenate([rows for _, rows, _ in groups])
    code = np.concatenate([np.full(len(rows), code, dtype=np.int64) for code, rows, _ in groups])
    ts = np.concatenate([ts for _, _, ts in groups])
    order = np.argsort(ts, kind="stable")
    order = order[ts[order] < world.calendar.stop]
    return rows[order], code[order], ts[order]


def bookings(trade: Trade) -> pa.Table:
    """`bookings`: started, then completed, failed or nothing, and perhaps cancelled."""
    made, every = trade.made, np.arange(len(trade.made.ts))
    done = np.flatnonzero((made.outcome == COMPLETED) | (made.outcome == CANCELLED))
    failed, cancelled = np.flatnonzero(made.outcome == FAILED), np.flatnonzero(made.outcome == CANCELLED)
    halfway = (made.ts[cancelled] + made.scheduled[cancelled]) // 2 + MINUTE
    booking, kind, ts = in_time(
        trade.world,
        (0, every, made.ts),
        (1, done, made.ts[done] + 3 * MINUTE),
        (2, failed, made.ts[failed] + 2 * MINUTE),
        (3, cancelled, halfway),
    )
    size = len(ts)
    reason = np.where(kind == 2, 0, np.where(kind == 3, 1 + (booking % 4 == 0), -1))
    return pa.table({
        "id": ids(trade.world.salt("bookings"), 0, size),
        "ts": instants(ts),
        "day": dates(trade.world.calendar.day(ts)),
        "booking_id": numbered("bk_", booking + 1),
        "type": coded(kind, ("started", "completed", "failed", "cancelled")),
        "provider_id": numbered("exp_", made.expert[booking] + 1),
        "reason": coded(reason, REASONS),
        "session_key": keys(trade.session[booking]),
        **trade.who(booking),
        "amount_minor": whole(made.held[booking]),
        "currency": coded(made.currency[booking], CURRENCIES),
        "scheduled_at": instants(made.scheduled[booking]),
    })  # fmt: skip


def calls(trade: Trade) -> pa.Table:
    """`calls`, when they end."""
    made, rng = trade.made, trade.world.rng("calls")
    booked = np.flatnonzero(made.outcome == COMPLETED)
    booking, _, ts = in_time(trade.world, (0, booked, made.called_at[booked] + 20 * SECOND))
    status, size = made.call[booking], len(ts)
    return pa.table({
        "id": ids(trade.world.salt("calls"), 0, size),
        "ts": instants(ts),
        "day": dates(trade.world.calendar.day(ts)),
        "call_id": numbered("call_", booking + 1),
        "booking_id": numbered("bk_", booking + 1),
        "provider_id": numbered("exp_", made.expert[booking] + 1),
        "status": coded(status, CALL_STATUSES),
        "duration_s": pa.array(made.seconds[booking].astype(float)),
        "error_code": coded(np.where(status == BROKEN, rng.integers(0, len(CALL_ERRORS), size), -1), CALL_ERRORS),
        **trade.who(booking),
    })  # fmt: skip


def payment_rows(trade: Trade) -> tuple[Whole, Whole, Whole]:
    """(booking, type, ts): tried and authorised at the booking, captured after the call, perhaps refunded."""
    made = trade.made
    tried = np.flatnonzero(made.outcome != ABANDONED)
    good, bad = tried[made.outcome[tried] != FAILED], tried[made.outcome[tried] == FAILED]
    talked = np.flatnonzero(made.captured > 0)
    return in_time(
        trade.world,
        (ATTEMPT, tried, made.ts[tried] + 100 * SECOND),
        (AUTHORISED, good, made.ts[good] + 103 * SECOND),
        (payments.FAILED, bad, made.ts[bad] + 104 * SECOND),
        (CAPTURED, talked, made.called_at[talked] + 3 * MINUTE),
        (REFUNDED, *trade.refunds()),
    )


def payments_table(trade: Trade) -> pa.Table:
    """`payments`: what is held is authorised, what was talked is captured."""
    made, rng = trade.made, trade.world.rng("payments")
    booking, kind, ts = payment_rows(trade)
    size, provider = len(ts), made.paypal[booking].astype(np.int8)
    amount = np.where((kind == CAPTURED) | (kind == REFUNDED), made.captured[booking], made.held[booking])
    fee = (amount * FEE_SHARE[provider]).astype(np.int64) + FEE_FIXED[provider]
    decline = np.where(kind == payments.FAILED, weighted(rng, [40, 30, 12, 12, 6], size), -1)
    return pa.table({
        "id": ids(trade.world.salt("payments"), 0, size),
        "ts": instants(ts),
        "day": dates(trade.world.calendar.day(ts)),
        "payment_id": numbered("pay_", booking + 1),
        "type": coded(kind, TYPES),
        "provider": coded(provider, PROVIDERS),
        "method": coded(np.where(provider == 1, 2, 0), METHODS),
        "decline_code": coded(decline, DECLINES),
        "subscription_id": one(None, size),
        "booking_id": numbered("bk_", booking + 1),
        "session_key": keys(np.where(kind <= AUTHORISED, trade.session[booking], -1)),
        **trade.who(booking),
        "amount_minor": whole(amount),
        "currency": coded(made.currency[booking], CURRENCIES),
        "fee_minor": whole(np.where(kind == CAPTURED, fee, NOTHING)),
    })  # fmt: skip


def commissions(trade: Trade) -> pa.Table:
    """`commissions`: paid (kept from the capture), reversed with the refund."""
    made = trade.made
    talked = np.flatnonzero(made.captured > 0)
    booking, kind, ts = in_time(trade.world, (0, talked, made.called_at[talked] + 4 * MINUTE), (1, *trade.refunds()))
    return pa.table({
        "id": ids(trade.world.salt("commissions"), 0, len(ts)),
        "ts": instants(ts),
        "day": dates(trade.world.calendar.day(ts)),
        "commission_id": numbered("com_", booking + 1),
        "booking_id": numbered("bk_", booking + 1),
        "provider_id": numbered("exp_", made.expert[booking] + 1),
        "status": coded(kind, ("paid", "reversed")),
        "amount_minor": whole(made.captured[booking] * COMMISSION // 100),
        "currency": coded(made.currency[booking], CURRENCIES),
    })  # fmt: skip
