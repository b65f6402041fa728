"""Retention: the grid and curve of one question, and beside it who comes, comes back and leaves."""

from __future__ import annotations

from typing import cast

from accounts.language import Text
from analytics.kinds.lifecycle import Lifecycle
from analytics.kinds.movements import Movements
from analytics.kinds.people import People
from analytics.kinds.retention import Retention
from analytics.kinds.stickiness import Stickiness
from analytics.query import Query
from reports.library.movements import DRILL_TABLE
from reports.report import Panel, Report

TITLE = Text("Retention", "Rétention")
ABOUT = Text(
    "Of those who began together, how many are still there later.", "De ceux qui ont commencé ensemble, combien sont encore là plus tard."
)
VIEWS = ("share", "count", "lost")
CLICK = Text("Click a cell for the people behind it", "Cliquez sur une case pour voir les personnes")
CALENDAR = Text("buckets of the calendar", "intervalles du calendrier")
WINDOWS = Text("windows of {hours} hours from each person’s own start", "fenêtres de {hours} heures depuis le départ de chacun")
FROM_THEN_ON = Text("in that step or later", "à ce pas ou plus tard")
ON_IT = Text("in that very step", "à ce pas précis")
TITLES = {
    "users": Text("Who comes back", "Qui revient"),
    "customers": Text("Customers still paying", "Clients qui paient encore"),
    "revenue_net": Text("Net revenue retention", "Rétention nette du revenu"),
    "revenue_gross": Text("Gross revenue retention", "Rétention brute du revenu"),
}
MEANING = {
    "customers": Text("Share of each month’s new customers still paying", "Part des nouveaux clients de chaque mois qui paient encore"),
    "revenue_net": Text(
        "MRR of each month’s new customers, net of changes", "MRR des nouveaux clients de chaque mois, variations comprises"
    ),
    "revenue_gross": Text(
        "MRR of each month’s new customers, upgrades left out", "MRR des nouveaux clients de chaque mois, sans les montées en gamme"
    ),
}


def first_retention() -> Retention:
    """What is shown before anybody chose: whoever comes for the first time, week by week."""
    return Retention(subject="users", grain="week", period="12w")


def retention_report(query: Query, view: str = "share") -> Report:
    """The grid, the curve and, of users, lifecycle and stickiness of the returning event."""
    asked = cast(Retention, query)
    beside = (_lifecycle(asked), _stickiness(asked)) if asked.subject == "users" else ()
    return Report("retention", TITLE, ABOUT, (_grid(asked, view), _curve(asked), *beside))


def _grid(query: Retention, view: str) -> Panel:
    return Panel(
        "retention_grid",
        TITLES[query.subject],
        query,
        "retention",
        note=_note(query),
        options={"show": view, "drill_table": DRILL_TABLE},
        drill=People(of=query) if query.subject == "users" else Movements(movements=("new",), limit=200),
    )


def _note(query: Retention) -> Text:
    """What the columns are, since the same grid could mean two things."""
    if query.subject != "users":
        return MEANING[query.subject]
    windows = WINDOWS.format(hours=query.window_seconds // 3600) if query.windows == "24h" else CALENDAR
    when = FROM_THEN_ON if query.rolling else ON_IT
    return Text(*(f"{CLICK[code]} · {windows[code]} · {when[code]}" for code in ("en", "fr")))


def _curve(query: Retention) -> Panel:
    return Panel(
        "retention_curve",
        Text("Course of retention", "Évolution de la rétention"),
        query,
        "retention_curve",
        note=Text("Share still there, complete cells only", "Part encore là, cases complètes seulement"),
        height=240,
        drill=People(of=query) if query.subject == "users" else None,
    )


def _beside(query: Retention) -> dict[str, object]:
    """What lifecycle and stickiness take over: the returning event and everything that narrows."""
    grain = "day" if query.grain == "hour" else query.grain
    return {"event": query.back, "where": query.where, "filters": query.filters, "segment": query.segment, "grain": grain}


def _lifecycle(query: Retention) -> Panel:
    asked = Lifecycle.model_validate(_beside(query))
    return Panel(
        "retention_lifecycle",
        Text("Who comes and who leaves", "Qui vient, qui part"),
        asked,
        "lifecycle",
        note=Text("In the period and step of the page", "Sur la période et au pas de la page"),
        width="half",
        height=240,
        drill=People(of=asked),
    )


def _stickiness(query: Retention) -> Panel:
    asked = Stickiness.model_validate(_beside(query))
    return Panel(
        "retention_stickiness",
        Text("How often they come", "À quelle fréquence"),
        asked,
        "stickiness",
        note=Text(
            "People by how many steps of the period they were active in", "Personnes selon le nombre de pas où elles ont été actives"
        ),
        width="half",
        height=240,
        drill=People(of=asked),
    )
