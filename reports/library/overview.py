"""The executive's page: where the business stands, where it is going, what changed."""

from __future__ import annotations

from accounts.language import Text
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.movements import Movements
from analytics.period import Period
from reports.library.movements import DRILL_TABLE, GAINS, LOSSES, SHORT
from reports.report import Panel, Report

HEADLINES = Panel(
    "headlines",
    Text("Headline numbers", "Chiffres clés"),
    Aggregate(metrics=("mrr", "customers", "nrr", "logo_churn", "active_users"), grain="day", compare="previous", previous_series=False),
    "tiles",
    trend=Aggregate(metrics=("nrr", "logo_churn"), grain="month", period=Period("12m")),
    needs="subscriptions",
)
MARKET_HEADLINES = Panel(
    "market_headlines",
    Text("Headline numbers", "Chiffres clés"),
    Aggregate(
        metrics=("revenue", "bookings", "booking_completion", "call_failure_rate", "active_users"),
        grain="day",
        compare="previous",
        previous_series=False,
    ),
    "tiles",
    needs="bookings",
    unless=("subscriptions",),
)
PLAIN_HEADLINES = Panel(
    "plain_headlines",
    Text("Headline numbers", "Chiffres clés"),
    Aggregate(
        metrics=("revenue", "refunds", "revenue_per_user", "payment_success_rate", "active_users"),
        grain="day",
        compare="previous",
        previous_series=False,
    ),
    "tiles",
    options={"short": {"revenue_per_user": Text("Revenue per user", "CA par utilisateur")}},
    needs="payments",
    unless=("subscriptions", "bookings"),
)
USAGE_HEADLINES = Panel(
    "usage_headlines",
    Text("Headline numbers", "Chiffres clés"),
    Aggregate(
        metrics=("active_users", "new_users", "sessions", "signups", "events"), grain="day", compare="previous", previous_series=False
    ),
    "tiles",
    needs="usage",
    unless=("subscriptions", "bookings", "payments"),
)
MRR_TREND = Panel(
    "mrr_trend",
    Text("Monthly recurring revenue", "Revenu mensuel récurrent"),
    Aggregate(metrics=("mrr",), grain="day", compare="previous"),
    "lines",
    note=Text("At the end of each step, in the reporting currency", "À la fin de chaque pas, dans la devise de référence"),
    width="two_thirds",
    height=300,
    drill=Movements(limit=100),
    options={"drill_table": DRILL_TABLE},
    needs="subscriptions",
)
REVENUE_TREND = Panel(
    "revenue_trend",
    Text("Revenue", "Chiffre d’affaires"),
    Aggregate(metrics=("revenue",), grain="day", compare="previous"),
    "lines",
    note=Text("Captured payments less refunds", "Paiements encaissés moins remboursements"),
    width="two_thirds",
    height=300,
    drill=Aggregate(metrics=("revenue",), by=("country",), compare="previous", limit=50),
    options={"drill_table": {"bars": ("revenue",)}},
    needs="payments",
    unless=("subscriptions",),
)
WATERFALL = Panel(
    "what_moved",
    Text("What moved MRR", "Ce qui a fait bouger le MRR"),
    Aggregate(metrics=("mrr", *GAINS, *LOSSES)),
    "waterfall",
    note=Text("Opening to closing balance, this period", "De l’ouverture à la clôture de la période"),
    width="half",
    drill=Movements(limit=100),
    options={"down": LOSSES, "short": SHORT, "drill_table": DRILL_TABLE},
    needs="subscriptions",
)
BOOKINGS = Panel(
    "bookings",
    Text("Bookings", "Réservations"),
    Aggregate(metrics=("bookings",), grain="day", compare="previous"),
    "bars",
    note=Text("Completed bookings", "Réservations abouties"),
    width="half",
    drill=Aggregate(metrics=("bookings", "bookings_failed"), by=("country",), compare="previous", limit=50),
    options={"drill_table": {"bars": ("bookings",)}},
    needs="bookings",
    unless=("subscriptions",),
)
ACTIVE = Panel(
    "active_users",
    Text("Active users", "Utilisateurs actifs"),
    Aggregate(metrics=("active_users",), grain="day", compare="previous"),
    "lines",
    note=Text("Distinct people with at least one event", "Personnes distinctes ayant au moins un événement"),
    width="half",
    drill=Aggregate(metrics=("active_users", "events"), by=("country",), compare="previous", limit=50),
    options={"drill_table": {"bars": ("active_users",)}},
    needs="usage",
)
ADOPTION = Panel(
    "adoption",
    Text("Growth and conversion", "Croissance et conversion"),
    Aggregate(
        metrics=("revenue", "conversion_rate_period", "signups", "sessions", "quick_ratio"),
        grain="day",
        compare="previous",
        previous_series=False,
    ),
    "tiles",
    trend=Aggregate(metrics=("revenue", "conversion_rate_period", "quick_ratio"), grain="month", period=Period("12m")),
    options={"short": {"conversion_rate_period": Text("Sign-up to paid", "Inscrits devenus payants")}},
    needs="subscriptions",
)
CHANGED = Panel(
    "changed",
    Text("What changed most", "Ce qui a le plus changé"),
    Aggregate(metrics=("revenue", "active_users", "sessions", "signups", "bounce_rate"), compare="previous"),
    "changes",
    note=Text("Ranked by how much of the whole moved", "Classé selon la part du total qui a bougé"),
    width="third",
    beside=(
        Aggregate(metrics=("active_users", "sessions"), by=("country",), compare="previous", limit=40, totals=False),
        Aggregate(metrics=("active_users", "sessions"), by=("device",), compare="previous", limit=10, totals=False),
        Aggregate(metrics=("signups",), by=("channel",), compare="previous", limit=20, totals=False),
        Aggregate(metrics=("revenue",), by=("country",), compare="previous", limit=40, totals=False),
    ),
)

OVERVIEW = Report(
    "overview",
    Text("Overview", "Vue d’ensemble"),
    Text("Where the business stands and what changed.", "Où en est l’activité et ce qui a changé."),
    (
        HEADLINES,
        MARKET_HEADLINES,
        PLAIN_HEADLINES,
        USAGE_HEADLINES,
        MRR_TREND,
        REVENUE_TREND,
        CHANGED,
        WATERFALL,
        BOOKINGS,
        ACTIVE,
        ADOPTION,
    ),
)
