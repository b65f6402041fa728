"""Which events are meant: one, any of several, or any at all."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accounts.language import Text
from components import literal
from components.editors.draft import UNSET, Field
from components.editors.vocabulary import event_names

ANY = "*"
ANY_EVENT = Text("Any event", "N’importe quel événement")
EVENT = Text("Event", "Événement")
PICK = Text("Choose an event", "Choisissez un événement")
CHOOSE = Text("Choose an event: until then this part does not count.", "Choisissez un événement : d’ici là, cette partie ne compte pas.")
MOST = 20


def chosen_events(matcher: Any) -> list[str]:
    """The names in a matcher's JSON; ANY for any event, nothing where none was chosen."""
    if not isinstance(matcher, dict) or matcher.get(UNSET):
        return []
    if several := matcher.get("any_of"):
        return [str(one.get("event") or ANY) for one in several if isinstance(one, dict)]
    return [str(matcher.get("event") or ANY)]


def event_picker(field: Field, label: Text = EVENT) -> None:
    """Edits the events of the matcher that stands at `field`; several mean any of them. Names not listed may be typed."""
    locale, chosen = field.locale, chosen_events(field.value)
    st.session_state[f"{field.key}_events"] = chosen
    st.multiselect(
        label[locale],
        list(dict.fromkeys([*chosen, ANY, *event_names(field.actor)])),
        format_func=lambda name: ANY_EVENT[locale] if name == ANY else name,
        key=f"{field.key}_events",
        placeholder=PICK[locale],
        max_selections=MOST,
        select_all=False,
        accept_new_options=True,
        label_visibility="collapsed",
        on_change=_chosen,
        args=(field,),
    )
    if not chosen:
        st.html(f'<p class="vg-hint">{literal.text(CHOOSE[locale])}</p>')


def _chosen(field: Field) -> None:
    """Conditions that belong to one of several events stay with it."""
    names = [name[:200] for name in st.session_state[f"{field.key}_events"] if name]
    before = field.value if isinstance(field.value, dict) else {}
    held = {one.get("event"): one for one in before.get("any_of", ()) if isinstance(one, dict)}
    kept = {name: value for name, value in before.items() if name not in ("event", "any_of", UNSET)}
    field.put(kept | _matched([name for name in names if name != ANY] if len(names) > 1 else names, held))


def _matched(names: list[str], held: dict[Any, Any]) -> dict[str, Any]:
    if not names:
        return {UNSET: True}
    if len(names) == 1:
        return {} if names[0] == ANY else {"event": names[0]}
    return {"any_of": [held.get(name, {"event": name}) for name in names]}
