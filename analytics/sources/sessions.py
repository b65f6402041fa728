"""Sessions: one row each, dated and described by their first event."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.metric import Scan, Source
from analytics.sources.events import PERSON_DIMENSIONS
from data_access.schema import sessions


def _rows(scan: Scan) -> sa.FromClause:
    """The sessions with `bounced`: one page view, or shorter than the tenant's limit."""
    bounced = sa.or_(sessions.c.page_views == 1, sessions.c.duration_s < scan.tenant.bounce_seconds).label("bounced")
    return sa.select(sessions, bounced).subquery("visits")


SESSIONS = Source(
    "sessions",
    ("events",),
    _rows,
    PERSON_DIMENSIONS | {"device", "os", "browser", "campaign", "entry_page", "exit_page"},
)
