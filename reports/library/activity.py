"""Activity: who comes, how often, when, and what they do."""

from __future__ import annotations

from accounts.language import Text
from analytics.kinds.aggregate import Aggregate
from analytics.period import Period
from reports.report import Panel, Report

HEADLINES = Panel(
    "activity_headlines",
    Text("Usage", "Usage"),
    Aggregate(
        metrics=("active_users", "stickiness", "sessions", "median_session_duration", "engagement_score"),
        grain="day",
        compare="previous",
        previous_series=False,
    ),
    "tiles",
    trend=Aggregate(metrics=("stickiness", "engagement_score"), grain="week", period=Period("12w")),
    needs="usage",
)
LIFECYCLE = Panel(
    "lifecycle",
    Text("Where active users come from", "D’où viennent les utilisateurs actifs"),
    Aggregate(metrics=("returning_users", "new_users", "resurrected_users", "dormant_users"), grain="day"),
    "bars",
    note=Text(
        "Returning were active in the step before; resurrected came back later; dormant did not come",
        "Fidèles : actifs au pas précédent ; ressuscités : revenus plus tard ; dormants : pas revenus",
    ),
    options={
        "down": ("dormant_users",),
        "colours": {"returning_users": "accent", "new_users": "good", "resurrected_users": "good_pale", "dormant_users": "idle"},
    },
    drill=Aggregate(metrics=("returning_users", "new_users", "resurrected_users"), by=("country",), limit=50),
    needs="usage",
)
SESSIONS = Panel(
    "sessions",
    Text("Sessions", "Sessions"),
    Aggregate(metrics=("sessions",), grain="day", compare="previous"),
    "lines",
    width="half",
    height=220,
    drill=Aggregate(metrics=("sessions", "bounce_rate", "pages_per_session", "median_session_duration"), by=("channel",), limit=50),
    options={"drill_table": {"bars": ("sessions",)}},
    needs="usage",
)
HOURS = Panel(
    "hours",
    Text("When people come", "Quand les gens viennent"),
    Aggregate(metrics=("events",), by=("weekday", "hour_of_day"), limit=200, totals=False),
    "hours",
    drill=Aggregate(metrics=("events", "active_users"), by=("event",), limit=50),
    options={"drill_by": ("weekday", "hour_of_day"), "drill_table": {"bars": ("events",)}},
    note=Text("Events by hour and weekday, in the company’s time zone", "Événements par heure et jour, au fuseau de l’entreprise"),
    width="half",
    height=220,
    needs="usage",
)
PAGES = Panel(
    "pages",
    Text("Top pages", "Pages les plus vues"),
    Aggregate(metrics=("page_views",), by=("page",), compare="previous", limit=40),
    "ranked",
    width="third",
    options={"top": 7, "drill_table": {"bars": ("page_views",)}},
    drill=Aggregate(metrics=("page_views", "unique_page_views"), by=("country",), limit=50),
    needs="usage",
)
EVENTS = Panel(
    "events",
    Text("Top events", "Événements les plus fréquents"),
    Aggregate(metrics=("events",), by=("event",), compare="previous", limit=40),
    "ranked",
    width="third",
    options={"top": 7, "drill_table": {"bars": ("events",)}},
    drill=Aggregate(metrics=("events", "active_users"), by=("country",), limit=50),
    needs="usage",
)
DEVICES = Panel(
    "devices",
    Text("Devices", "Appareils"),
    Aggregate(metrics=("active_users",), by=("device",), compare="previous", limit=10),
    "ranked",
    width="third",
    options={"top": 7, "drill_table": {"bars": ("active_users",)}},
    drill=Aggregate(metrics=("active_users", "events"), by=("browser",), limit=50),
    needs="usage",
)

ACTIVITY = Report(
    "activity",
    Text("Activity", "Activité"),
    Text("Who comes, how often, when, and what they do.", "Qui vient, à quelle fréquence, quand et pour quoi faire."),
    (HEADLINES, LIFECYCLE, SESSIONS, HOURS, PAGES, EVENTS, DEVICES),
)
