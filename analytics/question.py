"""What a query shape is given to answer: the question, who asks, the bounds, and a way to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

import pandas as pd
import sqlalchemy as sa

from accounts.actor import Actor, Tenant
from analytics.members import Known
from analytics.metric import Scan
from analytics.period import Grain, Resolved
from analytics.query import Query
from data_access.warehouse import Warehouse


@dataclass(frozen=True)
class Question:
    """One query over one period. `read` keeps in `trail` how to word the SQL it ran."""

    query: Query
    actor: Actor
    period: Resolved
    now: datetime
    warehouse: Warehouse
    deadline: float  # time.monotonic() by which all reads must be done
    trail: list[Callable[[], str]] = field(default_factory=list)
    compared: bool = False  # True when this is the comparison's period
    segments: Known = field(default_factory=dict)  # members of every segment that the query names

    @property
    def tenant(self) -> Tenant:
        return self.actor.tenant

    def read(self, statement: sa.Select[Any]) -> pd.DataFrame:
        """Rows of the statement; raises QueryBudgetExceeded when the question's time is used up."""
        self.trail.append(partial(self.warehouse.sql, statement))
        return self.warehouse.read(statement, budget=max(self.deadline - monotonic(), 0.001))

    def scan(self, grain: Grain | None = None) -> Scan:
        """This question's bounds and filters, as a source wants them."""
        return Scan(self.tenant, self.period, grain, (), self.query.filters, self.warehouse.engine, self.now, self.segments)
