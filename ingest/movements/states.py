"""From rows of `subscriptions` to what each subscription is worth from when on."""

from __future__ import annotations

import numpy as np
import pandas as pd

PAYING = ("active", "past_due")  # past due stays until a cancellation or an expiry says churn
SLICE = ["plan", "kind", "country", "channel", "currency"]
CARRIED = [*SLICE, "user_key", "account_key"]
# Of two rows of one subscription at the same instant, a start comes first and an end last.
_RANK = {"start": 0, "cancel": 2, "expire": 3}


def effective_states(rows: pd.DataFrame, churn_at: str) -> pd.DataFrame:
    """The states of each subscription, oldest first.

    `rows`: columns of `subscriptions`; any order. Returns `subscription_id`, `customer`, `ts`, `minor` (MRR from `ts` on, int64
    minor units), the columns of SLICE, `user_key`, `account_key`. A value missing on a later row is the one before it.
    With `churn_at` = "period_end" a cancelled subscription keeps its state until `ends_at`, which may lie in the future;
    a later row of the subscription before then takes the cancellation back.
    """
    ordered = _ordered(rows)
    ordered["minor"] = _mrr(ordered)
    held = _held(ordered) if churn_at == "period_end" else pd.Series(False, index=ordered.index)
    kept = pd.concat([ordered[~held], _ends(ordered, held)], ignore_index=True)
    kept = kept.sort_values(["subscription_id", "ts"], kind="stable", ignore_index=True)
    return kept[["subscription_id", "customer", "ts", "minor", *CARRIED]]


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by subscription and time, with what a later row leaves out carried on."""
    ordered = rows.assign(
        subscription_id=rows["subscription_id"].astype("object").fillna(rows["customer"]),
        rank=rows["change"].map(_RANK).fillna(1).astype("int64"),
        id=rows["id"].astype(str),
        ts=rows["ts"].astype("datetime64[us]"),
        ends_at=rows["ends_at"].astype("datetime64[us]"),
    )
    ordered = ordered.sort_values(["subscription_id", "ts", "rank", "id"], kind="stable", ignore_index=True)
    carried = ["customer", *CARRIED]
    ordered[carried] = ordered.groupby("subscription_id", sort=False)[carried].ffill()
    return ordered


def _mrr(rows: pd.DataFrame) -> pd.Series:
    """The MRR that the row states; 0 unless the subscription is paying and not cancelled."""
    paying = rows["status"].isin(PAYING) & ~_cancelled(rows)
    return pd.to_numeric(rows["mrr_minor"]).fillna(0).astype("int64").where(paying, 0)


def _cancelled(rows: pd.DataFrame) -> pd.Series:
    return rows["status"].eq("cancelled") | rows["change"].isin(["cancel", "expire"])


def _held(rows: pd.DataFrame) -> pd.Series:
    """Cancellations that take effect later."""
    return _cancelled(rows) & rows["change"].ne("expire") & (rows["ends_at"] > rows["ts"])


def _ends(rows: pd.DataFrame, held: pd.Series) -> pd.DataFrame:
    """The end of the paid period as a change of its own, where nothing else happened to the subscription before."""
    following = rows["ts"].shift(-1).where(rows["subscription_id"].eq(rows["subscription_id"].shift(-1)))
    undone = following <= rows["ends_at"]
    return rows.assign(ts=rows["ends_at"], minor=np.int64(0))[held & ~undone]
