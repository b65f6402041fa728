"""Which cells of a retention grid are complete: nothing that they count is still to come."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.kinds.retention_grid import Buckets
from analytics.kinds.retention_query import Retention
from analytics.period import Grain, step
from data_access.clock import naive_utc, to_utc


def complete(query: Retention, buckets: Buckets) -> npt.NDArray[np.bool_]:
    """By cohort and the bucket of its column's first offset, so that only those of `Retention.columns` say something."""
    size, found = len(buckets), np.zeros((len(buckets), len(buckets)), bool)
    for first, last in query.columns(size):
        cohorts = np.arange(size - first)
        over = _over_windows(query, buckets, last) if query.windows == "24h" else _over_buckets(query, buckets, (first, last))
        found[cohorts, cohorts + first] = buckets.over[: size - first] & over[: size - first]
    return found


def _over_buckets(query: Retention, buckets: Buckets, span: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Per cohort: the buckets of the column are whole. The cohort's own is asked for anyway."""
    size, (first, last) = len(buckets), span
    if not last:
        return np.ones(size, bool)
    if query.rolling:
        # A rolling cell looks at all buckets to the end of the grid, so it may rise until the last one is over.
        return np.array([bool(buckets.over[i + first :].all()) for i in range(size)])
    return np.array([i + last < size and bool(buckets.over[i + first : i + last + 1].all()) for i in range(size)])


def _over_windows(query: Retention, buckets: Buckets, last: int) -> npt.NDArray[np.bool_]:
    """Per cohort: the last window of the column has ended even for who started at the very end of the bucket."""
    if last == 0 and query.sum_of is None:
        return np.ones(len(buckets), bool)
    until = buckets.scan.period.until
    reach = min(until, naive_utc(query.until)) if query.until else until
    length = timedelta(seconds=query.window_seconds * (last + 1))
    whole = not query.rolling or bool(buckets.over[-1])
    return np.array([whole and end + length <= reach for end in _ends(buckets)])


def _ends(buckets: Buckets) -> list[datetime]:
    """Where each bucket ends, as naive UTC."""
    return [_end(stamp, buckets.grain, buckets.scan.tenant.zone) for stamp in buckets.stamps]


def _end(stamp: pd.Timestamp, grain: Grain, zone: ZoneInfo) -> datetime:
    if grain is Grain.HOUR:
        return to_utc((stamp + pd.Timedelta(hours=1)).to_pydatetime(), zone)
    following = step(stamp.date(), grain)
    return to_utc(datetime(following.year, following.month, following.day), zone)
