"""The ledger of recurring revenue: MRR, its five movements and the customers behind it. Rules and formulas: docs/revenue.md."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Expression, Metric, Unit
from analytics.money import Where, base_sum, lacking_rate
from analytics.sources.revenue import MOVEMENTS

LOSSES = ("contraction", "churn")

RULES = Text(
    "Yearly plans count a twelfth. Active and past-due subscriptions count, trials and pauses do not. Changes of a customer "
    "within an hour count as one. The rate of exchange is the one of the day the customer first paid in the currency.",
    "Un abonnement annuel compte pour un douzième. Les abonnements actifs et en retard de paiement comptent, les essais et les "
    "pauses non. Les changements d’un client dans la même heure n’en font qu’un. Le taux de change est celui du jour où le client "
    "a payé pour la première fois dans la devise.",
)
CHURN_RULE = Text(
    "A customer churns when nothing is left: one of two subscriptions cancelled is contraction. It counts at the end of the paid "
    "period or at the cancellation, as the settings say.",
    "Un client est perdu quand il ne lui reste rien\u202f: un abonnement résilié sur deux est une contraction. La perte compte à la "
    "fin de la période payée ou à la résiliation, selon le réglage.",
)
BY_PLAN = Text(
    "By plan, country or channel, a customer is counted where most of their MRR is.",
    "Par offre, pays ou canal, un client est compté là où se trouve l’essentiel de son MRR.",
)


def is_a(*movements: str) -> Where:
    return lambda rows: rows.c.movement.in_(movements)


def already_paying(*movements: str) -> Where:
    """Of customers who paid when the bucket began; of these movements, or any."""

    def chosen(rows: sa.FromClause) -> sa.ColumnElement[bool]:
        return sa.and_(rows.c.at_start, rows.c.movement.in_(movements)) if movements else rows.c.at_start

    return chosen


def less(expression: Expression) -> Expression:
    """What the ledger books as a minus, as a positive number."""
    return lambda rows: -expression(rows)


def count(*movements: str) -> Expression:
    """Customers won less customers lost by these movements, or by any."""

    def expression(rows: sa.FromClause) -> sa.ColumnElement[Any]:
        return sa.func.sum(sa.case((rows.c.movement.in_(movements), rows.c.customers_delta)) if movements else rows.c.customers_delta)

    return expression


def _margin(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.sum(rows.c.delta_base_minor * rows.c.margin)


def _money(name: str, label: Text, description: Text, where: Where | None = None, **more: Any) -> Metric:
    """An amount of the ledger in the reporting currency; refused where a rate of exchange is missing."""
    expression = base_sum("delta", where)
    if more.pop("negated", False):
        expression = less(expression)
    return Metric(
        name, label, description, "revenue", Unit.MONEY, source=MOVEMENTS, expression=expression, unrated=lacking_rate("delta", where),
        empty=0.0, permission=Permission.READ_MONEY, **more,
    )  # fmt: skip


def _customers(name: str, label: Text, description: Text, expression: Expression, **more: Any) -> Metric:
    return Metric(
        name, label, description, "revenue", Unit.COUNT, source=MOVEMENTS, expression=expression, empty=0.0,
        permission=Permission.READ_MONEY, **more,
    )  # fmt: skip


LEDGER: tuple[Metric, ...] = (
    _money(
        "mrr",
        Text("MRR", "MRR"),
        Text("Monthly recurring revenue at the end of the period.", "Revenu récurrent mensuel à la fin de la période."),
        when="closing", footnote=RULES,
    ),
    _money(
        "net_new_mrr",
        Text("Net new MRR", "MRR net gagné"),
        Text(
            "New + expansion + reactivation − contraction − churned MRR: what MRR moved by.",
            "Nouveau + expansion + réactivation − contraction − perdu\u202f: ce dont le MRR a bougé.",
        ),
    ),
    Metric(
        "mrr_opening",
        Text("MRR at the start", "MRR au début"),
        Text("MRR at the end of the period less what it moved by.", "MRR à la fin de la période moins ce dont il a bougé."),
        "revenue", Unit.MONEY, needs=("mrr", "net_new_mrr"), formula=lambda m: m["mrr"] - m["net_new_mrr"],
        permission=Permission.READ_MONEY, hidden=True,
    ),
    _money(
        "new_mrr",
        Text("New MRR", "Nouveau MRR"),
        Text("MRR of customers who pay for the first time.", "MRR des clients qui paient pour la première fois."),
        is_a("new"),
    ),
    _money(
        "expansion_mrr",
        Text("Expansion MRR", "MRR d’expansion"),
        Text(
            "What existing customers pay more: upgrades, seats, another subscription, a discount that ended.",
            "Ce que les clients existants paient en plus\u202f: montée en gamme, places, autre abonnement, remise terminée.",
        ),
        is_a("expansion"),
    ),
    _money(
        "contraction_mrr",
        Text("Contraction MRR", "MRR de contraction"),
        Text(
            "What customers who stay pay less: downgrades, fewer seats, one of several subscriptions ended, a discount.",
            "Ce que les clients qui restent paient en moins\u202f: offre inférieure, moins de places, un abonnement arrêté, remise.",
        ),
        is_a("contraction"), negated=True, better="down",
    ),
    _money(
        "churned_mrr",
        Text("Churned MRR", "MRR perdu"),
        Text("MRR of customers who pay nothing any more.", "MRR des clients qui ne paient plus rien."),
        is_a("churn"), negated=True, better="down", footnote=CHURN_RULE,
    ),
    _money(
        "reactivation_mrr",
        Text("Reactivation MRR", "MRR de réactivation"),
        Text("MRR of customers who had left and pay again.", "MRR des clients partis qui paient de nouveau."),
        is_a("reactivation"),
    ),
    _customers(
        "customers",
        Text("Customers", "Clients"),
        Text("Customers with MRR at the end of the period.", "Clients ayant un MRR à la fin de la période."),
        count(), when="closing", footnote=BY_PLAN,
    ),
    _customers(
        "net_new_customers",
        Text("Net new customers", "Clients nets gagnés"),
        Text("New + reactivated − churned customers.", "Clients nouveaux + réactivés − perdus."),
        count(), hidden=True,
    ),
    Metric(
        "customers_opening",
        Text("Customers at the start", "Clients au début"),
        Text("Customers with MRR when the period began.", "Clients ayant un MRR au début de la période."),
        "revenue", Unit.COUNT, needs=("customers", "net_new_customers"), formula=lambda m: m["customers"] - m["net_new_customers"],
        permission=Permission.READ_MONEY, hidden=True,
    ),
    _customers(
        "new_customers",
        Text("New customers", "Nouveaux clients"),
        Text("Customers who paid for the first time.", "Clients qui ont payé pour la première fois."),
        count("new"),
    ),
    _customers(
        "churned_customers",
        Text("Churned customers", "Clients perdus"),
        Text("Customers who stopped paying altogether.", "Clients qui ont cessé de payer."),
        less(count("churn")), better="down", footnote=CHURN_RULE,
    ),
    _customers(
        "reactivated_customers",
        Text("Reactivated customers", "Clients réactivés"),
        Text("Customers who had left and pay again.", "Clients partis qui paient de nouveau."),
        count("reactivation"),
    ),
    _money(
        "retained_mrr_change",
        Text("Movement of retained MRR", "Mouvement du MRR conservé"),
        Text("All movements of customers who paid when the period began.", "Mouvements des clients qui payaient au début de la période."),
        already_paying(), hidden=True,
    ),
    _money(
        "retained_mrr_loss",
        Text("Loss of retained MRR", "Perte de MRR conservé"),
        Text(
            "Contraction and churn of customers who paid when the period began.",
            "Contraction et perte des clients qui payaient au début de la période.",
        ),
        already_paying(*LOSSES), hidden=True, negated=True, better="down",
    ),
    Metric(
        "mrr_margin",
        Text("MRR after cost of delivery", "MRR après coût de service"),
        Text("MRR × the gross margin in the settings (1 where none is given).", "MRR × la marge brute des réglages (1 à défaut)."),
        "revenue", Unit.MONEY, source=MOVEMENTS, expression=_margin, unrated=lacking_rate("delta"), when="closing", empty=0.0,
        permission=Permission.READ_MONEY, hidden=True,
    ),
    Metric(
        "bucket_days",
        Text("Days of the bucket", "Jours de l’intervalle"),
        Text("How long the bucket is, as far as the period covers it.", "Durée de l’intervalle, dans les limites de la période."),
        "revenue", Unit.NUMBER, "neutral", source=MOVEMENTS, expression=lambda rows: sa.func.max(rows.c.days),
        permission=Permission.READ_MONEY, hidden=True,
    ),
)  # fmt: skip
