"""VIEWS: every way to show a Result. Add one function `(result, panel, palette, locale) -> Drawing` and one entry."""

from __future__ import annotations

from accounts.language import Text
from reports.charts.attribution import attribution, attribution_table
from reports.charts.bars import bars
from reports.charts.calendar import calendar
from reports.charts.changes import changes
from reports.charts.dropoff import differences, happened
from reports.charts.effects import effects, effects_table
from reports.charts.funnel import funnel_steps, funnel_table, funnel_times
from reports.charts.grids import cohorts, hours
from reports.charts.habits import lifecycle, stickiness
from reports.charts.heat import heat_table
from reports.charts.lines import lines
from reports.charts.path_table import path_table
from reports.charts.ranked import ranked
from reports.charts.retention import retention
from reports.charts.retention_curve import retention_curve
from reports.charts.sankey import sankey
from reports.charts.shares import donut, heatmap, scatter
from reports.charts.sheet import sheet
from reports.charts.tiles import tiles
from reports.charts.upset import upset
from reports.charts.view import View
from reports.charts.waterfall import waterfall
from reports.charts.world import world

VIEWS: dict[str, View] = {
    "tiles": View(Text("Headline numbers", "Chiffres clés"), tiles),
    "lines": View(Text("Lines over time", "Courbes dans le temps"), lines, ("bucket",)),
    "bars": View(Text("Bars over time", "Barres dans le temps"), bars, ("bucket", "slice")),
    "waterfall": View(Text("From opening to closing", "De l’ouverture à la clôture"), waterfall, ("slice",)),
    "cohorts": View(Text("Cohorts", "Cohortes"), cohorts, ("bucket",)),
    "calendar": View(Text("A year of days", "Une année de jours"), calendar),
    "hours": View(Text("Hours and weekdays", "Heures et jours"), hours, ("slice",)),
    "ranked": View(Text("Ranked bars", "Barres classées"), ranked, ("slice",)),
    "table": View(Text("Table", "Tableau"), sheet, ("slice",)),
    "funnel_steps": View(Text("Funnel steps", "Étapes d’un entonnoir"), funnel_steps, ("slice",)),
    "funnel_times": View(Text("Time to convert", "Temps de conversion"), funnel_times, ("slice",)),
    "funnel_table": View(Text("Funnel in numbers", "Entonnoir en chiffres"), funnel_table, ("slice",)),
    "retention": View(Text("Retention grid", "Grille de rétention"), retention, ("bucket", "slice")),
    "retention_curve": View(Text("Retention curve", "Courbe de rétention"), retention_curve, ("slice",)),
    "lifecycle": View(Text("New, returning, dormant", "Nouveaux, fidèles, endormis"), lifecycle, ("bucket", "slice")),
    "stickiness": View(Text("Days active", "Jours d’activité"), stickiness, ("slice",)),
    "path_table": View(Text("Whole paths", "Chemins entiers"), path_table, ("slice",)),
    "sankey": View(Text("Paths", "Parcours"), sankey, ("slice",)),
    "differences": View(Text("How they differ", "Ce qui les distingue"), differences, ("slice",)),
    "happened": View(Text("What happened to them", "Ce qui leur est arrivé"), happened, clicks=("slice",)),
    "heat_table": View(Text("Table with coloured shares", "Tableau aux parts colorées"), heat_table, ("slice",)),
    "world": View(Text("Map of the world", "Carte du monde"), world, ("slice",)),
    "attribution": View(Text("Attribution models", "Modèles d’attribution"), attribution, ("slice",)),
    "attribution_table": View(Text("Attribution in numbers", "Attribution en chiffres"), attribution_table, ("slice",)),
    "effects": View(Text("Effect sizes", "Tailles d’effet"), effects, clicks=("slice",)),
    "effects_table": View(Text("Differences in numbers", "Différences en chiffres"), effects_table, clicks=("slice",)),
    "upset": View(Text("Overlap of segments", "Recouvrement de segments"), upset, clicks=("slice",)),
    "donut": View(Text("Donut of shares", "Anneau des parts"), donut, ("slice",)),
    "heatmap": View(Text("Heat map", "Carte de chaleur"), heatmap, ("bucket", "slice")),
    "scatter": View(Text("Scatter of two numbers", "Nuage de deux nombres"), scatter, ("slice",)),
    "changes": View(Text("What changed most", "Ce qui a le plus changé"), changes, ("slice",)),
}
