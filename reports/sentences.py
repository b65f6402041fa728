"""Say a question: its filters, its scope, what a number means and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.language import Text
from analytics.dimensions import dimension
from analytics.filters import Filter, Value
from analytics.kinds.funnel_query import Funnel
from analytics.matching import Matcher
from analytics.metric import Dimension, Metric
from analytics.metrics import METRICS
from analytics.query import InvalidQuery, Query
from analytics.segment_names import IN, SEGMENT, ids, title
from analytics.where import PERSON, event_dimension
from reports import words
from reports.dates import GRAINS, PERIODS

BY = Text("by {names}", "par {names}")
WHERE = Text("where {filters}", "où {filters}")
AND = Text(" and ", " et ")
INSIDE, OUTSIDE = Text("in “{name}”", "dans « {name} »"), Text("not in “{name}”", "hors de « {name} »")
ALL = Text("Everything", "Tout")
KINDS_SAID = {
    "retention": Text("Retention", "Rétention"),
    "lifecycle": Text("Lifecycle", "Cycle de vie"),
    "stickiness": Text("Stickiness", "Assiduité"),
    "paths": Text("Paths", "Parcours"),
    "funnel": Text("Funnel", "Entonnoir"),
    "people": Text("People", "Personnes"),
    "dropoff": Text("Reasons for dropping out", "Raisons d’abandon"),
    "properties": Text("Properties", "Propriétés"),
}
FUNNEL = Text("{name}: {steps}, within {count} {unit}", "{name} : {steps}, en {count} {unit}")
SPANS = {
    "second": Text("s", "s"),
    "minute": Text("min", "min"),
    "hour": Text("h", "h"),
    "day": Text("d", "j"),
    "week": Text("wk", "sem."),
}
ANY_EVENT = Text("any event", "tout événement")


def filter_sentence(chosen: Filter, locale: str) -> str:
    """`Country is France or Belgium`; of a segment `in “At risk”`."""
    if said := _membership(chosen, locale):
        return said
    of = _named(chosen.dimension)

    def say(value: Value) -> str:
        return words.slice_name(of, value, locale)

    return chosen.sentence(locale, of.label[locale], say)


def _membership(chosen: Filter, locale: str) -> str | None:
    """In or out of one segment; None of any other filter."""
    if not chosen.dimension.startswith(SEGMENT) or chosen.operator not in ("is", "is_not") or len(chosen.values) != 1:
        return None
    inside = (chosen.values[0] == IN) is (chosen.operator == "is")
    return (INSIDE if inside else OUTSIDE)[locale].format(name=title(*ids(chosen.dimension)))


def _named(name: str) -> Dimension:
    """A dimension of rows, or a property of their person."""
    return event_dimension(name) if name.startswith(PERSON) else dimension(name)


def filters_sentence(chosen: Iterable[Filter], locale: str) -> str:
    return AND[locale].join(filter_sentence(one, locale) for one in chosen)


def query_sentence(query: Query, locale: str) -> str:
    """`MRR, Customers by Plan, Last 30 days, where Country is France`."""
    names = [METRICS[name].label[locale] if name in METRICS else name for name in getattr(query, "metrics", ())]
    said = ", ".join(names) or _kind(query, locale)
    if by := getattr(query, "by", ()):
        said += " " + BY[locale].format(names=", ".join(_named(name).label[locale] for name in by))
    if (grain := getattr(query, "grain", None)) and getattr(query, "view", "trend") == "trend":
        said += f", {GRAINS[grain][locale].lower()}"
    said += f", {PERIODS[query.period.text][locale].lower() if query.period.text in PERIODS else query.period.text}"
    if query.filters:
        said += ", " + WHERE[locale].format(filters=filters_sentence(query.filters, locale))
    return said


def _kind(query: Query, locale: str) -> str:
    """`Funnel: visit → buy (Country is France), within 14 d`; of other shapes their name."""
    name = KINDS_SAID[query.kind][locale] if query.kind in KINDS_SAID else query.kind
    of = getattr(query, "of", query)
    if not isinstance(of, Funnel):
        return name
    steps = " → ".join(matcher_sentence(step, locale) for step in of.steps)
    return FUNNEL[locale].format(name=name, steps=steps, count=of.window, unit=SPANS[of.window_unit][locale])


def matcher_sentence(matcher: Matcher, locale: str) -> str:
    """`buy (Country is France)`."""
    title = matcher.title if matcher.title != "*" else ANY_EVENT[locale]
    held = filters_sentence(matcher.leaves(), locale)
    return f"{title} ({held})" if held else title


def formula(metric: Metric, locale: str) -> str:
    """What a computed number is computed from: `from MRR, Customers`; empty for one that is read."""
    known = [METRICS[name].label[locale] for name in metric.needs if name in METRICS]
    return ", ".join(known)


def safe_filter(chosen: Filter) -> str | None:
    """Why the filter cannot be used, or None."""
    try:
        dimension(chosen.dimension)
    except InvalidQuery as error:
        return str(error)
    return None
