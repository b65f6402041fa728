"""What is meant to be sent, what broke it, and how much came from where."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

planned_events = sa.Table(
    "planned_events",
    metadata,
    sa.Column("tenant", sa.ForeignKey("tenants.key"), primary_key=True),
    sa.Column("event", sa.String(200), primary_key=True),
    sa.Column("description", sa.String(500), nullable=False),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),  # draft, active, deprecated
    sa.Column("properties", sa.JSON, nullable=False),  # [{name, type, required}]
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("updated_by", sa.String(200), nullable=False),
)

# Counters by day; `problem` is one of few codes, so a sender of nonsense cannot grow the table without end.
plan_violations = sa.Table(
    "plan_violations",
    metadata,
    sa.Column("tenant", sa.ForeignKey("tenants.key"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("event", sa.String(200), primary_key=True),
    sa.Column("property", sa.String(200), primary_key=True),
    sa.Column("problem", sa.String(20), primary_key=True),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
)

ingest_hours = sa.Table(
    "ingest_hours",
    metadata,
    sa.Column("tenant", sa.ForeignKey("tenants.key"), primary_key=True),
    sa.Column("hour", Instant, primary_key=True),
    sa.Column("source", sa.String(40), primary_key=True),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("quarantined", sa.BigInteger, nullable=False),
    sa.Column("lag_seconds", sa.Float, nullable=False),  # the longest from receipt to the warehouse
    sa.Column("last_at", Instant, nullable=False),
)
