"""The true story hidden in the demonstration data: what happens, to whom, when, how much.

`stories.json` is the only place these numbers live; the generator reads its sizes from here, and so do the
tests of whatever should find them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from accounts.actor import Tenant
from accounts.language import Text
from demo.business import TENANTS
from demo.clock import Whole, micros

FILE = Path(__file__).with_name("stories.json")
REFERENCE_END = date(2026, 11, 20)


@dataclass(frozen=True)
class Story:
    """One plant. `start` and `stop` are aware, in UTC, half open; `size` says how strong, `seen_in` where it shows."""

    name: str
    tenant: Tenant
    title: Text
    start: datetime
    stop: datetime
    size: Mapping[str, Any]
    seen_in: str

    @property
    def span(self) -> tuple[int, int]:
        """`start` and `stop` in microseconds since 1970."""
        return micros(self.start), micros(self.stop)

    def during(self, ts: Whole) -> Any:
        """Which instants (microseconds) fall inside."""
        return (ts >= self.span[0]) & (ts < self.span[1])


def resolve(end: date) -> list[Story]:
    """Every plant for data whose last day, on the tenant's calendar, is `end`; oldest first."""
    return [_story(row, end) for row in _rows()]


def of(tenant: Tenant, end: date) -> dict[str, Story]:
    """One tenant's plants by name."""
    return {story.name: story for story in resolve(end) if story.tenant == tenant}


@lru_cache(maxsize=1)
def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return rows


def _story(row: dict[str, Any], end: date) -> Story:
    tenant = next(tenant for tenant in TENANTS if tenant.slug == row["tenant"])
    local = datetime.combine(end - timedelta(days=row["days_before"]), time.fromisoformat(row["at"]), tenant.zone)
    start = local.astimezone(UTC)
    return Story(row["name"], tenant, Text(**row["title"]), start, start + timedelta(hours=row["hours"]), row["size"], row["seen_in"])
