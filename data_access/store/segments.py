"""Saved segments and every version they had. Definitions are JSON; the members of frozen ones are in the warehouse."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("name_folded", sa.String(240), nullable=False),  # two names that differ in case only are the same
    sa.Column("description", sa.String(500), nullable=False),
    sa.Column("owner", sa.ForeignKey("actors.id", ondelete="SET NULL")),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("frozen_at", Instant),  # members are those of this instant; NULL where they follow the data
    sa.Column("frozen_version", sa.Integer),  # under which the warehouse keeps them
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.UniqueConstraint("tenant", "name_folded"),
)

segment_versions = sa.Table(
    "segment_versions",
    metadata,
    sa.Column("segment", sa.ForeignKey("segments.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("description", sa.String(500), nullable=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("frozen_at", Instant),
    sa.Column("actor", sa.ForeignKey("actors.id", ondelete="SET NULL")),
    sa.Column("at", Instant, nullable=False),
)
