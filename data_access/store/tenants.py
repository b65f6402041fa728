"""The companies whose numbers live here, each with its calendar and currency."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

tenants = sa.Table(
    "tenants",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("slug", sa.String(60), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("time_zone", sa.String(60), nullable=False),
    sa.Column("week_start", sa.Integer, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("churn_at", sa.String(20), nullable=False),
    sa.Column("bounce_seconds", sa.Integer, nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)
