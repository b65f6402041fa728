"""API tokens: the secret half is kept hashed."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),  # the public half, shown in lists and logs
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False, index=True),
    sa.Column("actor", sa.ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("permissions", sa.JSON, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Column("last_used_at", Instant),
)
