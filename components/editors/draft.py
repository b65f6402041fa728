"""A question while it is being put together: JSON that may not be complete yet, kept in the session, edited place by place.

Pieces are given a `Field`, one place of the draft. What they show is what the draft holds, on every run; what is chosen goes
back through `put`, after which the draft's owner is told (an analysis page writes the address, another form its preview).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import streamlit as st

from accounts.actor import Actor
from analytics.filters import OPERATORS

UNSET = "unset"  # marks a part that somebody added and has not chosen yet: it is no part of the question
_DRAFT = "vigie_draft_"
_NOTHING: Any = object()


@dataclass(frozen=True)
class Draft:
    """`changed` is called after every change, inside the widget's callback."""

    name: str
    actor: Actor
    changed: Callable[[Draft], None]

    @property
    def locale(self) -> str:
        return self.actor.locale

    @property
    def held(self) -> dict[str, Any]:
        """What the session keeps of it: `data`, and what its owner adds."""
        kept: dict[str, Any] = st.session_state.setdefault(_DRAFT + self.name, {"data": {}})
        return kept

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.held["data"]
        return data

    def hold(self, data: dict[str, Any], **more: Any) -> None:
        """Start over from this."""
        st.session_state[_DRAFT + self.name] = {"data": deepcopy(data), **more}

    def field(self, *path: str | int) -> Field:
        return Field(self, path)


def remembered(name: str) -> dict[str, Any] | None:
    """What the session keeps of the draft of that name."""
    return st.session_state.get(_DRAFT + name)


@dataclass(frozen=True)
class Field:
    """One place of the draft: `draft.field("steps", 0, "event")`."""

    draft: Draft
    path: tuple[str | int, ...] = ()

    @property
    def locale(self) -> str:
        return self.draft.locale

    @property
    def actor(self) -> Actor:
        return self.draft.actor

    @property
    def key(self) -> str:
        """For a widget."""
        return "edit_" + "_".join(str(part) for part in (self.draft.name, *self.path))

    def child(self, *more: str | int) -> Field:
        return Field(self.draft, self.path + more)

    @property
    def value(self) -> Any:
        """What stands there; None where nothing does."""
        here: Any = self.draft.data
        for part in self.path:
            here = _inside(here, part)
        return here

    def items(self) -> list[Field]:
        """The places of a list."""
        return [self.child(i) for i in range(len(self.value or ()))]

    def put(self, value: Any, *, tell: bool = True) -> None:
        """Write here, making what leads here; None takes it away."""
        here: Any = self.draft.data
        for part, following in zip(self.path, self.path[1:], strict=False):
            if isinstance(here, dict) and here.get(part) is None:
                here[part] = [] if isinstance(following, int) else {}
            here = here[part]
        last = self.path[-1]
        if value is None and isinstance(here, dict):
            here.pop(last, None)
        else:
            here[last] = value
        if tell:
            self.draft.changed(self.draft)

    def add(self, item: Any) -> None:
        """One more at the end of a list."""
        self.put([*(self.value or ()), item])

    def remove(self, position: int) -> None:
        self.put([item for i, item in enumerate(self.value or ()) if i != position])

    def move(self, position: int, by: int) -> None:
        """Change places with a neighbour."""
        items = list(self.value or ())
        other = position + by
        if 0 <= position < len(items) and 0 <= other < len(items):
            items[position], items[other] = items[other], items[position]
            self.put(items)


def _inside(here: Any, part: str | int) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    if isinstance(here, list | tuple) and isinstance(part, int) and part < len(here):
        return here[part]
    return None


def completed(data: Any) -> Any:
    """The draft without the parts that are not chosen yet: what is asked meanwhile."""
    done = _completed(data)
    return {} if done is _NOTHING else done


def _completed(value: Any) -> Any:
    if isinstance(value, dict):
        return _completed_dict(value)
    if isinstance(value, list):
        return _NOTHING if _unfinished(value) else [part for item in value if (part := _completed(item)) is not _NOTHING]
    return value


def _completed_dict(value: dict[str, Any]) -> Any:
    if value.get(UNSET):
        return _NOTHING
    done = {name: part for name, item in value.items() if (part := _completed(item)) is not _NOTHING}
    grouped = value.get("type") in ("and", "or") and "values" in value
    return _NOTHING if grouped and not done.get("values") else done


def _unfinished(value: list[Any]) -> bool:
    """A filter whose dimension or values are not chosen yet."""
    if len(value) != 3 or not isinstance(value[0], str) or value[0] not in OPERATORS or not isinstance(value[2], list):
        return False
    return not value[1] or len(value[2]) < OPERATORS[value[0]].arity[0]
