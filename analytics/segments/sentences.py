"""Say a segment: each condition is one clause, groups are joined by and / or, inner groups stand in brackets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.language import Text
from analytics.dimensions import DIMENSIONS
from analytics.filters import Filter, Value
from analytics.matching import Event, Matcher
from analytics.metric import Dimension
from analytics.segment_names import title
from analytics.segments.definition import (
    Behind,
    Condition,
    Did,
    FirstTime,
    Group,
    InSegment,
    Joined,
    Property,
    Sequence,
    Stopped,
    Window,
)  # fmt: skip
from analytics.where import PERSON, Where, event_dimension

Say = Callable[[Dimension, Value, str], str]


def plainly(of: Dimension, value: Value, locale: str) -> str:
    """A value in the dimension's own words, else as it is."""
    known = of.values.get(str(value))
    return known[locale] if known else str(value) or Text("unknown", "inconnu")[locale]


@dataclass(frozen=True)
class Speaker:
    """In which language, and how values and sums of money are worded."""

    locale: str
    say: Say = plainly
    money: Callable[[float], str] = lambda minor: f"{minor / 100:g}"

    def segment(self, tree: Group) -> str:
        """The whole definition as one sentence, without a full stop."""
        return self._group(tree)

    def condition(self, leaf: Condition) -> str:
        """One condition."""
        return _WORDS[type(leaf)](self, leaf)

    def _group(self, tree: Group) -> str:
        joiner = (AND if tree.kind == "all" else OR)[self.locale]
        inner = [f"({self._group(p)})" if isinstance(p, Group) and len(p.of) > 1 else self._part(p) for p in tree.of]
        return joiner.join(inner)

    def _part(self, part: Group | Condition) -> str:
        return self._group(part) if isinstance(part, Group) else self.condition(part)

    def event(self, matcher: Matcher) -> str:
        """`“export” (country is France)`."""
        options = [self._one(one) for one in matcher.alternatives]
        said = OR[self.locale].join(options)
        if matcher.where is None:
            return said
        return f"{f'({said})' if len(options) > 1 else said} {self._held(matcher.where)}"

    def _one(self, one: Event) -> str:
        name = ANYTHING[self.locale] if one.event is None else QUOTED[self.locale].format(name=one.event)
        return f"{name} {self._held(one.where)}" if one.where else name

    def _held(self, where: Where) -> str:
        return f"({self._where(where)})"

    def _where(self, where: Where) -> str:
        joiner = (AND if where.type == "and" else OR)[self.locale]
        return joiner.join(f"({self._where(p)})" if isinstance(p, Where) else self.filter(p) for p in where.values)

    def filter(self, of: Filter) -> str:
        known = DIMENSIONS.get(of.dimension.removeprefix(PERSON))
        found = known if known and of.dimension.startswith(PERSON) else event_dimension(of.dimension)
        return of.sentence(self.locale, found.label[self.locale], lambda value: self.say(found, value, self.locale))

    def window(self, window: Window) -> str:
        if window.days is not None:
            return (LAST_DAY if window.days == 1 else LAST)[self.locale].format(days=window.days)
        if window.first is None:
            return EVER[self.locale]
        return BETWEEN[self.locale].format(first=window.first.isoformat(), last=str(window.last))


AND, OR = Text(" and ", " et "), Text(" or ", " ou ")
ANYTHING, QUOTED = Text("anything", "n’importe quoi"), Text("“{name}”", "« {name} »")
LAST, LAST_DAY = Text("in the last {days} days", "ces {days} derniers jours"), Text("today", "aujourd’hui")
EVER, BETWEEN = Text("ever", "depuis toujours"), Text("between {first} and {last}", "entre le {first} et le {last}")
DID, DID_NOT = (
    Text("did {event} {often} {window}", "a fait {event} {often} {window}"),
    Text("did not do {event} {window}", "n’a pas fait {event} {window}"),
)
OFTEN = {
    "at_least": Text("at least {n}", "au moins {n}"),
    "at_most": Text("at most {n}", "au plus {n}"),
    "exactly": Text("exactly {n}", "exactement {n}"),
}
ONCE, TIMES = Text("once", "une fois"), Text("{n} times", "{n} fois")
DAY, DAYS = Text("on {often} day", "{often} jour"), Text("on {often} days", "{often} jours")
SUMMED = Text("the sum of {of} over {event} is {often} {window}", "la somme de {of} sur {event} est {often} {window}")
STOPPED = Text("did {event} before, but not in the last {days} days", "a fait {event} auparavant, mais plus ces {days} derniers jours")
FIRST = Text("did {event} for the first time {window}", "a fait {event} pour la première fois {window}")
THEN, WITHIN = (
    Text(" then ", " puis "),
    Text("did {steps} within {n} {unit}{without} {window}", "a fait {steps} en {n} {unit}{without} {window}"),
)
WITHOUT = Text(", without {event} in between,", ", sans {event} entre les deux,")
UNITS = {
    "minute": Text("minutes", "minutes"),
    "hour": Text("hours", "heures"),
    "day": Text("days", "jours"),
    "week": Text("weeks", "semaines"),
}
ONE_UNIT = {"minute": Text("minute", "minute"), "hour": Text("hour", "heure"), "day": Text("day", "jour"), "week": Text("week", "semaine")}
IS_IN, NOT_IN = (
    Text("is in the segment “{name}”", "est dans le segment « {name} »"),
    Text("is not in the segment “{name}”", "n’est pas dans le segment « {name} »"),
)
BEHIND = Text("is behind a number of {what}{cell}", "est derrière un nombre : {what}{cell}")
CREATED = Text("was created {window}", "a été créé {window}")
CREATED_EVER = Text("is known", "est connu")
WHAT = {
    "funnel": Text("a funnel", "un entonnoir"),
    "lifecycle": Text("the lifecycle", "le cycle de vie"),
    "stickiness": Text("the stickiness", "l’assiduité"),
    "paths": Text("the paths", "les parcours"),
    "retention": Text("the retention", "la rétention"),
    "aggregate": Text("an analysis", "une analyse"),
}
VALUE = Text("the value", "la valeur")


def _did(by: Speaker, leaf: Did) -> str:
    event, window = by.event(leaf.event), by.window(leaf.window)
    if leaf.op == "not":
        return DID_NOT[by.locale].format(event=event, window=window)
    if leaf.measure == "sum":
        amount = by.money(leaf.amount) if leaf.of == "value" else f"{leaf.amount:g}"
        of = VALUE[by.locale] if leaf.of == "value" else event_dimension(str(leaf.of)).label[by.locale]
        often = OFTEN[leaf.op][by.locale].format(n=amount)
        return SUMMED[by.locale].format(of=of, event=event, often=often, window=window)
    often = _often(by.locale, leaf, int(leaf.amount))
    return DID[by.locale].format(event=event, often=often, window=window)


def _often(locale: str, leaf: Did, n: int) -> str:
    if leaf.measure == "days":
        return (DAY if n == 1 else DAYS)[locale].format(often=OFTEN[leaf.op][locale].format(n=n))
    return OFTEN[leaf.op][locale].format(n=ONCE[locale] if n == 1 else TIMES[locale].format(n=n))


def _sequence(by: Speaker, leaf: Sequence) -> str:
    without = WITHOUT[by.locale].format(event=by.event(leaf.without)) if leaf.without else ""
    unit = (ONE_UNIT if leaf.within == 1 else UNITS)[leaf.unit][by.locale]
    steps = THEN[by.locale].join(by.event(step) for step in leaf.steps)
    return WITHIN[by.locale].format(steps=steps, n=leaf.within, unit=unit, without=without, window=by.window(leaf.window))


def _behind(by: Speaker, leaf: Behind) -> str:
    people = leaf.people
    what = WHAT.get(people.of.kind if people.of is not None else "", Text("an analysis", "une analyse"))[by.locale]
    cell = people.model_dump(mode="json", exclude_defaults=True, exclude={"of", "kind", "filters", "offset", "limit", "compare", "segment"})
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in cell.items() if isinstance(value, str | int | float))
    return BEHIND[by.locale].format(what=what, cell=f" ({said})" if said else "")


def _joined(by: Speaker, leaf: Joined) -> str:
    return CREATED_EVER[by.locale] if leaf.window == Window() else CREATED[by.locale].format(window=by.window(leaf.window))


_WORDS: dict[type, Callable[..., str]] = {
    Property: lambda by, leaf: by.filter(leaf.filter),
    Did: _did,
    Stopped: lambda by, leaf: STOPPED[by.locale].format(event=by.event(leaf.event), days=leaf.days),
    FirstTime: lambda by, leaf: FIRST[by.locale].format(event=by.event(leaf.event), window=by.window(leaf.window)),
    Sequence: _sequence,
    InSegment: lambda by, leaf: (IS_IN if leaf.inside else NOT_IN)[by.locale].format(name=title(leaf.id)),
    Behind: _behind,
    Joined: _joined,
}
