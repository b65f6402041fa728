"""Saved analyses: a question with its name, folder and owner; and who marked which as a favourite."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

analyses = sa.Table(
    "analyses",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False),
    sa.Column("page", sa.String(40), nullable=False),  # where it opens: funnels, retention, …
    sa.Column("kind", sa.String(40), nullable=False),  # of its query
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("description", sa.String(2000), nullable=False),
    sa.Column("folder", sa.String(120), nullable=False),  # "" = none
    sa.Column("owner", sa.ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("query", sa.JSON, nullable=False),
    sa.Column("scope", sa.JSON, nullable=False),  # period, comparison, grain and filters, as a page's address has them
    sa.Column("view", sa.String(40), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # grows with every change; who changes says which one they saw
    sa.Index("ix_analyses_tenant_name", "tenant", "name"),
)

favourites = sa.Table(
    "favourites",
    metadata,
    sa.Column("actor", sa.ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("analysis", sa.ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True),
)
