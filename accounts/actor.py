"""Who asks: the person or program on whose behalf a number is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from accounts.roles import ROLES, Permission


@dataclass(frozen=True)
class Tenant:
    """One company whose numbers live here. Its calendar (zone, week start) decides what a day and a week are."""

    key: int
    slug: str
    name: str
    time_zone: str = "UTC"
    week_start: int = 0  # 0 = Monday … 6 = Sunday
    currency: str = "EUR"  # the reporting currency
    churn_at: str = "period_end"  # or "cancellation"
    bounce_seconds: int = 30
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class Actor:
    """Who asks: id, tenant, roles and language. Frozen for the length of one question."""

    id: str
    name: str
    tenant: Tenant
    roles: frozenset[str]
    locale: str = "en"
    email: str = ""
    scopes: frozenset[Permission] | None = field(default=None)  # a token may hold fewer permissions than its owner

    @property
    def permissions(self) -> frozenset[Permission]:
        granted = frozenset(p for role in self.roles if role in ROLES for p in ROLES[role].permissions)
        return granted if self.scopes is None else granted & self.scopes

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions
