"""Acquisition: where people come from, what that costs, which visits bring money, and how good those are who come."""

from __future__ import annotations

from accounts.language import Text
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.attribution_query import Attribution
from analytics.kinds.people_query import People
from analytics.period import Period
from reports.report import Business, Panel, Report

PAYING = ("subscription", "upgrade", "purchase")  # conversions that bring money
HALF_YEAR = Period("6m")  # long enough for most sign-ups to have had their eighth week
HEADLINES = Panel(
    "acquisition_headlines",
    Text("Acquisition", "Acquisition"),
    Aggregate(
        metrics=("new_users", "signups", "marketing_cost", "cost_per_signup", "roas"),
        grain="day",
        compare="previous",
        previous_series=False,
    ),
    "tiles",
    options={"short": {"roas": Text("Return on ad spend", "Retour publicitaire")}},
    needs="usage",
)


def _channels(name: str, metrics: tuple[str, ...], needs: Business, unless: tuple[Business, ...] = ()) -> Panel:
    return Panel(
        name,
        Text("Channels", "Canaux"),
        Aggregate(metrics=metrics, by=("channel",), limit=40, totals=False),
        "table",
        note=Text("By the channel that people first came by", "Selon le canal par lequel les gens sont venus d’abord"),
        drill=Aggregate(metrics=("active_users", "signups", "conversions"), by=("campaign",), limit=50),
        options={"drill_by": ("channel",), "drill_table": {"bars": ("active_users",)}},
        needs=needs,
        unless=unless,
    )


CHANNELS = _channels(
    "channels", ("active_users", "signups", "conversions", "revenue", "marketing_cost", "cost_per_signup", "cac", "roas"), "subscriptions"
)
PLAIN_CHANNELS = _channels(
    "plain_channels",
    ("active_users", "signups", "conversions", "revenue", "marketing_cost", "cost_per_signup", "roas"),
    "usage",
    ("subscriptions",),
)
MODELS = Panel(
    "models",
    Text("Five models: conversions", "Cinq modèles : conversions"),
    Attribution(types=PAYING),
    "attribution",
    note=Text("Subscriptions, upgrades and purchases, shared among the visits before", "Abonnements, montées en gamme et achats, répartis"),
    width="half",
    drill=People(),
    options={"top": 6},
    needs="payments",
)
MODELS_MONEY = Panel(
    "models_money",
    Text("Five models: money", "Cinq modèles : montants"),
    Attribution(types=PAYING),
    "attribution",
    note=Text("The money of the same conversions", "Les montants des mêmes conversions"),
    width="half",
    drill=People(),
    options={"top": 6, "money": True},
    needs="payments",
)
MODELS_TABLE = Panel(
    "models_table",
    Text("Channels by five models", "Canaux selon cinq modèles"),
    Attribution(types=PAYING),
    "attribution_table",
    note=Text("Choose a row for its people", "Choisissez une ligne pour voir les personnes"),
    drill=People(),
    needs="payments",
)
SIGNUP_MODELS = Panel(
    "signup_models",
    Text("Campaigns by five models: sign-ups", "Campagnes selon cinq modèles : inscriptions"),
    Attribution(types=("sign_up",), by=("campaign",)),
    "attribution_table",
    note=Text("Choose a row for its people", "Choisissez une ligne pour voir les personnes"),
    drill=People(),
    options={"columns": ("first_touch", "last_touch", "linear", "time_decay", "position_based", "assisted", "cost", "linear_cac")},
    needs="usage",
)
TREND = Panel(
    "signups_by_channel",
    Text("Sign-ups by channel", "Inscriptions par canal"),
    Aggregate(metrics=("signups",), by=("channel",), grain="day", limit=7),
    "bars",
    drill=Aggregate(metrics=("signups",), by=("campaign",), limit=50),
    options={"drill_table": {"bars": ("signups",)}},
    needs="usage",
)
QUALITY = ("first_signups", "retention_week1", "retention_week4", "retention_week8", "conversion_rate_cohort", "revenue_per_signup")
SHORT = {
    "first_signups": Text("Sign-ups", "Inscrits"),
    "retention_week1": Text("Active\nweek 1", "Actifs\nsem. 1"),
    "retention_week4": Text("Active\nweek 4", "Actifs\nsem. 4"),
    "retention_week8": Text("Active\nweek 8", "Actifs\nsem. 8"),
    "conversion_rate_cohort": Text("Paying\n30 days", "Payants\n30 jours"),
    "revenue_per_signup": Text("Revenue\neach", "Revenu\nchacun"),
    "ltv": Text("LTV", "LTV"),
    "bounce_rate": Text("Bounce\nrate", "Taux de\nrebond"),
    "session_conversion_rate": Text("Session\nconversion", "Conversion\npar session"),
}


def _quality(by: str, title: Text, metrics: tuple[str, ...], needs: Business, unless: tuple[Business, ...] = ()) -> Panel:
    return Panel(
        f"quality_by_{by}_{needs}",
        title,
        Aggregate(metrics=metrics, by=(by,), period=HALF_YEAR, limit=40, totals=False),
        "heat_table",
        note=Text("Who signed up in the last six whole months, and what became of them", "Les inscrits des six derniers mois entiers"),
        fixed=True,
        drill=Aggregate(metrics=QUALITY, by=("country",), period=HALF_YEAR, limit=50),
        options={"short": SHORT, "drill_table": {"bars": ("first_signups",)}},
        needs=needs,
        unless=unless,
    )


CHANNEL_QUALITY = Text("How good are they? By channel", "Que valent-ils ? Par canal")
CAMPAIGN_QUALITY = Text("How good are they? By campaign", "Que valent-ils ? Par campagne")
CAMPAIGNS = Panel(
    "campaigns",
    Text("Campaigns", "Campagnes"),
    Aggregate(
        metrics=("sessions", "signups", "conversions", "marketing_cost", "ad_clicks", "cost_per_click", "cost_per_signup"),
        by=("campaign",),
        limit=40,
        totals=False,
    ),
    "table",
    drill=Aggregate(metrics=("sessions", "signups", "conversions"), by=("country",), limit=50),
    options={"drill_by": ("campaign",), "drill_table": {"bars": ("sessions",)}},
    needs="usage",
)


def _visits(name: str, title: Text, by: tuple[str, ...], note: Text | None = None) -> Panel:
    return Panel(
        name,
        title,
        Aggregate(metrics=("sessions", "bounce_rate", "session_conversion_rate"), by=by, limit=12, totals=False),
        "heat_table",
        note=note,
        width="half",
        drill=Aggregate(metrics=("sessions", "session_conversion_rate", "pages_per_session"), by=("country",), limit=50),
        options={"short": SHORT, "drill_by": by, "drill_table": {"bars": ("sessions",)}},
        needs="usage",
    )


LANDING = _visits("landing", Text("Landing pages", "Pages d’arrivée"), ("entry_page",))
REFERRERS = _visits("referrers", Text("Referrers", "Sites référents"), ("referrer",))
SOURCES = _visits("sources", Text("Sources and mediums", "Sources et supports"), ("source", "medium"))
CONTENTS = _visits("contents", Text("Search terms and ad contents", "Mots-clés et contenus"), ("term", "content"))

ACQUISITION = Report(
    "acquisition",
    Text("Acquisition", "Acquisition"),
    Text("Where people come from, what it costs, how good they are.", "D’où viennent les gens, à quel coût, et ce qu’ils valent."),
    (
        HEADLINES,
        CHANNELS,
        PLAIN_CHANNELS,
        _quality("campaign", CAMPAIGN_QUALITY, QUALITY, "usage"),
        _quality("channel", CHANNEL_QUALITY, (*QUALITY, "ltv"), "subscriptions"),
        _quality("channel", CHANNEL_QUALITY, QUALITY, "usage", ("subscriptions",)),
        MODELS, MODELS_MONEY, MODELS_TABLE, SIGNUP_MODELS, TREND, CAMPAIGNS, LANDING, REFERRERS, SOURCES, CONTENTS,
    ),
)  # fmt: skip
