"""One table that decides which role may do what: pages, metrics and verbs all ask it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.language import Text


class Permission(StrEnum):
    """What may be allowed. A metric, page, panel or route names exactly one."""

    READ_SHARED = "read_shared"  # what was shared with the person
    READ_KPI = "read_kpi"  # headline numbers: activity and quality
    READ_MONEY = "read_money"  # revenue, payments, costs
    READ_PEOPLE = "read_people"  # single persons and customers
    READ_HEALTH = "read_health"  # errors, services, machines
    EXPORT = "export"
    BUILD = "build"  # analyses, segments, dashboards, reports
    ACT_ON_ALERTS = "act_on_alerts"
    ADMINISTER = "administer"  # people, keys, settings, imports


@dataclass(frozen=True)
class Role:
    label: Text
    description: Text
    permissions: frozenset[Permission]


P = Permission
ROLES: dict[str, Role] = {
    "viewer": Role(
        Text("Viewer", "Lecteur"),
        Text("Sees what is shared with them.", "Voit ce qui est partagé avec lui."),
        frozenset({P.READ_SHARED}),
    ),
    "executive": Role(
        Text("Executive", "Direction"),
        Text("Reads the KPI pages and exports them.", "Lit les pages d’indicateurs et les exporte."),
        frozenset({P.READ_SHARED, P.READ_KPI, P.READ_MONEY, P.EXPORT}),
    ),
    "analyst": Role(
        Text("Analyst", "Analyste"),
        Text("Builds analyses and sees people.", "Construit des analyses et voit les personnes."),
        frozenset({P.READ_SHARED, P.READ_KPI, P.READ_MONEY, P.READ_PEOPLE, P.READ_HEALTH, P.EXPORT, P.BUILD}),
    ),
    "admin": Role(
        Text("Administrator", "Administrateur"),
        Text("May do everything.", "Peut tout faire."),
        frozenset(Permission),
    ),
}
