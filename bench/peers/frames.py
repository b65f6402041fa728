"""The same questions in pandas, over frames that are in memory already; times are int64 microseconds, days ordinals since 1970."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from bench.funnel_sql import STEPS, WINDOW_DAYS
from bench.questions import TENANT

Rows = list[tuple[Any, ...]]
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Frames:
    """`events`: day, ts, hour, name (categorical), user, session; `people`: user, country."""

    events: pd.DataFrame
    people: pd.DataFrame

    @classmethod
    def read(cls, warehouse: Path) -> Frames:
        local = "(ts AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Paris'"
        columns = "epoch_us(ts) AS ts, CAST(day - DATE '1970-01-01' AS INTEGER) AS day, name, user_key AS user, session_key AS session"
        with duckdb.connect(str(warehouse), read_only=True) as reading:
            events = reading.execute(f"SELECT {columns}, hour({local}) AS hour FROM events WHERE tenant = {TENANT}").df()
            people = reading.execute(f"SELECT user_key AS user, coalesce(country, '') AS country FROM users WHERE tenant = {TENANT}").df()
        events["name"] = events["name"].astype("category")
        return cls(events, people)

    def between(self, first: date, last: date) -> pd.DataFrame:
        day = self.events["day"]
        return self.events[(day >= first.toordinal() - EPOCH) & (day < last.toordinal() - EPOCH)]


def tile(frames: Frames, first: date, last: date) -> Rows:
    chosen = frames.between(first, last)
    return [(len(chosen), chosen["user"].nunique())]


def daily(frames: Frames, first: date, last: date) -> Rows:
    return _dated(frames.between(first, last).groupby("day")["user"].nunique())


def rolling(frames: Frames, first: date, last: date) -> Rows:
    pairs = frames.between(date.fromordinal(first.toordinal() - 6), last)[["day", "user"]].drop_duplicates()
    found = {}
    for day in range(first.toordinal() - EPOCH, last.toordinal() - EPOCH):
        found[day] = pairs.loc[(pairs["day"] > day - 7) & (pairs["day"] <= day), "user"].nunique()
    return _dated(pd.Series(found))


def retention(frames: Frames, first: date, last: date) -> Rows:
    chosen = frames.between(first, last)[["user", "day"]]
    weeks = chosen.assign(week=(chosen["day"] - (first.toordinal() - EPOCH)) // 7)[["user", "week"]].drop_duplicates()
    cohort = weeks.groupby("user")["week"].min().rename("cohort")
    joined = weeks.join(cohort, on="user")
    counted = joined.groupby(["cohort", joined["week"] - joined["cohort"]]).size()
    return [(int(c), int(o), int(n)) for (c, o), n in counted.items()]


def funnel(frames: Frames, first: date, last: date) -> Rows:
    """Step by step, the earliest event of the next one at or after the last: exact where a user's times differ."""
    chosen = frames.between(first, last)
    parts = [chosen.loc[chosen["name"] == name, ["user", "ts"]].sort_values("ts") for name in STEPS]
    attempts = parts[0].assign(start=parts[0]["ts"], level=1)
    reached = attempts
    for level, part in enumerate(parts[1:], 2):
        following = part.assign(next=part["ts"])
        found = pd.merge_asof(reached.sort_values("ts"), following, on="ts", by="user", direction="forward", allow_exact_matches=False)
        found = found[found["next"].notna() & (found["next"] <= found["start"] + WINDOW_DAYS * 86_400_000_000)]
        reached = found.assign(ts=found["next"].astype("int64"), level=level).drop(columns="next")
        attempts = pd.concat([attempts, reached])
    best = attempts.groupby("user", as_index=False)["level"].max().merge(frames.people, on="user", how="left")
    slices = best.groupby("country")["level"]
    return [(str(country), k, int((levels >= k).sum())) for country, levels in slices for k in range(1, 6)]


def sessions(frames: Frames, first: date, last: date) -> Rows:
    chosen = frames.between(date.fromordinal(first.toordinal() - 2), last)
    begun = chosen.groupby("session")["day"].min()
    return _dated(begun[begun >= first.toordinal() - EPOCH].value_counts())


def hours(frames: Frames, first: date, last: date) -> Rows:
    chosen = frames.between(first, last)
    counted = chosen.groupby([(chosen["day"] + 3) % 7 + 1, "hour"]).size()
    return [(int(w), int(h), int(n)) for (w, h), n in counted.items()]


def segment(frames: Frames, first: date, last: date) -> Rows:
    chosen = frames.between(date.fromordinal(last.toordinal() - 90), last)
    late = chosen["day"] >= last.toordinal() - 30 - EPOCH
    edits = chosen.loc[late & (chosen["name"] == "document_edited"), "user"].value_counts()
    seen = chosen.loc[chosen["name"] == "report_viewed", "user"].unique()
    return [(int(np.isin(edits.index[edits >= 3], seen).sum()),)]


def _dated(counts: pd.Series) -> Rows:
    return [(date.fromordinal(int(day) + EPOCH), int(n)) for day, n in counts.items()]


ANSWERS: dict[str, Callable[[Frames, date, date], Rows]] = {
    "tile": tile,
    "daily": daily,
    "rolling": rolling,
    "retention": retention,
    "funnel": funnel,
    "sessions": sessions,
    "hours": hours,
    "segment": segment,
}
