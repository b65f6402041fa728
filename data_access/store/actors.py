"""People who sign in, and what each chose for themselves."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

actors = sa.Table(
    "actors",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False, index=True),
    sa.Column("email", sa.String(254), nullable=False, unique=True),  # lower case: what one signs in with
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("password_hash", sa.String(200)),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("password_changed_at", Instant),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("actor", sa.ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)
