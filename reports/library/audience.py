"""Audience: where people are, and with what they come."""

from __future__ import annotations

from accounts.language import Text
from analytics.kinds.aggregate import Aggregate
from reports.report import Panel, Report

HEADLINES = Panel(
    "audience_headlines",
    Text("Audience", "Audience"),
    Aggregate(
        metrics=("active_users", "new_users", "sessions", "session_conversion_rate", "session_value"),
        grain="day",
        compare="previous",
        previous_series=False,
    ),
    "tiles",
    options={
        "short": {
            "session_conversion_rate": Text("Session conversion", "Conversion par session"),
        }
    },
    needs="usage",
)
MAP = Panel(
    "map",
    Text("Where people are", "Où sont les gens"),
    Aggregate(metrics=("active_users",), by=("country",), limit=300),
    "world",
    note=Text("Active users by country", "Utilisateurs actifs par pays"),
    height=440,
    drill=Aggregate(metrics=("active_users", "sessions", "session_conversion_rate"), by=("city",), limit=50),
    options={"drill_table": {"bars": ("active_users",)}},
    needs="usage",
)
SHORT = {
    "active_users": Text("Active\nusers", "Utilisateurs\nactifs"),
    "new_users": Text("New\nusers", "Nouveaux\nutilisateurs"),
    "bounce_rate": Text("Bounce\nrate", "Taux de\nrebond"),
    "session_conversion_rate": Text("Session\nconversion", "Conversion\npar session"),
    "session_value": Text("Session\nvalue", "Valeur des\nsessions"),
    "revenue": Text("Revenue", "Chiffre\nd’affaires"),
}
WHAT = ("active_users", "sessions", "session_conversion_rate", "session_value")


def _table(name: str, title: Text, *by: str, metrics: tuple[str, ...] = WHAT, rest: str = "country") -> Panel:
    """A row per value; a click opens the same by `rest`, the people, and the filter."""
    return Panel(
        name,
        title,
        Aggregate(metrics=metrics, by=by, limit=15, totals=False),
        "heat_table",
        width="full" if len(metrics) > len(WHAT) else "half",
        drill=Aggregate(metrics=WHAT, by=(rest,), limit=50),
        options={"top": 15, "short": SHORT, "drill_by": by, "drill_table": {"bars": ("active_users",)}},
        needs="usage",
    )


AUDIENCE = Report(
    "audience",
    Text("Audience", "Audience"),
    Text("Where people are, and with what they come.", "Où sont les gens, et avec quoi ils viennent."),
    (
        HEADLINES,
        MAP,
        _table(
            "countries", Text("By country", "Par pays"), "country",
            metrics=("active_users", "new_users", "sessions", "bounce_rate", "session_conversion_rate", "revenue"),
            rest="city",
        ),
        _table("regions", Text("By region", "Par région"), "region", "country", rest="city"),
        _table("cities", Text("By city", "Par ville"), "city", "country", rest="device"),
        _table("visitors", Text("New or returning", "Nouveaux ou de retour"), "visitor", rest="channel"),
        _table("device_types", Text("Devices", "Appareils"), "device"),
        _table("browsers", Text("Browsers and versions", "Navigateurs et versions"), "browser", "browser_version"),
        _table("systems", Text("Systems and versions", "Systèmes et versions"), "os", "os_version"),
        _table("languages", Text("Languages", "Langues"), "language"),
        _table("screens", Text("Screens", "Écrans"), "screen"),
    ),
)  # fmt: skip
