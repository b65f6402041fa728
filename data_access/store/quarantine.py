"""Events that could not be kept as they were, with the reason, until someone mends or drops them."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),  # made of the journal record, so that a replay adds nothing
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("event", sa.Text, nullable=False),  # as it was sent, JSON
    sa.Column("replayed_at", Instant),
    sa.Index("ix_quarantine_tenant_at", "tenant", "at"),
)
