"""The table of pages: one file, one entry. Navigation, access and the API of addresses all read it."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.language import Text
from accounts.roles import Permission


@dataclass(frozen=True)
class Page:
    """`path` is the file, `url` its address, `permission` what a person needs to open it; `section` groups the navigation."""

    path: str
    title: Text
    icon: str
    permission: Permission | None  # None: also for people who are not signed in
    url: str
    section: Text | None = None
    hidden: bool = False  # reachable, but not in the navigation


NUMBERS = Text("Numbers", "Chiffres")
ANALYSIS = Text("Analysis", "Analyse")
PEOPLE = Text("People", "Public")
ADMIN = Text("Administration", "Administration")
ACCOUNT = Text("Account", "Compte")

PAGES: dict[str, Page] = {
    "overview": Page(
        "pages/overview.py", Text("Overview", "Vue d’ensemble"), ":material/dashboard:", Permission.READ_KPI, "overview", NUMBERS
    ),
    "revenue": Page("pages/revenue.py", Text("Revenue", "Revenus"), ":material/payments:", Permission.READ_MONEY, "revenue", NUMBERS),
    "activity": Page("pages/activity.py", Text("Activity", "Activité"), ":material/groups:", Permission.READ_KPI, "activity", NUMBERS),
    "explore": Page("pages/explore.py", Text("Explore", "Explorer"), ":material/query_stats:", Permission.READ_KPI, "explore", ANALYSIS),
    "funnels": Page("pages/funnels.py", Text("Funnels", "Entonnoirs"), ":material/filter_alt:", Permission.READ_KPI, "funnels", ANALYSIS),
    "retention": Page(
        "pages/retention.py", Text("Retention", "Rétention"), ":material/event_repeat:", Permission.READ_KPI, "retention", ANALYSIS
    ),
    "journeys": Page("pages/journeys.py", Text("Journeys", "Parcours"), ":material/route:", Permission.READ_KPI, "journeys", ANALYSIS),
    "segments": Page("pages/segments.py", Text("Segments", "Segments"), ":material/group_work:", Permission.READ_KPI, "segments", ANALYSIS),
    "acquisition": Page(
        "pages/acquisition.py", Text("Acquisition", "Acquisition"), ":material/campaign:", Permission.READ_KPI, "acquisition", PEOPLE
    ),
    "audience": Page("pages/audience.py", Text("Audience", "Audience"), ":material/public:", Permission.READ_KPI, "audience", PEOPLE),
    "person": Page("pages/person.py", Text("People", "Personnes"), ":material/person_search:", Permission.READ_PEOPLE, "person", PEOPLE),
    "live": Page("pages/live.py", Text("Live", "En direct"), ":material/bolt:", Permission.READ_KPI, "live", PEOPLE),
    "data": Page("pages/data.py", Text("Data", "Données"), ":material/database:", Permission.ADMINISTER, "data", ADMIN),
    "account": Page("pages/account.py", Text("My account", "Mon compte"), ":material/person:", Permission.READ_SHARED, "account", ACCOUNT),
    "sign_in": Page("pages/sign_in.py", Text("Sign in", "Connexion"), ":material/login:", None, "sign-in", ACCOUNT, hidden=True),
}
