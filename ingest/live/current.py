"""The collector of this process, for the routes that feed it and the page that shows how it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.decode import Refused

if TYPE_CHECKING:
    from ingest.collect import Collector

COLLECTORS: list[Collector] = []  # at most one at work; the newest counts


def current() -> Collector:
    """Raises Refused 503 where this process takes no events."""
    if not COLLECTORS:
        raise Refused(503, "unavailable", "this process does not take events", retry_after=30)
    return COLLECTORS[-1]
