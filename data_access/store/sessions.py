"""Sign-ins. Only hashes of what the browser holds are kept, so a stolen copy of the table opens nothing."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("actor", sa.ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("cookie_hash", sa.String(64), unique=True),  # set when the browser exchanges its ticket
    sa.Column("ticket_hash", sa.String(64), unique=True),  # cleared by the exchange: a ticket works once
    sa.Column("ticket_until", Instant, nullable=False),
    sa.Column("visit_hash", sa.String(64), nullable=False),  # the browser the ticket was made for
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
    sa.Column("revoked_at", Instant),
    sa.Column("revoked_why", sa.String(40)),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("agent", sa.String(300), nullable=False),
)
