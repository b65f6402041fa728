"""What the drain is given. Apart from it, so that a collector accepts events before the warehouse's libraries are loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accounts.actor import Tenant
from ingest.quarantine import Entry

if TYPE_CHECKING:
    from data_access.warehouse import Warehouse
    from ingest.plan.tally import Tally

Tables = dict[str, list[dict[str, Any]]]
LINGER_SECONDS = 0.25  # how long the first event of a batch waits for company


@dataclass(frozen=True)
class Surroundings:
    """Where to write, whose keys are whose, where bad events go, the clock, who counts."""

    warehouse: Callable[[], Warehouse]
    tenants: Callable[[], dict[int, Tenant]]
    set_aside: Callable[[int, list[Entry]], None]
    now: Callable[[], datetime]
    tally: Tally
    linger: float = LINGER_SECONDS
    publish: Callable[[Tenant, Tables], None] = lambda tenant, tables: None  # rows the warehouse took; never raises, never waits
    finish: Callable[[], None] = lambda: None
    niceness: int = 0  # how far whoever writes steps back behind those who answer, where processors are scarce
