"""The question in the address: `?q={"kind":"funnel","steps":[…]}`, so that a copied link shows exactly what is seen.

    q      the question as compact JSON; without it the page's own start
    view   a word of the page's own, such as a chart
    saved  the id of the saved analysis that is open

What cannot be read is left out with a notice. Parts of the draft that are not chosen yet stay in the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import streamlit as st

from accounts import audit
from accounts.actor import Actor
from accounts.language import Text
from analytics.filters import InvalidFilter
from analytics.kinds import KINDS, query_from_json
from analytics.period import InvalidPeriod
from analytics.query import InvalidQuery, Query
from analytics.run import Forbidden
from components import scope, session
from components.analysis.analysis import Analysis
from components.editors.draft import Draft, completed, remembered
from data_access.clock import utc_now
from data_access.connections import store
from reports import saved
from reports.reasons import invalid

QUESTION, VIEW, SAVED = "q", "view", "saved"
LONGEST = 16_000
GONE = Text("This saved analysis is not there any more.", "Cette analyse enregistrée n’existe plus.")
OTHER = Text("it is a question for another page", "cette question est celle d’une autre page")


@dataclass(frozen=True)
class Asked:
    """What the page is about: the question that is answered, the draft it is edited in, the saved analysis that is open, and
    what was left out of the address. `why` is said while the draft cannot be asked."""

    query: Query
    draft: Draft
    opened: saved.Saved | None = None
    notices: tuple[str, ...] = ()
    why: str = ""


def read(of: Analysis, actor: Actor) -> Asked:
    """The question in the address, or the one of the saved analysis it names, or the page's start."""
    draft = Draft(of.name, actor, lambda d: _changed(of, d))
    opened, notices = _opened(of, actor)
    raw, held = st.query_params.get(QUESTION), remembered(of.name)
    if raw is None and held and held["q"]:
        raw = st.query_params[QUESTION] = held["q"]
    if held is None or held["q"] != raw:
        refused = _begin(of, draft, raw)
        notices += (scope.IGNORED[actor.locale].format(name=QUESTION, why=refused[actor.locale]),) if refused else ()
        if refused:
            st.query_params.pop(QUESTION, None)
    return Asked(query_from_json(draft.held["good"]), draft, opened, notices, draft.held.get("why", ""))


def _begin(of: Analysis, draft: Draft, raw: str | None) -> Text | None:
    """Start the draft from the address; why not, where it says nothing that can be asked."""
    refused = None
    if raw is not None:
        try:
            good = parsed(of, raw).to_json()
            draft.hold(good, q=raw, good=good)
            return None
        except _Refused as error:
            refused = error.why
    good = of.start(draft.actor).to_json()
    draft.hold(good, q=None, good=good)
    return refused


class _Refused(ValueError):
    def __init__(self, why: Text) -> None:
        self.why = why


def parsed(of: Analysis, raw: str) -> Query:
    """The question written in the address. Raises _Refused with the reason."""
    if len(raw) > LONGEST:
        raise _Refused(scope.TOO_LONG)
    try:
        return checked(of, orjson.loads(raw))
    except (InvalidQuery, InvalidFilter, InvalidPeriod) as error:
        raise _Refused(invalid(error)) from None
    except (ValueError, TypeError, RecursionError, OverflowError):
        raise _Refused(scope.UNREADABLE) from None


def checked(of: Analysis, data: Any) -> Query:
    """The question of a JSON document, which the page can show and every dimension of which exists. Raises InvalidQuery."""
    query = query_from_json(data)
    if query.kind not in of.kinds:
        raise _Refused(OTHER)
    KINDS[query.kind].permissions(query)
    return query


def worded(query: Query) -> str:
    """As the address carries it; the page's own period is not said twice."""
    data = query.to_json()
    if not query.keeps_period:
        data.pop("period", None)
    return orjson.dumps(data).decode()


def _changed(of: Analysis, draft: Draft) -> None:
    """After each change of the draft: what is complete goes to the address; what cannot be asked is explained."""
    held = draft.held
    held["data"] = of.settle(held["data"])
    try:
        query = checked(of, completed(held["data"]))
    except _Refused as refused:
        held["why"] = refused.why[draft.locale]
    except (InvalidQuery, InvalidFilter, InvalidPeriod) as error:
        held["why"] = invalid(error)[draft.locale]
    else:
        held["why"] = ""
        if query.to_json() != held["good"]:
            held["good"], held["q"] = query.to_json(), worded(query)
            st.query_params[QUESTION] = held["q"]


def ask(of: Analysis, query: Query) -> None:
    """Show this question from now on, called in a widget's callback."""
    st.query_params[QUESTION] = worded(query)


def view(of: Analysis) -> str:
    """The page's own word in the address; its first where none is known."""
    raw = st.query_params.get(VIEW, "")
    return raw if raw in of.views else next(iter(of.views), "")


def look(of: Analysis, chosen: str) -> None:
    """Write the page's own word; the first is not written."""
    if chosen == next(iter(of.views), ""):
        st.query_params.pop(VIEW, None)
    else:
        st.query_params[VIEW] = chosen


def _opened(of: Analysis, actor: Actor) -> tuple[saved.Saved | None, tuple[str, ...]]:
    """The saved analysis that the address names; alone in the address it brings its question and scope along."""
    identity = st.query_params.get(SAVED)
    if identity is None:
        return None, ()
    try:
        one = saved.found(store(), actor, identity[:64])
    except (saved.NotFound, Forbidden):
        entry = audit.Entry("open_analysis", identity[:64], "not_found", actor, session.visit().address)
        audit.record(store(), entry, utc_now())
        st.query_params.pop(SAVED, None)
        return None, (GONE[actor.locale],)
    if QUESTION not in st.query_params:
        st.query_params.update(params(one))
    return one, ()


def params(one: saved.Saved) -> dict[str, str]:
    """The address of a saved analysis on its page."""
    chosen = {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in one.scope.items()}
    compare = {"compare": "none"} if "compare" in one.scope and one.scope["compare"] is None else {}
    looks = {VIEW: one.view} if one.view else {}
    return {SAVED: one.id, QUESTION: orjson.dumps(one.query).decode(), **chosen, **compare, **looks}
