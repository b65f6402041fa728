"""The tenant's calendar date of instants."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ingest.columns import Whole

DAY = 86_400_000_000  # microseconds
# Zone rules are only asked inside these bounds; beyond them the offset at the bound holds.
_EARLIEST, _LATEST = (np.datetime64(text, "us").astype(np.int64) for text in ("1900-01-01", "2200-01-01"))


def local_days(ts: Whole, zone: str) -> pa.Array:
    """Calendar dates (date32) in `zone` of microseconds since 1970 in UTC."""
    return pa.array(np.floor_divide(ts + offsets_of(ts, zone), DAY).astype(np.int32)).cast(pa.date32())


def offsets_of(ts: Whole, zone: str) -> Whole:
    """Microseconds that the clocks of `zone` are ahead of UTC at each instant."""
    if zone == "UTC" or not len(ts):
        return np.zeros(len(ts), np.int64)
    # Zones change on quarter hours, so each quarter is asked for once.
    quarters, where = np.unique(np.clip(ts, _EARLIEST, _LATEST) // 900_000_000, return_inverse=True)
    utc = pd.DatetimeIndex((quarters * 900_000_000).astype("datetime64[us]"), tz="UTC")
    local = utc.tz_convert(zone).tz_localize(None).as_unit("us")
    return (local.asi8 - utc.as_unit("us").asi8)[where]


def distinct_days(days: pa.ChunkedArray) -> set[date]:
    """The dates in a column."""
    return set(pc.unique(days).to_pylist())
