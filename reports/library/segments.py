"""Segments: how many people over time, how they differ, how several overlap."""

from __future__ import annotations

from accounts.language import Text
from analytics.kinds.people_query import People
from analytics.kinds.segment_difference import SegmentDifference
from analytics.kinds.segment_overlap import SegmentOverlap
from analytics.kinds.segment_size import SegmentSize
from analytics.period import Period
from reports.report import Panel

TITLE = Text("Segments", "Segments")
ABOUT = Text(
    "Who, by what they are and what they do; usable on every page.", "Qui, selon ce qu’ils sont et font ; utilisables sur chaque page."
)
SIZE, SIZE_NOTE = (
    Text("Size over time", "Taille dans le temps"),
    Text(
        "At the end of each of the last 12 weeks; a click lists who is in it today",
        "À la fin de chacune des 12 dernières semaines ; un clic liste qui y est aujourd’hui",
    ),
)
SINCE = Text("It is frozen: the same people since then.", "Il est figé : les mêmes personnes depuis.")
DIFFERENT = Text("What sets them apart", "Ce qui les distingue")
DIFFERENT_NOTE = Text(
    "Largest effects first; what people did is that of the last 30 days. 0.2 is small, 0.5 medium, 0.8 large.",
    "Les plus grands effets d’abord ; les actions sont celles des 30 derniers jours. 0,2 est petit, 0,5 moyen, 0,8 grand.",
)
ALL = Text("All differences", "Toutes les différences")
ALL_NOTE = Text(
    "Shares with Newcombe’s interval and Cohen’s h; means with Welch’s interval and Cohen’s d.",
    "Parts : intervalle de Newcombe et h de Cohen ; moyennes : intervalle de Welch et d de Cohen.",
)
OVERLAP = Text("Who is in several", "Qui est dans plusieurs")
OVERLAP_NOTE = Text("Each person is in exactly one column", "Chaque personne est dans exactement une colonne")


def size_panel(segment: str, *, frozen: bool) -> Panel:
    """The course of its size."""
    query = SegmentSize(segment=segment, period=Period("12w"), grain="week")
    note = SINCE if frozen else SIZE_NOTE
    options = {"metric": "segment_users", "zero": True}
    return Panel("segment_size", SIZE, query, "lines", note=note, height=220, fixed=True, options=options, drill=People())


def difference_panels(segment: str, against: str | None) -> tuple[Panel, Panel]:
    """Against the rest, or against another segment."""
    query = SegmentDifference(segment=segment, against=against)
    return (
        Panel("segment_effects", DIFFERENT, query, "effects", note=DIFFERENT_NOTE, fixed=True, drill=People()),
        Panel("segment_differences", ALL, query, "effects_table", note=ALL_NOTE, fixed=True, drill=People()),
    )


def overlap_panel(segments: tuple[str, ...]) -> Panel:
    """Two to six segments."""
    return Panel("segment_overlap", OVERLAP, SegmentOverlap(segments=segments), "upset", note=OVERLAP_NOTE, fixed=True, drill=People())
