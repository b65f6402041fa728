"""Telling someone: channels, the outbox that is written with the change it tells of, and every attempt."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, identity, metadata

channels = sa.Table(
    "channels",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),  # email, slack, webhook, …
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("settings", sa.Text, nullable=False),  # sealed JSON: no secret is readable in the store
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.UniqueConstraint("tenant", "name"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False),
    sa.Column("key", sa.String(200), nullable=False, unique=True),  # idempotency: the same effect is written once
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("about", sa.String(80), nullable=False),  # alert:…, report:…, heartbeat
    sa.Column("message", sa.JSON, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # waiting, sent, failed, dropped
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("lease_until", Instant),
    sa.Column("leased_by", sa.String(80)),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Index("ix_outbox_due", "state", "due_at"),
    sa.Index("ix_outbox_about", "tenant", "about"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    identity(),
    sa.Column("outbox", sa.ForeignKey("outbox.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),  # sent, retry, refused
    sa.Column("detail", sa.String(500), nullable=False),  # never holds a secret
    sa.Column("milliseconds", sa.Integer, nullable=False),
)
