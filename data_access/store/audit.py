"""Who did what, when, from where, and whether it was allowed. Rows are only ever added."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, identity, metadata

audit = sa.Table(
    "audit",
    metadata,
    identity(),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("tenant", sa.Integer, index=True),  # no foreign key: the trail outlives what it names
    sa.Column("actor", sa.String(32)),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("object", sa.String(200), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),  # done, refused, not_found, failed
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("trace", sa.String(32), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
)
