"""One person: when they come, what they use, what it costs and brings. A Report for each person, not an entry of REPORTS."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.language import Text
from accounts.roles import Permission
from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.person_query import Person
from analytics.period import Period
from reports.report import Panel, Report

TITLE = Text("Person", "Personne")
ONGOING = ("partial",)  # a person's course is always under way: nothing to warn of
DESCRIPTION = Text("Everything known of one person.", "Tout ce que l’on sait d’une personne.")


def person_report(known_as: str, key: int, period: Period, did: Mapping[str, float | None]) -> Report:
    """The panels about what the person did in the period; `did` are the totals of their profile: what is 0 has no panel."""
    mine = Filter("is", "user", (str(key),))
    found = [*_habits(known_as, mine, period, did), *_machines(mine, period, did)]
    return Report("person", TITLE, DESCRIPTION, tuple(found), Permission.READ_PEOPLE)


def _habits(known_as: str, mine: Filter, period: Period, did: Mapping[str, float | None]) -> list[Panel]:
    year = Panel(
        "person_calendar",
        Text("Days active", "Jours d’activité"),
        Person(id=known_as, view="days"),
        "calendar",
        note=Text(
            "The last twelve months; the darker, the more events", "Les douze derniers mois ; plus c’est foncé, plus il y a d’événements"
        ),
        height=150,
        options={"unsaid": ONGOING},
    )
    hours = Panel(
        "person_hours",
        Text("Peak hours", "Heures de pointe"),
        Aggregate(metrics=("events",), by=("weekday", "hour_of_day"), filters=(mine,), period=period, limit=200, totals=False),
        "hours",
        note=Text("Events by hour and weekday, in the company’s time zone", "Événements par heure et jour, au fuseau de l’entreprise"),
        height=200,
        fixed=True,
        options={"unsaid": ONGOING},
    )
    used = Panel(
        "person_features",
        Text("Features used", "Fonctions utilisées"),
        Aggregate(metrics=("events",), by=("event",), filters=(mine,), period=period, limit=10, totals=False),
        "ranked",
        height=260,
        fixed=True,
        options={"unsaid": ONGOING},
    )
    money = Panel(
        "person_revenue",
        Text("Revenue", "Revenu"),
        Aggregate(metrics=("revenue",), grain="month", filters=(mine,), period=Period("12m"), totals=False),
        "bars",
        note=Text("Payments less refunds, the last twelve months", "Paiements moins remboursements, les douze derniers mois"),
        height=180,
        fixed=True,
        options={"unsaid": ONGOING},
    )
    return [year, *([hours, used] if did.get("events") else []), *([money] if did.get("payments") else [])]


def _machines(mine: Filter, period: Period, did: Mapping[str, float | None]) -> list[Panel]:
    models = Panel(
        "person_ai",
        Text("AI models preferred", "Modèles d’IA préférés"),
        Aggregate(
            metrics=("generations", "tokens", "ai_latency"),
            by=("provider", "model"),
            filters=(mine,),
            period=period,
            limit=10,
            totals=False,
        ),
        "table",
        fixed=True,
        options={"unsaid": ONGOING},
    )
    endpoints = Panel(
        "person_api",
        Text("API use", "Utilisation de l’API"),
        Aggregate(
            metrics=("api_requests", "error_rate", "latency_p95"), by=("endpoint",), filters=(mine,), period=period, limit=10, totals=False
        ),
        "table",
        fixed=True,
        options={"unsaid": ONGOING, "bars": ("api_requests",)},
    )
    return [*([models] if did.get("generations") else []), *([endpoints] if did.get("api_requests") else [])]
