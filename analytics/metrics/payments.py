"""Money that moved: payments, refunds and fees, and what winning a customer costs. Formulas: docs/revenue.md."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Expression, Metric, Unit, ratio
from analytics.money import Where, base_sum, lacking_rate
from analytics.sources.revenue import COSTS
from analytics.sources.revenue import PAYMENTS as PAID


def of_type(*types: str) -> Where:
    return lambda rows: rows.c.type.in_(types)


def how_many(*types: str) -> Expression:
    return lambda rows: sa.func.sum(sa.case((rows.c.type.in_(types), 1), else_=0))


def _revenue(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    sign = sa.case((rows.c.type == "captured", 1), (rows.c.type == "refunded", -1))
    return sa.func.sum(sign * rows.c.amount_base_minor)


def _fees(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    """A fee is in the currency of its payment and converts at the payment's own rate."""
    rate = sa.cast(rows.c.amount_base_minor, sa.Double) / sa.func.nullif(rows.c.amount_minor, 0)
    return sa.func.sum(sa.func.round(rows.c.fee_minor * rate))


def _charged(rows: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(rows.c.fee_minor, 0) != 0


def _money(name: str, label: Text, description: Text, *types: str, **more: Any) -> Metric:
    return Metric(
        name, label, description, "revenue", Unit.MONEY, source=PAID, empty=0.0, permission=Permission.READ_MONEY,
        **{"expression": base_sum("amount", of_type(*types)), "unrated": lacking_rate("amount", of_type(*types)), **more},
    )  # fmt: skip


def _margin_per_customer(m: Any) -> Any:
    return ratio(m["mrr_margin"], m["customers"])


PAYMENTS: tuple[Metric, ...] = (
    _money(
        "revenue",
        Text("Revenue", "Chiffre d’affaires"),
        Text("Payments captured less refunds, on the day each happened.", "Paiements encaissés moins remboursements, au jour de chacun."),
        "captured", "refunded", expression=_revenue,
    ),
    _money(
        "gross_revenue",
        Text("Gross revenue", "Encaissements"),
        Text("Payments captured, before refunds.", "Paiements encaissés, avant remboursements."),
        "captured",
    ),
    _money("refunds", Text("Refunds", "Remboursements"), Text("Amount refunded.", "Montant remboursé."), "refunded", better="down"),
    Metric(
        "refund_rate",
        Text("Refund rate", "Taux de remboursement"),
        Text("Refunds ÷ gross revenue of the same period.", "Remboursements ÷ encaissements de la même période."),
        "revenue", Unit.RATIO, "down", change="points", needs=("refunds", "gross_revenue"),
        formula=lambda m: ratio(m["refunds"], m["gross_revenue"]), permission=Permission.READ_MONEY,
    ),
    Metric(
        "revenue_per_user",
        Text("Revenue per active user", "Chiffre d’affaires par utilisateur actif"),
        Text("Revenue ÷ active users of the same period.", "Chiffre d’affaires ÷ utilisateurs actifs de la même période."),
        "revenue", Unit.MONEY, needs=("revenue", "active_users"), formula=lambda m: ratio(m["revenue"], m["active_users"]),
        permission=Permission.READ_MONEY,
    ),
    Metric(
        "revenue_per_session",
        Text("Revenue per session", "Chiffre d’affaires par session"),
        Text("Revenue ÷ sessions of the same period.", "Chiffre d’affaires ÷ sessions de la même période."),
        "revenue", Unit.MONEY, needs=("revenue", "sessions"), formula=lambda m: ratio(m["revenue"], m["sessions"]),
        permission=Permission.READ_MONEY,
    ),
    Metric(
        "captured_payments",
        Text("Payments captured", "Paiements encaissés"),
        Text("How many payments were captured.", "Nombre de paiements encaissés."),
        "revenue", Unit.COUNT, source=PAID, expression=how_many("captured"), empty=0.0, permission=Permission.READ_MONEY, hidden=True,
    ),
    Metric(
        "failed_payments",
        Text("Failed payments", "Paiements échoués"),
        Text("How many payments were declined or failed.", "Nombre de paiements refusés ou échoués."),
        "revenue", Unit.COUNT, "down", source=PAID, expression=how_many("failed"), empty=0.0, permission=Permission.READ_MONEY,
    ),
    Metric(
        "payment_success_rate",
        Text("Payment success rate", "Taux de réussite des paiements"),
        Text(
            "Payments captured ÷ (captured + failed): a retry that fails again counts again.",
            "Paiements encaissés ÷ (encaissés + échoués)\u202f: chaque nouvel échec compte.",
        ),
        "revenue", Unit.RATIO, change="points", needs=("captured_payments", "failed_payments"),
        formula=lambda m: ratio(m["captured_payments"], m["captured_payments"] + m["failed_payments"]), permission=Permission.READ_MONEY,
    ),
    _money(
        "payment_fees",
        Text("Payment fees", "Frais de paiement"),
        Text("What payment providers kept, at the rate of the payment.", "Ce que les prestataires ont retenu, au taux du paiement."),
        expression=_fees, unrated=lacking_rate("amount", _charged), better="down",
    ),
    Metric(
        "marketing_cost",
        Text("Marketing cost", "Coût marketing"),
        Text("What channels and campaigns cost.", "Ce que coûtent les canaux et les campagnes."),
        "acquisition", Unit.MONEY, "down", source=COSTS, expression=base_sum("cost"), unrated=lacking_rate("cost"),
        permission=Permission.READ_MONEY,
    ),
    Metric(
        "cac",
        Text("Acquisition cost", "Coût d’acquisition"),
        Text("Marketing cost ÷ new customers of the same period.", "Coût marketing ÷ nouveaux clients de la même période."),
        "acquisition", Unit.MONEY, "down", needs=("marketing_cost", "new_customers"),
        formula=lambda m: ratio(m["marketing_cost"], m["new_customers"]), permission=Permission.READ_MONEY,
    ),
    Metric(
        "cac_payback",
        Text("CAC payback", "Retour sur coût d’acquisition"),
        Text(
            "Months until a customer’s margin has paid for winning them: acquisition cost ÷ (ARPA × gross margin).",
            "Mois avant que la marge d’un client ait payé sa conquête\u202f: coût d’acquisition ÷ (revenu moyen par client × marge brute).",
        ),
        "acquisition", Unit.NUMBER, "down", needs=("cac", "mrr_margin", "customers"),
        formula=lambda m: ratio(m["cac"], _margin_per_customer(m)), permission=Permission.READ_MONEY,
    ),
)  # fmt: skip
