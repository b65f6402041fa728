"""The columns of an answer about attribution: five models, each with conversions and, where asked, money, CAC and ROAS."""

from __future__ import annotations

from functools import lru_cache

from accounts.language import Text
from analytics.dimensions import dimension
from analytics.kinds.attribution_models import MODELS
from analytics.kinds.attribution_query import Attribution
from analytics.metric import Metric, Unit
from analytics.result import Column

TOUCH = Text("Touchpoint", "Point de contact")
LABELS = {
    "first_touch": Text("First touch", "Premier contact"),
    "last_touch": Text("Last touch", "Dernier contact"),
    "linear": Text("Linear", "Linéaire"),
    "time_decay": Text("Time decay", "Décroissance"),
    "position_based": Text("Position-based", "Selon la position"),
}
_MEANT = {
    "first_touch": Text("The first touchpoint gets all of a conversion.", "Le premier point de contact reçoit toute la conversion."),
    "last_touch": Text("The last touchpoint gets all of a conversion.", "Le dernier point de contact reçoit toute la conversion."),
    "linear": Text("Every touchpoint gets the same part.", "Chaque point de contact reçoit la même part."),
    "time_decay": Text(
        "A touchpoint weighs half as much for each half-life that it is older.",
        "Un point de contact pèse moitié moins à chaque demi-vie d’ancienneté.",
    ),
    "position_based": Text(
        "The first and the last touchpoint get 40% each, those between share 20%.",
        "Le premier et le dernier point de contact reçoivent 40 % chacun, les autres se partagent 20 %.",
    ),
}
ASSISTED = Metric(
    "assisted",
    Text("Assisted", "Assistées"),
    Text(
        "Conversions that a touchpoint here came before and that ended with another.",
        "Conversions précédées d’un contact ici et conclues par un autre.",
    ),
    "acquisition", Unit.COUNT, empty=0,
)  # fmt: skip
TOUCHED = Metric(
    "touched",
    Text("On the path", "Sur le parcours"),
    Text("Conversions with a touchpoint here, first, last or between.", "Conversions avec un contact ici, premier, dernier ou entre deux."),
    "acquisition", Unit.COUNT, empty=0,
)  # fmt: skip
COST = Metric(
    "cost",
    Text("Cost", "Coût"),
    Text("What the channel or campaign cost in the period.", "Ce que le canal ou la campagne a coûté sur la période."),
    "acquisition", Unit.MONEY, "down",
)  # fmt: skip


def _counts(model: str) -> Metric:
    return Metric(model, LABELS[model], _MEANT[model], "acquisition", Unit.NUMBER, empty=0)


def _money(model: str) -> Metric:
    label = Text(f"{LABELS[model].en}, money", f"{LABELS[model].fr}, montant")
    said = Text("Money of the conversions, shared the same way.", "Montant des conversions, partagé de la même façon.")
    return Metric(f"{model}_money", label, said, "acquisition", Unit.MONEY, empty=0)


def _cac(model: str) -> Metric:
    said = Text("Cost ÷ conversions of this model.", "Coût ÷ conversions de ce modèle.")
    label = Text(f"{LABELS[model].en}, cost per conversion", f"{LABELS[model].fr}, coût par conversion")
    return Metric(f"{model}_cac", label, said, "acquisition", Unit.MONEY, "down")


def _roas(model: str) -> Metric:
    said = Text("Money of this model ÷ cost.", "Montant de ce modèle ÷ coût.")
    return Metric(f"{model}_roas", Text(f"{LABELS[model].en}, ROAS", f"{LABELS[model].fr}, ROAS"), said, "acquisition", Unit.NUMBER)


@lru_cache(maxsize=2)
def _metrics(value: bool) -> tuple[Metric, ...]:
    counted = (*map(_counts, MODELS), ASSISTED, TOUCHED)
    return (*counted, *map(_money, MODELS), COST, *map(_cac, MODELS), *map(_roas, MODELS)) if value else counted


def metrics_of(query: Attribution) -> tuple[Metric, ...]:
    return _metrics(query.value)


def columns_of(query: Attribution) -> tuple[Column, ...]:
    cuts = (Column(name, dimension(name).label, Unit.TEXT, "dimension") for name in query.by)
    return (
        Column("touch", TOUCH, Unit.TEXT, "dimension"),
        *cuts,
        *(Column(m.name, m.label, m.unit, "metric") for m in metrics_of(query)),
    )
