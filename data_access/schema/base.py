"""Shorthands for the columns that many tables share."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData()


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text)


def whole(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Double)


def flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean)


def json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON().with_variant(JSONB(), "postgresql"))


def instant(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    """An instant in UTC, microseconds, no zone marker."""
    return sa.Column(name, sa.DateTime(timezone=False), nullable=nullable)


def date(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Date, nullable=nullable)


def tenant() -> sa.Column[Any]:
    return sa.Column("tenant", sa.Integer, nullable=False)


def fact(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """A fact table: tenant, id, ts, day, then its own columns."""
    return sa.Table(
        name,
        metadata,
        tenant(),
        sa.Column("id", sa.Uuid, nullable=False),
        instant("ts", nullable=False),
        date("day", nullable=False),
        *columns,
    )


def person() -> tuple[sa.Column[Any], ...]:
    """Who a fact is about, and the person's dimensions when it was written."""
    return (
        whole("user_key"), whole("account_key"), text("plan"), text("kind"), text("country"), text("channel"),
    )  # fmt: skip


def money(prefix: str = "amount") -> tuple[sa.Column[Any], ...]:
    """`<prefix>_minor` in `currency`, and `<prefix>_base_minor` in the tenant's reporting currency."""
    return whole(f"{prefix}_minor"), text("currency"), whole(f"{prefix}_base_minor")
