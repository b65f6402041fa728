"""How many events a tenant may send: a bucket that fills by the second and holds ten seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass

BURST_SECONDS = 10


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float  # seconds


class Quotas:
    """One bucket per tenant, so that one tenant's flood is not another's."""

    def __init__(self) -> None:
        self._buckets: dict[int, _Bucket] = {}

    def take(self, tenant: int, events: int, rate: int, now: float) -> int:
        """0 where `events` may come in at `now` (seconds), else the seconds to wait."""
        full = float(rate * BURST_SECONDS)
        bucket = self._buckets.setdefault(tenant, _Bucket(full, now))
        bucket.tokens = min(full, bucket.tokens + max(0.0, now - bucket.at) * rate)
        bucket.at = now
        wanted = min(float(events), full)  # a batch larger than the bucket must pass some time
        if bucket.tokens >= wanted:
            bucket.tokens -= wanted
            return 0
        return max(1, math.ceil((wanted - bucket.tokens) / rate))
