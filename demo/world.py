"""What every part of one generation shares: the scale, the tenant, the calendar, the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from accounts.actor import Tenant
from demo import seeds, stories
from demo.business import SHARE, Scale
from demo.clock import Calendar


@dataclass(frozen=True)
class World:
    """One company at one scale, up to the end of its day `end`."""

    scale: Scale
    tenant: Tenant
    end: date

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(self.end, self.tenant.zone, self.scale.event_days, self.scale.book_days)

    @cached_property
    def stories(self) -> dict[str, stories.Story]:
        return stories.of(self.tenant, self.end)

    @property
    def users(self) -> int:
        return round(self.scale.users * SHARE[self.tenant.key])

    @property
    def events(self) -> int:
        return round(self.scale.events * SHARE[self.tenant.key])

    def rng(self, table: str) -> np.random.Generator:
        return seeds.generator(self.scale.name, self.tenant.slug, table)

    def salt(self, table: str) -> str:
        """What makes the ids of a table its own."""
        return f"{self.tenant.slug}/{table}"
