"""How questions name segments: the dimension `segment.<id>` ("in" or "out"), or `segments.<id>.<id>` with one slice for each.

What a segment is called is remembered here when it is read from the store, so that a label or sentence need not ask again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from accounts.language import Text
from analytics.filters import Filter
from analytics.metric import Dimension, Scan
from analytics.query import InvalidQuery

SEGMENT, SEGMENTS = "segment.", "segments."
IN, OUT = "in", "out"
MOST_SLICES = 8
_KEPT = 10_000
_titles: OrderedDict[str, str] = OrderedDict()
SEGMENT_LABEL = Text("Segment", "Segment")


def remember(identity: str, title: str) -> None:
    """The name by which labels speak of the segment from now on."""
    _titles[identity] = title
    while len(_titles) > _KEPT:
        _titles.popitem(last=False)


def title(identity: str) -> str:
    """Its name, or its id where nobody read it yet."""
    return _titles.get(identity, identity)


def is_segment(name: str) -> bool:
    return name.startswith((SEGMENT, SEGMENTS))


def ids(name: str) -> tuple[str, ...]:
    """The segments that a dimension's name speaks of; none of another dimension."""
    if name.startswith(SEGMENT):
        return (name.removeprefix(SEGMENT),)
    return tuple(dict.fromkeys(name.removeprefix(SEGMENTS).split("."))) if name.startswith(SEGMENTS) else ()


def segment_dimension(name: str) -> Dimension:
    """In or out of one segment. Raises InvalidQuery."""
    mentioned = ids(name)
    if not 0 < len(mentioned) <= MOST_SLICES or any(len(one) != 16 or not one.isalnum() for one in mentioned):
        raise InvalidQuery(f"“{name[:60]}” names no segment: write segment.<id>, or segments.<id>.<id> with up to {MOST_SLICES}")
    if name.startswith(SEGMENTS):
        return Dimension(name, SEGMENT_LABEL, values={one: Text(title(one), title(one)) for one in mentioned}, expression=_sliced)
    called = title(mentioned[0])
    words = {IN: Text("In the segment", "Dans le segment"), OUT: Text("Not in it", "Hors du segment")}

    def expression(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
        held = scan.segments[mentioned[0]].holds(rows.c.user_key)
        return sa.case((rows.c.user_key.is_(None), sa.null()), (held, sa.literal(IN, sa.Text)), else_=sa.literal(OUT, sa.Text))

    label = Text(f"Segment “{called}”", f"Segment « {called} »")
    return Dimension(name, label, values=words, expression=expression)


def _sliced(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
    """Somebody may be in several: each is a question of its own, which `run` asks; a filter cannot."""
    raise InvalidQuery("several segments can only be compared as slices: filter by one, written segment.<id>")


def named(query: Any) -> tuple[str, ...]:
    """Every segment that the question names, each once."""
    return tuple(dict.fromkeys(_walk(query)))


def _walk(part: Any) -> Iterator[str]:
    if isinstance(part, Filter):
        yield from ids(part.dimension)
    elif isinstance(part, BaseModel):
        if getattr(part, "kind", "") == "segment":  # the condition of being in another segment
            yield str(getattr(part, "id", ""))
        for field in type(part).model_fields:
            yield from _field(field, getattr(part, field))
    elif isinstance(part, tuple):
        for one in part:
            yield from _walk(one)


def _field(field: str, value: Any) -> Iterator[str]:
    if field in ("segment", "against") and isinstance(value, str):
        yield value
    elif field == "segments" and isinstance(value, tuple):
        yield from value
    elif field in ("by", "hold", "order") and value is not None:
        for name in value if isinstance(value, tuple) else (value,):
            yield from ids(str(name).lstrip("-"))
    elif field == "compare" and isinstance(value, str) and value.startswith("segment:"):
        yield value.removeprefix("segment:")
    else:
        yield from _walk(value)
