"""What is derived from the ledger: value of a customer, churn and retention, growth. Formulas and sources: docs/revenue.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Metric, Unit, ratio
from analytics.metrics.ledger import CHURN_RULE, LEDGER

DAYS_PER_MONTH = 365.25 / 12


def _ltv(m: Mapping[str, pd.Series]) -> pd.Series:
    """ARPA × gross margin ÷ customer churn a month: the churn of the bucket, as if every month were alike."""
    monthly_churn = m["logo_churn"] * ratio(pd.Series(DAYS_PER_MONTH, index=m["bucket_days"].index), m["bucket_days"])
    return ratio(ratio(m["mrr_margin"], m["customers"]), monthly_churn)


def _rate(name: str, label: Text, description: Text, better: Literal["up", "down"], **more: Any) -> Metric:
    return Metric(
        name, label, description, "revenue", Unit.RATIO, better, change="points", permission=Permission.READ_MONEY, **more
    )  # fmt: skip


DERIVED: tuple[Metric, ...] = (
    Metric(
        "arr",
        Text("ARR", "ARR"),
        Text("Annual recurring revenue: MRR × 12.", "Revenu récurrent annuel\u202f: MRR × 12."),
        "revenue", Unit.MONEY, needs=("mrr",), formula=lambda m: 12 * m["mrr"], permission=Permission.READ_MONEY,
    ),
    Metric(
        "arpa",
        Text("ARPA", "Revenu moyen par client"),
        Text("Average revenue per account: MRR ÷ customers.", "MRR ÷ nombre de clients, à la fin de la période."),
        "revenue", Unit.MONEY, needs=("mrr", "customers"), formula=lambda m: ratio(m["mrr"], m["customers"]),
        permission=Permission.READ_MONEY,
    ),
    Metric(
        "ltv",
        Text("Lifetime value", "Valeur vie client"),
        Text(
            "ARPA × gross margin ÷ monthly customer churn of the period. Without churn nothing can be said.",
            "Revenu moyen par client × marge brute ÷ attrition mensuelle de la période. Sans attrition, on ne peut rien en dire.",
        ),
        "revenue", Unit.MONEY, needs=("mrr_margin", "customers", "logo_churn", "bucket_days"), formula=_ltv,
        permission=Permission.READ_MONEY,
    ),
    _rate(
        "logo_churn",
        Text("Customer churn", "Attrition des clients"),
        Text("Churned customers ÷ customers at the start.", "Clients perdus ÷ clients au début de la période."),
        "down", needs=("churned_customers", "customers_opening"),
        formula=lambda m: ratio(m["churned_customers"], m["customers_opening"]), footnote=CHURN_RULE,
    ),
    _rate(
        "gross_mrr_churn",
        Text("Gross MRR churn", "Attrition brute du MRR"),
        Text("(Contraction + churned MRR) ÷ MRR at the start.", "(MRR de contraction + perdu) ÷ MRR au début de la période."),
        "down", needs=("contraction_mrr", "churned_mrr", "mrr_opening"),
        formula=lambda m: ratio(m["contraction_mrr"] + m["churned_mrr"], m["mrr_opening"]),
    ),
    _rate(
        "net_mrr_churn",
        Text("Net MRR churn", "Attrition nette du MRR"),
        Text(
            "(Contraction + churned − expansion − reactivation MRR) ÷ MRR at the start; negative when the existing customers grow.",
            "(MRR de contraction + perdu − expansion − réactivation) ÷ MRR au début\u202f; négative quand les clients grandissent.",
        ),
        "down", needs=("contraction_mrr", "churned_mrr", "expansion_mrr", "reactivation_mrr", "mrr_opening"),
        formula=lambda m: ratio(m["contraction_mrr"] + m["churned_mrr"] - m["expansion_mrr"] - m["reactivation_mrr"], m["mrr_opening"]),
    ),
    _rate(
        "nrr",
        Text("Net revenue retention", "Rétention nette du revenu"),
        Text(
            "What customers who paid at the start still pay at the end, growth included ÷ MRR at the start. Who came or came back in "
            "between is not in it.",
            "Ce que paient encore, croissance comprise, les clients qui payaient au début ÷ MRR au début. Les arrivées et les retours "
            "n’y sont pas.",
        ),
        "up", needs=("mrr_opening", "retained_mrr_change"),
        formula=lambda m: ratio(m["mrr_opening"] + m["retained_mrr_change"], m["mrr_opening"]),
    ),
    _rate(
        "grr",
        Text("Gross revenue retention", "Rétention brute du revenu"),
        Text(
            "(MRR at the start − contraction and churn of the customers who paid then) ÷ MRR at the start; growth is left out.",
            "(MRR au début − contraction et perte des clients d’alors) ÷ MRR au début\u202f; la croissance n’y est pas.",
        ),
        "up", needs=("mrr_opening", "retained_mrr_loss"),
        formula=lambda m: ratio(m["mrr_opening"] - m["retained_mrr_loss"], m["mrr_opening"]),
    ),
    Metric(
        "quick_ratio",
        Text("Quick ratio", "Quick ratio"),
        Text(
            "(New + expansion + reactivation MRR) ÷ (contraction + churned MRR): what is won for each unit lost.",
            "(MRR nouveau + expansion + réactivation) ÷ (contraction + perdu)\u202f: ce qui est gagné pour chaque unité perdue.",
        ),
        "revenue", Unit.NUMBER, needs=("new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr"),
        formula=lambda m: ratio(m["new_mrr"] + m["expansion_mrr"] + m["reactivation_mrr"], m["contraction_mrr"] + m["churned_mrr"]),
        permission=Permission.READ_MONEY,
    ),
    _rate(
        "mrr_growth",
        Text("MRR growth", "Croissance du MRR"),
        Text("Net new MRR ÷ MRR at the start.", "MRR net gagné ÷ MRR au début de la période."),
        "up", needs=("net_new_mrr", "mrr_opening"), formula=lambda m: ratio(m["net_new_mrr"], m["mrr_opening"]),
    ),
)  # fmt: skip

REVENUE: tuple[Metric, ...] = LEDGER + DERIVED
