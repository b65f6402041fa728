"""Sign-in attempts, for the back-off. Accounts are kept as keyed hashes: a password typed into the wrong field is not readable here."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, identity, metadata

login_attempts = sa.Table(
    "login_attempts",
    metadata,
    identity(),
    sa.Column("account_hash", sa.String(64), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("outcome", sa.String(10), nullable=False),  # pending, failed, passed, refused
    sa.Index("ix_login_attempts_account_hash_at", "account_hash", "at"),
    sa.Index("ix_login_attempts_address_at", "address", "at"),
)
