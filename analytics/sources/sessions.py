"""Sessions: one row each, dated and described by their first event."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.metric import Scan, Source
from analytics.sources.visits import OPENING, STORED, opened


def _rows(scan: Scan) -> sa.FromClause:
    """The sessions with `bounced`: one page view, or shorter than the tenant's limit."""
    rows = opened(scan)
    bounced = sa.or_(rows.c.page_views == 1, rows.c.duration_s < scan.tenant.bounce_seconds).label("bounced")
    return sa.select(rows, bounced).subquery("visits")


SESSIONS = Source(
    "sessions",
    ("events",),
    _rows,
    STORED | OPENING,
)
