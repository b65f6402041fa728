"""ACTIVITY: who is here, who comes back, what they do. Definitions in full: docs/semantics.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sqlalchemy as sa

from accounts.language import Text
from analytics.metric import Metric, Unit, ratio
from analytics.sources.active import ACTIVE, CHURNED, LIFECYCLE, PRECEDING, ROLLING_MONTH, ROLLING_WEEK
from analytics.sources.conversions import CONVERSIONS, FIRST_PAYMENTS, SIGN_UP, SIGN_UP_COHORTS
from analytics.sources.events import EVENTS, PAGE_VISITS, count, count_page_views

_SLICE = Text(
    "Under a filter or in a breakdown, only the matching events count: a user is new there on the first day with such an event.",
    "Avec un filtre ou une ventilation, seuls les événements concernés comptent : un utilisateur y est nouveau le premier jour "
    "où il en a un.",
)
_COHORT = Text(
    "Sign-ups of the last 30 days are left out: their 30 days are not over. Payments after the period count for the cohort.",
    "Les inscriptions des 30 derniers jours sont exclues : leurs 30 jours ne sont pas écoulés. Les paiements postérieurs à la période "
    "comptent pour la cohorte.",
)


def _total(column: str) -> Callable[[sa.FromClause], sa.ColumnElement[Any]]:
    return lambda rows: sa.func.sum(rows.c[column])


def _mean_of_days(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    """Users summed over the days, by the days so far: a day without anyone counts as zero."""
    return sa.cast(sa.func.sum(rows.c.users), sa.Double) / sa.func.max(rows.c.days)


def _sign_ups(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((rows.c.type == SIGN_UP, 1), else_=0))


_ACTIVE = (
    Metric(
        "active_users",
        Text("Active users", "Utilisateurs actifs"),
        Text(
            "Distinct users with at least one event in the period.",
            "Utilisateurs distincts ayant au moins un événement sur la période.",
        ),
        "activity", Unit.COUNT, source=ACTIVE, expression=_total("first_in_bucket"), empty=0,
    ),
    Metric(
        "dau",
        Text("Daily active users", "Utilisateurs actifs par jour"),
        Text("Distinct users of a day, averaged over the days.", "Utilisateurs distincts d’un jour, en moyenne sur les jours."),
        "activity", Unit.NUMBER, source=ACTIVE, expression=_mean_of_days, empty=0,
    ),
    Metric(
        "wau",
        Text("Weekly active users", "Utilisateurs actifs sur 7 jours"),
        Text("Distinct users of the 7 days up to the end of the period.", "Utilisateurs distincts des 7 jours à la fin de la période."),
        "activity", Unit.COUNT, source=ROLLING_WEEK, expression=_total("users"), empty=0,
    ),
    Metric(
        "mau",
        Text("Monthly active users", "Utilisateurs actifs sur 30 jours"),
        Text("Distinct users of the 30 days up to the end of the period.", "Utilisateurs distincts des 30 jours à la fin de la période."),
        "activity", Unit.COUNT, source=ROLLING_MONTH, expression=_total("users"), empty=0,
    ),
    Metric(
        "stickiness",
        Text("Stickiness", "Assiduité"),
        Text(
            "Daily ÷ monthly active users: the share of the month’s users who come on an average day.",
            "Actifs par jour ÷ actifs sur 30 jours : la part des utilisateurs du mois présents un jour moyen.",
        ),
        "activity", Unit.RATIO, needs=("dau", "mau"), formula=lambda m: ratio(m["dau"], m["mau"]), change="points",
    ),
)  # fmt: skip

_LIFECYCLE = (
    Metric(
        "new_users",
        Text("New users", "Nouveaux utilisateurs"),
        Text(
            "Active users whose first ever active day is in the period.",
            "Utilisateurs actifs dont le tout premier jour d’activité est dans la période.",
        ),
        "activity", Unit.COUNT, source=LIFECYCLE, expression=_total("new"), empty=0, footnote=_SLICE,
    ),
    Metric(
        "returning_users",
        Text("Returning users", "Utilisateurs fidèles"),
        Text("Active users who were also active in the period before.", "Utilisateurs actifs qui l’étaient aussi la période précédente."),
        "activity", Unit.COUNT, source=LIFECYCLE, expression=_total("returning"), empty=0, footnote=_SLICE,
    ),
    Metric(
        "resurrected_users",
        Text("Resurrected users", "Utilisateurs revenus"),
        Text(
            "Active users who were active once, but not in the period before.",
            "Utilisateurs actifs qui l’ont déjà été, mais pas la période précédente.",
        ),
        "activity", Unit.COUNT, source=LIFECYCLE, expression=_total("resurrected"), empty=0, footnote=_SLICE,
    ),
    Metric(
        "active_before",
        Text("Active users of the period before", "Utilisateurs actifs de la période précédente"),
        Text("Distinct users of the period before.", "Utilisateurs distincts de la période précédente."),
        "activity", Unit.COUNT, source=PRECEDING, expression=_total("users"), empty=0, hidden=True,
    ),
    Metric(
        "dormant_users",
        Text("Dormant users", "Utilisateurs dormants"),
        Text(
            "Users active in the period before and not in this one.",
            "Utilisateurs actifs la période précédente et absents de celle-ci.",
        ),
        "activity", Unit.COUNT, "down", needs=("active_before", "returning_users"),
        formula=lambda m: m["active_before"] - m["returning_users"], empty=0, footnote=_SLICE,
    ),
    Metric(
        "retained_share",
        Text("Retained share", "Part retenue"),
        Text(
            "Of the users active in the period before, the share active in this one too.",
            "Parmi les actifs de la période précédente, la part encore active dans celle-ci.",
        ),
        "activity", Unit.RATIO, needs=("returning_users", "active_before"),
        formula=lambda m: ratio(m["returning_users"], m["active_before"]), change="points", footnote=_SLICE,
    ),
    Metric(
        "churned_users",
        Text("Churned users", "Utilisateurs perdus"),
        Text(
            "Users who have not been back for 30 days; each counts on the 30th day after the last active day.",
            "Utilisateurs absents depuis 30 jours ; chacun compte au 30e jour après son dernier jour actif.",
        ),
        "activity", Unit.COUNT, "down", source=CHURNED, expression=_total("users"), empty=0,
        footnote=Text(
            "Only days that are over. A user who comes back and leaves again counts again.",
            "Jours révolus seulement. Un utilisateur qui revient puis repart compte de nouveau.",
        ),
    ),
)  # fmt: skip

_EVENTS = (
    Metric(
        "events",
        Text("Events", "Événements"),
        Text("Events received.", "Événements reçus."),
        "activity", Unit.COUNT, source=EVENTS, expression=count, empty=0,
    ),
    Metric(
        "page_views",
        Text("Page views", "Pages vues"),
        Text("Events named page_view.", "Événements nommés page_view."),
        "activity", Unit.COUNT, source=EVENTS, expression=count_page_views, empty=0,
    ),
    Metric(
        "unique_page_views",
        Text("Unique page views", "Pages vues uniques"),
        Text(
            "Page views, the same page counted once per session.",
            "Pages vues, une même page comptant une fois par session.",
        ),
        "activity", Unit.COUNT, source=PAGE_VISITS, expression=lambda rows: sa.func.count(), empty=0,
    ),
)  # fmt: skip

_CONVERSIONS = (
    Metric(
        "conversions",
        Text("Conversions", "Conversions"),
        Text(
            "Conversions of every type: sign-ups, subscriptions, upgrades, referrals, engagements.",
            "Conversions de tout type : inscriptions, abonnements, montées en gamme, parrainages, engagements.",
        ),
        "activity", Unit.COUNT, source=CONVERSIONS, expression=lambda rows: sa.func.count(), empty=0,
    ),
    Metric(
        "signups",
        Text("Sign-ups", "Inscriptions"),
        Text("Conversions of the type sign_up.", "Conversions de type sign_up."),
        "activity", Unit.COUNT, source=CONVERSIONS, expression=_sign_ups, empty=0,
    ),
    Metric(
        "first_time_payers",
        Text("First-time payers", "Premiers payeurs"),
        Text("Users whose first captured payment is in the period.", "Utilisateurs dont le premier paiement encaissé est dans la période."),
        "activity", Unit.COUNT, source=FIRST_PAYMENTS, expression=lambda rows: sa.func.count(), empty=0,
    ),
    Metric(
        "cohort_signups",
        Text("Sign-ups whose 30 days are over", "Inscriptions dont les 30 jours sont écoulés"),
        Text("First sign-ups at least 30 whole days ago.", "Premières inscriptions d’il y a au moins 30 jours entiers."),
        "activity", Unit.COUNT, source=SIGN_UP_COHORTS, expression=lambda rows: sa.func.count(), empty=0, hidden=True,
    ),
    Metric(
        "cohort_payers",
        Text("… of whom paid within 30 days", "… dont ayant payé sous 30 jours"),
        Text("Of these, those who paid within 30 days.", "Parmi elles, celles suivies d’un paiement sous 30 jours."),
        "activity", Unit.COUNT, source=SIGN_UP_COHORTS, expression=_total("paid"), empty=0, hidden=True,
    ),
    Metric(
        "conversion_rate_cohort",
        Text("Conversion of sign-ups within 30 days", "Conversion des inscrits sous 30 jours"),
        Text(
            "Of the users who signed up in the period, the share whose first payment came within 30 days.",
            "Parmi les inscrits de la période, la part dont le premier paiement est venu sous 30 jours.",
        ),
        "activity", Unit.RATIO, needs=("cohort_payers", "cohort_signups"),
        formula=lambda m: ratio(m["cohort_payers"], m["cohort_signups"]), change="points", footnote=_COHORT,
    ),
    Metric(
        "conversion_rate_period",
        Text("First payments per sign-up in the period", "Premiers paiements par inscription sur la période"),
        Text(
            "First-time payers of the period ÷ sign-ups of the same period, whoever they are; it may exceed 100 %.",
            "Premiers payeurs de la période ÷ inscriptions de la même période, quels qu’ils soient ; peut dépasser 100 %.",
        ),
        "activity", Unit.RATIO, needs=("first_time_payers", "signups"),
        formula=lambda m: ratio(m["first_time_payers"], m["signups"]), change="points",
    ),
)  # fmt: skip

_ENGAGEMENT = Metric(
    "engagement_score",
    Text("Engagement score", "Score d’engagement"),
    Text(
        "0 to 100: geometric mean of stickiness (DAU ÷ MAU), weekly reach (WAU ÷ MAU) and the share of sessions that do not bounce.",
        "De 0 à 100 : moyenne géométrique de l’assiduité (DAU ÷ MAU), de la portée hebdomadaire (WAU ÷ MAU) et de la part des sessions "
        "sans rebond.",
    ),
    "activity",
    Unit.NUMBER,
    needs=("stickiness", "wau", "mau", "bounce_rate"),
    formula=lambda m: 100 * np.cbrt(m["stickiness"] * ratio(m["wau"], m["mau"]) * (1 - m["bounce_rate"])),
)

ACTIVITY: tuple[Metric, ...] = (*_ACTIVE, *_LIFECYCLE, *_EVENTS, *_CONVERSIONS, _ENGAGEMENT)
