"""What the reader chose, kept in the address: a link shows exactly what they see.

    ?period=12w&compare=year&grain=week&filters=[["is","country",["FR"]]]&segment=0f3a5c7e9b1d2468

What is left out has its default. What cannot be read is left out with a notice, never an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import streamlit as st
from pydantic import ValidationError

from accounts.actor import Actor
from accounts.language import Text
from analytics.dimensions import dimension
from analytics.filters import Filter, InvalidFilter
from analytics.period import InvalidPeriod, Period
from analytics.query import InvalidQuery, Scope
from components import segment_picker
from reports import grains
from reports.reasons import invalid

NAMES = ("period", "compare", "grain", "filters", "segment")
LONGEST = 8_000
_REMEMBERED, _PAGE = "vigie_scope", "vigie_scope_page"
IGNORED = Text(
    "“{name}” in the address was not understood and is left out: {why}",
    "« {name} » dans l’adresse n’a pas été compris et est ignoré : {why}",
)
TOO_LONG = Text("it is too long", "la valeur est trop longue")
UNREADABLE = Text("it is not a value this page knows", "ce n’est pas une valeur connue de cette page")
BAD_GRAIN = Text("this grain does not suit the period", "ce pas de temps ne convient pas à la période")
BAD_SPAN = Text("a page shows at most 20 years", "une page montre au plus 20 ans")
NO_SEGMENT = Text("there is no such segment", "ce segment n’existe pas")
NO_REST = Text("there is no segment whose rest to compare with", "il n’y a pas de segment dont comparer le reste")
HIDDEN = Text("your role does not see single people", "votre rôle ne voit pas les personnes")


@dataclass(frozen=True)
class Choice:
    """The scope as asked of every panel (its grain decided), the grain the reader chose, and what was left out."""

    scope: Scope
    grain: str | None = None
    notices: tuple[str, ...] = field(default=())


def read(actor: Actor, now: datetime) -> Choice:
    """The scope in the address."""
    chosen, notices = Scope(), []
    for name in NAMES:
        raw = st.query_params.get(name)
        if raw is None:
            continue
        try:
            chosen = chosen.model_copy(update={name: _read(name, raw, actor, now)})
        except _Refused as refused:
            notices.append(IGNORED[actor.locale].format(name=name, why=refused.why[actor.locale]))
    if chosen.compare == "rest" and chosen.segment is None:
        notices.append(IGNORED[actor.locale].format(name="compare", why=NO_REST[actor.locale]))
        chosen = chosen.model_copy(update={"compare": Scope().compare})
    period = chosen.period.resolve(now, actor.tenant)
    if chosen.grain and chosen.grain not in grains.allowed(period):
        notices.append(IGNORED[actor.locale].format(name="grain", why=BAD_GRAIN[actor.locale]))
        chosen = chosen.model_copy(update={"grain": None})
    asked = chosen.model_copy(update={"grain": chosen.grain or grains.fitting(period)})
    return Choice(asked, chosen.grain, tuple(notices))


class _Refused(ValueError):
    def __init__(self, why: Text) -> None:
        self.why = why


def _read(name: str, raw: str, actor: Actor, now: datetime) -> Any:
    if len(raw) > LONGEST:
        raise _Refused(TOO_LONG)
    try:
        match name:
            case "period":
                return _period(raw, actor, now)
            case "filters":
                return _filters(raw, actor)
            case "compare" if raw == "none":
                return None
            case "segment" if not segment_picker.exists(raw, actor):
                raise _Refused(NO_SEGMENT)
            case "compare" if raw.startswith(segment_picker.OTHER) and not segment_picker.exists(raw[8:], actor):
                raise _Refused(NO_SEGMENT)
            case _:
                return getattr(Scope.model_validate({name: raw}), name)
    except _Refused:
        raise
    except (InvalidPeriod, InvalidFilter, InvalidQuery) as error:
        raise _Refused(invalid(error)) from None
    except (ValidationError, ValueError, OverflowError, RecursionError):
        raise _Refused(UNREADABLE) from None


def _period(raw: str, actor: Actor, now: datetime) -> Period:
    period = Period(raw)
    if period.text != "all" and period.resolve(now, actor.tenant).days > grains.LONGEST_DAYS:
        raise _Refused(BAD_SPAN)
    return period


def _filters(raw: str, actor: Actor) -> tuple[Filter, ...]:
    listed = orjson.loads(raw)
    if not isinstance(listed, list) or len(listed) > 20:
        raise _Refused(UNREADABLE)
    filters = tuple(Filter.from_json(one) for one in listed)
    for one in filters:
        needed = dimension(one.dimension).permission
        if needed is not None and not actor.may(needed):
            raise _Refused(HIDDEN)
    return filters


def change(**values: Any) -> None:
    """Write choices to the address: a default or None leaves it."""
    defaults = Scope()
    for name, value in values.items():
        if name == "compare" and value is None:
            st.query_params[name] = "none"
        elif value is None or value == getattr(defaults, name):
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = _worded(value)
    remember()


def _worded(value: Any) -> str:
    if isinstance(value, Period):
        return value.text
    return value if isinstance(value, str) else orjson.dumps([one.to_json() for one in value]).decode()


def remember() -> None:
    """Keep the address's choices for the next page."""
    st.session_state[_REMEMBERED] = {name: st.query_params[name] for name in NAMES if name in st.query_params}


def follow(page: str) -> None:
    """On arriving from another page of the app, take its choices along, unless the address brings its own."""
    came_from, st.session_state[_PAGE] = st.session_state.get(_PAGE), page
    kept = st.session_state.get(_REMEMBERED)
    if came_from not in (None, page) and kept and not any(name in st.query_params for name in NAMES):
        st.query_params.update(kept)
    remember()
