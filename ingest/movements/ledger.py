"""From the states of subscriptions to signed entries per customer, change and slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.days import local_days
from ingest.movements.states import SLICE

HOUR = np.int64(3_600_000_000)  # microseconds
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rates:
    """Dated rates of exchange into `currency`: per currency its days (ascending) and what 1 minor unit is worth from
    each day on, in minor units of `currency`."""

    currency: str
    dated: dict[str, tuple[npt.NDArray[np.datetime64], npt.NDArray[np.float64]]]

    def on(self, currency: str | None, day: date) -> float:
        """The rate that holds on a day; NaN where none is known yet."""
        if currency == self.currency:
            return 1.0
        days, worth = self.dated.get(currency or "", (np.array([], "datetime64[D]"), np.array([])))
        place = int(np.searchsorted(days, np.datetime64(day), side="right")) - 1
        return float(worth[place]) if place >= 0 else float("nan")


def entries(states: pd.DataFrame) -> pd.DataFrame:
    """Each change of a subscription as a minus on the slice left and a plus on the slice joined.

    Returns `customer`, `ts`, `slice` (an integer; the same for the same plan, kind, country, channel and currency), `minor`
    (signed), and of the subscription `subscription_id`, `user_key`, `account_key` and the columns of SLICE. A change of
    country without a change of amount moves the MRR from one country to the other too.
    """
    after = states.assign(slice=states.groupby(SLICE, dropna=False, sort=True).ngroup())
    before = after.groupby("subscription_id", sort=False)[list(after.columns)].shift(1)
    was = before["minor"].fillna(0).astype("int64")
    moved = after["slice"].ne(before["slice"]) | after["customer"].ne(before["customer"])
    changed = was.ne(after["minor"]) | (moved & after["minor"].ne(0))
    # TRICKY: assigned before filtering, since an empty frame takes on the rows of a series assigned to it.
    left = before.assign(ts=after["ts"], minor=-was)[changed & was.ne(0)]
    joined = after[changed & after["minor"].ne(0)]
    both = pd.concat([left, joined], ignore_index=True)
    return both.astype({"slice": "int64", "minor": "int64"}).sort_values(["customer", "ts"], kind="stable", ignore_index=True)


def merged(customer: Whole, ts: Whole) -> Whole:
    """The instant each entry counts at: changes of a customer within an hour of the first of them count as one, at the last.

    Both arrays sorted by customer and time; microseconds. Greedy: a change later than an hour after the first starts anew.
    """
    first = np.ones(len(ts), dtype=bool)
    first[1:] = (customer[1:] != customer[:-1]) | (np.diff(ts) > HOUR)
    bounds = np.append(np.flatnonzero(first), len(ts))
    for start, end in pairwise(bounds):
        if ts[end - 1] - ts[start] > HOUR:
            first[start:end] = _greedy(ts[start:end])
    group = np.cumsum(first) - 1
    last = np.append(np.flatnonzero(first)[1:], len(ts)) - 1
    return ts[last][group] if len(ts) else ts


def _greedy(ts: Whole) -> npt.NDArray[np.bool_]:
    starts = np.zeros(len(ts), dtype=bool)
    opened = ts[0] - HOUR - 1
    for i, at in enumerate(ts):
        if at - opened > HOUR:
            starts[i], opened = True, at
    return starts


def worth(booked: pd.DataFrame, rates: Rates, zone: str) -> pd.Series:
    """The entries in the reporting currency, Int64, missing where no rate is known.

    The rate is locked per customer and currency on the day the customer first paid in it, and each amount is rounded half
    up by itself: what one entry adds a later one takes away to the unit, so a move of the rate never makes a movement.
    """
    days = local_days(booked["ts"].to_numpy().astype("datetime64[us]").astype("int64"), zone).to_pandas()
    bought = pd.DataFrame({"customer": booked["customer"].to_numpy(), "currency": booked["currency"].fillna("").to_numpy(), "day": days})
    bought["first"] = bought.groupby(["customer", "currency"], sort=False)["day"].transform("first")
    known = bought[["currency", "first"]].drop_duplicates()
    known["rate"] = [rates.on(currency, day) for currency, day in zip(known["currency"], known["first"], strict=True)]
    rate = bought.merge(known, on=["currency", "first"], how="left")["rate"].to_numpy(dtype="float64")
    minor = booked["minor"].to_numpy()
    rounded = np.sign(minor) * np.floor(np.abs(minor) * rate + 0.5)
    return pd.Series(rounded, index=booked.index).astype("Int64")
