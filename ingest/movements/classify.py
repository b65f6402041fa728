"""From signed entries to movements: which of the five each change of a customer is, and who counts as a customer where."""

from __future__ import annotations

import numpy as np
import pandas as pd

CHANGE = ["customer", "ts"]
NOWHERE = -1


def cells(booked: pd.DataFrame) -> pd.DataFrame:
    """Entries summed per customer, change and slice: `minor`, `base` (missing where a rate is), and for classifying
    `worth` (base, or minor where no rate is known)."""
    booked = booked.assign(worth=booked["base"].fillna(booked["minor"]).astype("int64"), unrated=booked["base"].isna())
    summed = booked.groupby([*CHANGE, "slice"], sort=True, as_index=False).agg(
        minor=("minor", "sum"), base=("base", "sum"), worth=("worth", "sum"), unrated=("unrated", "any")
    )
    return summed.assign(base=summed["base"].mask(summed["unrated"])).drop(columns="unrated")


def main_slices(summed: pd.DataFrame) -> pd.DataFrame:
    """Per customer and change, in time order, the slice that holds most of the customer's MRR `before` and `after` it;
    NOWHERE when the customer pays nothing. Of equals the first by name."""
    changes = summed[CHANGE].drop_duplicates()
    grid = changes.merge(summed[["customer", "slice"]].drop_duplicates(), on="customer")
    grid = grid.merge(summed[[*CHANGE, "slice", "minor", "worth"]], on=[*CHANGE, "slice"], how="left")
    grid = grid.sort_values([*CHANGE, "slice"], ignore_index=True)
    held = grid[["minor", "worth"]].fillna(0).groupby([grid["customer"], grid["slice"]], sort=False).cumsum()
    grid["held"] = held["worth"].where(held["minor"] > 0, NOWHERE)
    best = grid.loc[grid.groupby(CHANGE, sort=False)["held"].idxmax()]
    after = best["slice"].where(best["held"] > NOWHERE, NOWHERE).astype("int64")
    before = after.groupby(best["customer"], sort=False).shift(1, fill_value=NOWHERE)
    return best[CHANGE].assign(before=before, after=after).reset_index(drop=True)


def classified(summed: pd.DataFrame, mains: pd.DataFrame) -> pd.DataFrame:
    """`mains` with the `movement` of each change and the instants `active_since` and `customer_since`.

    new: the first time a customer pays; reactivation: pays again; churn: pays nothing any more; expansion and contraction:
    pays more or less. A change that moves MRR between slices and leaves the sum as it was is an expansion of 0.
    """
    delta = summed.groupby(CHANGE, sort=True)["worth"].sum().to_numpy()
    begins = mains["before"].eq(NOWHERE) & mains["after"].ne(NOWHERE)
    ever = begins.groupby(mains["customer"], sort=False).cumsum()
    ends = mains["before"].ne(NOWHERE) & mains["after"].eq(NOWHERE)
    movement = np.select([begins & ever.eq(1), begins, ends, delta < 0], ["new", "reactivation", "churn", "contraction"], "expansion")
    since = mains["ts"].where(begins).groupby(mains["customer"], sort=False)
    return mains.assign(movement=movement, active_since=since.ffill(), customer_since=since.transform("first"))


def counted(mains: pd.DataFrame) -> pd.DataFrame:
    """Where customers are counted: +1 on the main slice joined, -1 on the one left; nothing where it stays the same."""
    moved = mains[mains["before"] != mains["after"]]
    parts = [moved.assign(slice=moved[side], customers=sign)[moved[side] != NOWHERE] for side, sign in (("before", -1), ("after", 1))]
    return pd.concat(parts, ignore_index=True)[[*CHANGE, "slice", "customers"]]
