"""Rates of exchange: one per day and currency, a calm random walk."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo.business import CURRENCIES, EUR_PER_UNIT
from demo.clock import day_number
from demo.columns import coded, dates
from demo.world import World


def table(world: World) -> pa.Table:
    """`fx_rates` from the first day of the books to today; the reporting currency itself has rate 1."""
    days = np.arange(day_number(world.end) - world.scale.book_days - 30, day_number(world.end) + 1, dtype=np.int32)
    rng = world.rng("fx_rates")
    steps = rng.normal(0, 0.0025, (len(days), len(CURRENCIES)))
    pull = np.cumsum(steps, axis=0)
    pull -= np.linspace(0, 1, len(days))[:, None] * pull[-1] * 0.8  # keep the end near where the walk began
    rates = np.array(EUR_PER_UNIT) * np.exp(np.where(np.array(CURRENCIES) == world.tenant.currency, 0.0, pull))
    codes = np.tile(np.arange(len(CURRENCIES)), len(days))
    return pa.table(
        {"day": dates(np.repeat(days, len(CURRENCIES))), "currency": coded(codes, CURRENCIES), "rate": pa.array(rates.round(6).ravel())}
    )
