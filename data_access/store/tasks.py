"""The schedule's memory: when each task is due, who holds it, how it last went."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("lease_until", Instant),
    sa.Column("leased_by", sa.String(80)),
    sa.Column("runs", sa.Integer, nullable=False),
    sa.Column("missed", sa.Integer, nullable=False),  # due times that passed while nothing ran
    sa.Column("last_started_at", Instant),
    sa.Column("last_finished_at", Instant),
    sa.Column("last_outcome", sa.String(10)),  # done, failed
    sa.Column("last_error", sa.String(500)),
)
