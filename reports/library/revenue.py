"""Revenue: what moved it, who stays, where it comes from."""

from __future__ import annotations

from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.movements import Movements
from analytics.kinds.retention import Retention
from analytics.period import Period
from reports.library.movements import COLOURS, DRILL_TABLE, GAINS, LOSSES
from reports.report import Panel, Report

HEADLINES = Panel(
    "revenue_headlines",
    Text("Recurring revenue", "Revenu récurrent"),
    Aggregate(metrics=("mrr", "arr", "arpa", "nrr", "grr"), grain="day", compare="previous", previous_series=False),
    "tiles",
    trend=Aggregate(metrics=("nrr", "grr"), grain="month", period=Period("12m")),
    needs="subscriptions",
)
PAID_HEADLINES = Panel(
    "paid_headlines",
    Text("Revenue", "Chiffre d’affaires"),
    Aggregate(
        metrics=("revenue", "refunds", "refund_rate", "payment_success_rate", "revenue_per_user"),
        grain="day",
        compare="previous",
        previous_series=False,
    ),
    "tiles",
    options={"short": {"revenue_per_user": Text("Revenue per user", "CA par utilisateur")}},
    needs="payments",
    unless=("subscriptions",),
)
MOVES = Panel(
    "movements",
    Text("MRR movements", "Mouvements du MRR"),
    Aggregate(metrics=(*GAINS, *LOSSES), grain="month", period=Period("12m")),
    "bars",
    note=Text("By month, last 12 complete months", "Par mois, 12 derniers mois complets"),
    fixed=True,
    drill=Movements(limit=200),
    options={"down": LOSSES, "colours": COLOURS, "drill_table": DRILL_TABLE},
    needs="subscriptions",
)
REVENUE_TREND = Panel(
    "revenue",
    Text("Revenue", "Chiffre d’affaires"),
    Aggregate(metrics=("revenue",), grain="day", compare="previous"),
    "bars",
    note=Text("Captured payments less refunds", "Paiements encaissés moins remboursements"),
    drill=Aggregate(metrics=("revenue", "refunds"), by=("country",), compare="previous", limit=50),
    options={"drill_table": {"bars": ("revenue",)}},
    needs="payments",
)
CUSTOMER_COHORTS = Panel(
    "customer_cohorts",
    Text("Customer retention", "Rétention des clients"),
    Retention(subject="customers", grain="month", period=Period("12m")),
    "cohorts",
    note=Text("Share of each month’s new customers still paying", "Part des nouveaux clients de chaque mois qui paient encore"),
    width="half",
    drill=Movements(movements=("new",), limit=200),
    options={"drill_table": DRILL_TABLE},
    needs="subscriptions",
)
REVENUE_COHORTS = Panel(
    "revenue_cohorts",
    Text("Revenue retention", "Rétention du revenu"),
    Retention(subject="revenue_net", grain="month", period=Period("12m")),
    "cohorts",
    note=Text("MRR of each month’s new customers, net of changes", "MRR des nouveaux clients de chaque mois, variations comprises"),
    width="half",
    drill=Movements(movements=("new",), limit=200),
    options={"drill_table": DRILL_TABLE},
    needs="subscriptions",
)


def _mrr_by(dimension: str, title: Text) -> Panel:
    return Panel(
        f"mrr_by_{dimension}",
        title,
        Aggregate(metrics=("mrr",), by=(dimension,), compare="previous", limit=40),
        "ranked",
        note=Text("At the end of the period", "À la fin de la période"),
        width="third",
        drill=Movements(limit=100),
        options={"drill_table": DRILL_TABLE, "top": 7},
        needs="subscriptions",
    )


def _revenue_by(dimension: str, title: Text) -> Panel:
    return Panel(
        f"revenue_by_{dimension}",
        title,
        Aggregate(metrics=("revenue",), by=(dimension,), compare="previous", limit=40),
        "ranked",
        width="third",
        drill=Aggregate(metrics=("revenue", "refunds", "failed_payments"), grain="day", compare="previous"),
        options={"top": 7},
        needs="payments",
        unless=("subscriptions",),
    )


TOP_MOVES = Panel(
    "top_movements",
    Text("Largest movements", "Plus grands mouvements"),
    Movements(limit=12),
    "table",
    note=Text("Choose a row for the customer’s history", "Choisissez une ligne pour l’historique du client"),
    drill=Movements(order="time", limit=200, period=Period("all")),
    options={
        "columns": ("day", "name", "movement", "plan_from", "plan_to", "amount", "customer"),
        "hidden": ("customer",),
        "drill_by": ("customer",),
        "drill_table": DRILL_TABLE,
    },
    needs="subscriptions",
)

REVENUE = Report(
    "revenue",
    Text("Revenue", "Revenus"),
    Text("What moved revenue, who stays, where it comes from.", "Ce qui fait bouger le revenu, qui reste, d’où il vient."),
    (
        HEADLINES, PAID_HEADLINES, MOVES, CUSTOMER_COHORTS, REVENUE_COHORTS,
        _mrr_by("plan", Text("MRR by plan", "MRR par offre")),
        _mrr_by("country", Text("MRR by country", "MRR par pays")),
        _mrr_by("channel", Text("MRR by channel", "MRR par canal")),
        REVENUE_TREND,
        _revenue_by("country", Text("Revenue by country", "Chiffre d’affaires par pays")),
        _revenue_by("channel", Text("Revenue by channel", "Chiffre d’affaires par canal")),
        _revenue_by("provider", Text("Revenue by payment provider", "Par prestataire de paiement")),
        TOP_MOVES,
    ),
    permission=Permission.READ_MONEY,
)  # fmt: skip
