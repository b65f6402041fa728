"""Journeys: the way people go, as a Sankey diagram and as a table of whole paths."""

from __future__ import annotations

from typing import cast

from accounts.language import Text
from analytics.kinds.paths import Paths
from analytics.kinds.people import People
from analytics.query import Query
from reports.report import Panel, Report

TITLE = Text("Journeys", "Parcours")
ABOUT = Text("Where people go, step by step.", "Où vont les gens, étape par étape.")
FROM_START = Text("From where sessions begin", "Depuis le début des sessions")
FROM, TO = Text("From {item} on", "À partir de {item}"), Text("On the way to {item}", "En chemin vers {item}")
BOTH = Text("From {start} to {end}", "De {start} à {end}")
CLICK = Text("Click a link, a step or an end for the people on it", "Cliquez sur un lien, une étape ou une fin pour voir les personnes")


def first_paths() -> Paths:
    """What is shown before anybody chose: where sessions begin and how they go on."""
    return Paths(limit=30)


def journeys_report(query: Query, view: str = "") -> Report:
    asked = cast(Paths, query)
    return Report("journeys", TITLE, ABOUT, (_flow(asked), _table(asked)))


def about(query: Paths) -> Text:
    """Which paths these are."""
    if query.start and query.end:
        return BOTH.format(start=query.start, end=query.end)
    if query.start:
        return FROM.format(item=query.start)
    return TO.format(item=query.end) if query.end else FROM_START


def _flow(query: Paths) -> Panel:
    asked = query.model_copy(update={"view": "edges", "goal": None})
    note = Text(*(f"{about(query)[code]} · {CLICK[code]}" for code in ("en", "fr")))
    return Panel("journeys_flow", Text("Paths people take", "Chemins suivis"), asked, "sankey", note=note, drill=People(of=asked))


def _table(query: Paths) -> Panel:
    asked = query.model_copy(update={"view": "paths"})
    return Panel(
        "journeys_paths",
        Text("Most taken paths", "Chemins les plus suivis"),
        asked,
        "path_table",
        note=Text(
            "Whole paths of at most {n} steps; choose one for its people and its funnel",
            "Chemins entiers de {n} étapes au plus ; choisissez-en un pour ses personnes et son entonnoir",
        ).format(n=query.max_steps),
        drill=People(of=asked),
    )
