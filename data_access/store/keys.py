"""Write keys: what a client sends with its events. They may sit in a web page, so they can only write."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, metadata

write_keys = sa.Table(
    "write_keys",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("sealed_secret", sa.String(400)),  # a webhook's signing secret, encrypted with SECRET_KEY
    sa.Column("sealed_key", sa.String(400)),  # the key itself, encrypted likewise: its company may read it again
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
)
