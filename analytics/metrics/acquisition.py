"""ACQUISITION: what advertising brings and costs, and how good those are who come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Metric, Unit, ratio
from analytics.sources.revenue import COSTS
from analytics.sources.sign_up_quality import SIGN_UP_REVENUE, SIGN_UP_WEEKS, WEEKS
from data_access.functions import distinct_list


def _sum(column: str) -> Callable[[sa.FromClause], sa.ColumnElement[Any]]:
    return lambda rows: sa.func.sum(rows.c[column])


def _over(top: str, bottom: str) -> dict[str, Any]:
    return {"needs": (top, bottom), "formula": lambda m: ratio(m[top], m[bottom])}


def _week(n: int) -> tuple[Metric, Metric, Metric]:
    """Sign-ups whose week n is over, those of them active in it, and the share."""
    due, back = f"signups_week{n}_over", f"signups_back_week{n}"
    return (
        Metric(
            due,
            Text(f"Sign-ups whose week {n} is over", f"Inscriptions dont la semaine {n} est écoulée"),
            Text(f"First sign-ups at least {7 * (n + 1)} days ago.", f"Premières inscriptions d’il y a au moins {7 * (n + 1)} jours."),
            "acquisition", Unit.COUNT, source=SIGN_UP_WEEKS, expression=_sum(f"due_{n}"), empty=0, hidden=True,
        ),
        Metric(
            back,
            Text(f"… of whom active in week {n}", f"… dont actives en semaine {n}"),
            Text(f"Of these, those active in week {n}.", f"Parmi elles, celles actives en semaine {n}."),
            "acquisition", Unit.COUNT, source=SIGN_UP_WEEKS, expression=_sum(f"back_{n}"), empty=0, hidden=True,
        ),
        Metric(
            f"retention_week{n}",
            Text(f"Active in week {n}", f"Actifs en semaine {n}"),
            Text(
                f"Of the users who signed up in the period, the share active on any of the days {7 * n} to {7 * n + 6} after.",
                f"Parmi les inscrits de la période, la part active l’un des jours {7 * n} à {7 * n + 6} après.",
            ),
            "acquisition", Unit.RATIO, change="points", footnote=_FOLLOWED, **_over(back, due),
        ),
    )  # fmt: skip


_FOLLOWED = Text(
    "Only sign-ups for whom these days are over; a user’s first sign-up counts.",
    "Seulement les inscrits pour qui ces jours sont écoulés ; la première inscription compte.",
)

ACQUISITION: tuple[Metric, ...] = (
    Metric(
        "ad_clicks",
        Text("Ad clicks", "Clics publicitaires"),
        Text("Clicks that channels report with their cost.", "Clics que les canaux déclarent avec leur coût."),
        "acquisition", Unit.COUNT, source=COSTS, expression=_sum("clicks"), empty=0,
    ),
    Metric(
        "ad_impressions",
        Text("Ad impressions", "Impressions publicitaires"),
        Text("Impressions that channels report with their cost.", "Impressions que les canaux déclarent avec leur coût."),
        "acquisition", Unit.COUNT, source=COSTS, expression=_sum("impressions"), empty=0,
    ),
    Metric(
        "ad_click_rate",
        Text("Ad click rate", "Taux de clic"),
        Text("Clicks ÷ impressions.", "Clics ÷ impressions."),
        "acquisition", Unit.RATIO, change="points", **_over("ad_clicks", "ad_impressions"),
    ),
    Metric(
        "cost_per_click",
        Text("Cost per click", "Coût par clic"),
        Text("Marketing cost ÷ ad clicks.", "Coût marketing ÷ clics publicitaires."),
        "acquisition", Unit.MONEY, "down", permission=Permission.READ_MONEY, **_over("marketing_cost", "ad_clicks"),
    ),
    Metric(
        "cost_per_signup",
        Text("Cost per sign-up", "Coût par inscription"),
        Text("Marketing cost ÷ sign-ups of the same period.", "Coût marketing ÷ inscriptions de la même période."),
        "acquisition", Unit.MONEY, "down", permission=Permission.READ_MONEY, **_over("marketing_cost", "signups"),
    ),
    Metric(
        "roas",
        Text("Return on ad spend", "Retour publicitaire"),
        Text("Revenue ÷ marketing cost of the same period.", "Chiffre d’affaires ÷ coût marketing de la même période."),
        "acquisition", Unit.NUMBER, permission=Permission.READ_MONEY, **_over("revenue", "marketing_cost"),
        footnote=Text(
            "By channel, revenue is that of customers who first came by it; attribution by touchpoints shares each conversion.",
            "Par canal, le chiffre d’affaires est celui des clients venus par lui ; l’attribution partage chaque conversion.",
        ),
    ),
    *(metric for n in WEEKS for metric in _week(n)),
    Metric(
        "first_signups",
        Text("New sign-ups", "Nouveaux inscrits"),
        Text("Users who signed up for the first time in the period.", "Utilisateurs inscrits pour la première fois dans la période."),
        "acquisition", Unit.COUNT, source=SIGN_UP_REVENUE, expression=lambda rows: sa.func.count(), empty=0,
    ),
    Metric(
        "signup_revenue",
        Text("Revenue of new sign-ups", "Chiffre d’affaires des nouveaux inscrits"),
        Text(
            "What the users who signed up in the period have paid up to now, less refunds.",
            "Ce que les inscrits de la période ont payé jusqu’ici, moins les remboursements.",
        ),
        "acquisition", Unit.MONEY, source=SIGN_UP_REVENUE, expression=_sum("paid"),
        unrated=lambda rows: distinct_list(rows.c.lacking), empty=0, permission=Permission.READ_MONEY,
    ),
    Metric(
        "revenue_per_signup",
        Text("Revenue per sign-up", "Chiffre d’affaires par inscrit"),
        Text("Revenue of new sign-ups ÷ new sign-ups.", "Chiffre d’affaires des nouveaux inscrits ÷ nouveaux inscrits."),
        "acquisition", Unit.MONEY, permission=Permission.READ_MONEY, **_over("signup_revenue", "first_signups"),
    ),
)  # fmt: skip
