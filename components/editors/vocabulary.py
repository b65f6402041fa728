"""What can be chosen: events, properties and values that exist, the most frequent first. All through `run`, so nobody sees more
here than they may ask for."""

from __future__ import annotations

from accounts.actor import Actor
from analytics.dimensions import PROPERTY
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.properties import Properties
from analytics.metric import Dimension
from analytics.period import Period
from analytics.query import InvalidQuery, Query
from analytics.run import Forbidden, run
from analytics.segment_names import IN, OUT, SEGMENT
from analytics.segments import saved
from analytics.sources.events import EVENT_DIMENSIONS
from analytics.where import PERSON, PERSON_STORED, event_dimension
from components.filter_form import MOST
from data_access.clock import utc_now
from data_access.connections import store
from data_access.errors import WarehouseError
from reports import words

MOST_EVENTS = 300
RECENT = Period("30d")


def event_names(actor: Actor) -> list[str]:
    """Events of the last 30 days by volume; of a year where there are none."""
    for period in (RECENT, Period("12m")):
        query = Aggregate(metrics=("events",), by=("event",), period=period, limit=MOST_EVENTS, totals=False)
        if found := _column(query, "event", actor):
            return found
    return []


def dimension_names(actor: Actor) -> list[str]:
    """Every way to filter or cut events that the reader may use: columns, then the person's, then known properties and segments."""
    columns = sorted(EVENT_DIMENSIONS - {"properties", "event"}, key=lambda name: event_dimension(name).label[actor.locale].lower())
    known = [PROPERTY + key for key in _column(Properties(), "property", actor)]
    people = [PERSON + key for key in (*PERSON_STORED, *_column(Properties(of="person"), "property", actor))]
    segments = [SEGMENT + one.id for one in saved.listed(store(), actor.tenant.key)]
    return [name for name in dict.fromkeys(["event", *columns, *known, *people, *segments]) if actor.may(event_dimension(name).permission)]


def known_values(name: str, actor: Actor) -> list[str]:
    """Values of the dimension that occur, the most frequent first."""
    if name.startswith(PROPERTY):
        return _column(Properties(key=name.removeprefix(PROPERTY), limit=MOST), "value", actor)
    if name.startswith(PERSON):
        return _column(Properties(of="person", key=name.removeprefix(PERSON), limit=MOST), "value", actor)
    if name.startswith(SEGMENT):
        return [IN, OUT]
    query = Aggregate(metrics=("events",), by=(name,), period=RECENT, limit=MOST, totals=False)
    return _column(query, name, actor)


def _column(query: Query, name: str, actor: Actor) -> list[str]:
    """The column of the answer, or nothing where there is none: suggestions may be missing, forms go on."""
    try:
        frame = run(query, actor, utc_now()).frame
    except (Forbidden, InvalidQuery, WarehouseError):
        return []
    return [str(raw) for raw in dict.fromkeys(frame[name]) if raw not in ("", None)]


def dimension_label(name: str, locale: str) -> str:
    try:
        return event_dimension(name).label[locale]
    except InvalidQuery:
        return name


def value_label(name: str, raw: str, locale: str) -> str:
    """A value in words: France for FR."""
    return words.slice_name(_worded(name), raw, locale)


def _worded(name: str) -> Dimension:
    """What says the values of a dimension: a person's plan or country is worded as an event's."""
    bare = name.removeprefix(PERSON)
    try:
        return event_dimension(bare if bare in EVENT_DIMENSIONS else name)
    except InvalidQuery:
        return event_dimension(PROPERTY + "x")
