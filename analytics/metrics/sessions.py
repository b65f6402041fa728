"""SESSIONS: how visits go. A session belongs to the day and the dimensions of its first event."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from accounts.language import Text
from analytics.metric import Metric, Unit, ratio
from analytics.sources.sessions import LENGTHS
from analytics.sources.sessions import SESSIONS as ROWS


def _bounced(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.sum(rows.c.bounced)


SESSIONS: tuple[Metric, ...] = (
    Metric(
        "sessions",
        Text("Sessions", "Sessions"),
        Text("Visits that began in the period.", "Visites commencées dans la période."),
        "activity", Unit.COUNT, source=ROWS, expression=lambda rows: sa.func.sum(rows.c.sessions), empty=0,
    ),
    Metric(
        "mean_session_duration",
        Text("Mean session duration", "Durée moyenne de session"),
        Text("From the first to the last event of a session, mean.", "Du premier au dernier événement d’une session, en moyenne."),
        "activity", Unit.SECONDS, source=ROWS, expression=lambda rows: sa.func.sum(rows.c.duration_s) / sa.func.sum(rows.c.sessions),
    ),
    Metric(
        "median_session_duration",
        Text("Median session duration", "Durée médiane de session"),
        Text("Half of the sessions are at least this long.", "La moitié des sessions durent au moins autant."),
        "activity", Unit.SECONDS, source=LENGTHS, expression=lambda rows: sa.func.max(rows.c.middle),
    ),
    Metric(
        "bounced_sessions",
        Text("Bounced sessions", "Sessions avec rebond"),
        Text(
            "Sessions with one page view, or shorter than the bounce limit.",
            "Sessions d’une seule page vue, ou plus courtes que le seuil de rebond.",
        ),
        "activity", Unit.COUNT, "down", source=ROWS, expression=_bounced, empty=0, hidden=True,
    ),
    Metric(
        "bounce_rate",
        Text("Bounce rate", "Taux de rebond"),
        Text(
            "Share of sessions with one page view or shorter than the tenant’s bounce limit (30 s unless set otherwise).",
            "Part des sessions d’une seule page vue ou plus courtes que le seuil de rebond (30 s sauf réglage contraire).",
        ),
        "activity", Unit.RATIO, "down", needs=("bounced_sessions", "sessions"),
        formula=lambda m: ratio(m["bounced_sessions"], m["sessions"]), change="points",
    ),
    Metric(
        "session_page_views",
        Text("Page views in sessions", "Pages vues en session"),
        Text("Page views of the sessions that began in the period.", "Pages vues des sessions commencées dans la période."),
        "activity", Unit.COUNT, source=ROWS, expression=lambda rows: sa.func.sum(rows.c.page_views), empty=0, hidden=True,
    ),
    Metric(
        "pages_per_session",
        Text("Pages per session", "Pages par session"),
        Text("Page views of a session, mean.", "Pages vues par session, en moyenne."),
        "activity", Unit.NUMBER, needs=("session_page_views", "sessions"), formula=lambda m: ratio(m["session_page_views"], m["sessions"]),
    ),
)  # fmt: skip
