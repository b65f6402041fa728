"""An ordered list of steps, each an event with its conditions: add, take away, move, name, make optional."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from accounts.language import Text
from components import literal
from components.editors import choices
from components.editors.draft import UNSET, Field
from components.editors.events import ANY, ANY_EVENT, chosen_events
from components.editors.matcher import matcher_editor

ADD = Text("Add a step", "Ajouter une étape")
STEP = Text("Step {number}", "Étape {number}")
MORE = Text("Step {number}: name, order, remove", "Étape {number} : nom, ordre, retrait")
NAME = Text("Name", "Nom")
OPTIONAL = Text("Optional", "Facultative")
OPTIONAL_HELP = Text("May be left out, and never delays the next step.", "Peut être omise et ne retarde jamais la suivante.")
UP, DOWN = Text("Move up", "Monter"), Text("Move down", "Descendre")
TWICE, REMOVE = Text("Duplicate", "Dupliquer"), Text("Remove", "Retirer")


@dataclass(frozen=True)
class Steps:
    """How many there may be, and whether those after the first may be optional (`why_not` is said where they may not)."""

    least: int = 1
    most: int = 20
    optional: bool = False
    why_not: Text | None = None


def step_title(step: object, number: int, locale: str) -> str:
    """The step's name, else its events, else its number."""
    label = step.get("label") if isinstance(step, dict) else ""
    names = [ANY_EVENT[locale] if name == ANY else name for name in chosen_events(step)]
    return str(label or ", ".join(names) or STEP[locale].format(number=number))


def step_list(field: Field, steps: Steps) -> None:
    """Edits the list of matchers at `field`."""
    for position, step in enumerate(field.items()):
        with st.container(key=f"step_{step.key}", gap="small"):
            _head(field, position, steps)
            matcher_editor(step)
    if len(field.value or ()) < steps.most:
        st.button(ADD[field.locale], key=f"{field.key}_more", icon=":material/add:", on_click=field.add, args=({UNSET: True},))


def _head(field: Field, position: int, steps: Steps) -> None:
    step, locale = field.child(position), field.locale
    optional = f"<em>{literal.text(OPTIONAL[locale].lower())}</em>" if (step.value or {}).get("optional") else ""
    label = (step.value or {}).get("label") or STEP[locale].format(number=position + 1)
    with st.container(horizontal=True, key=f"stephead_{step.key}", vertical_alignment="center"):
        st.html(f'<div class="vg-step"><b>{position + 1}</b><span>{literal.text(label)}</span>{optional}</div>')
        place = st.container(key=f"menu_{step.key}", width="content")
        with place.popover(MORE[locale].format(number=position + 1), icon=":material/more_horiz:", key=f"{step.key}_more"):
            _menu(field, position, steps)


def _menu(field: Field, position: int, steps: Steps) -> None:
    step, count = field.child(position), len(field.value)
    choices.words(step.child("label"), NAME, placeholder=step_title(step.value, position + 1, field.locale))
    if position and steps.optional:
        choices.toggle(step.child("optional"), OPTIONAL, help=OPTIONAL_HELP)
    elif position and steps.why_not:
        choices.said(steps.why_not[field.locale])
    with st.container(horizontal=True, gap="small", key=f"order_{step.key}"):
        choices.press(UP, step, "up", icon=":material/arrow_upward:", do=field.move, args=(position, -1), disabled=position == 0)
        last = position == count - 1
        choices.press(DOWN, step, "down", icon=":material/arrow_downward:", do=field.move, args=(position, 1), disabled=last)
        choices.press(TWICE, step, "twice", icon=":material/content_copy:", do=_twice, args=(field, position), disabled=count >= steps.most)
        choices.press(REMOVE, step, "gone", icon=":material/delete:", do=field.remove, args=(position,), disabled=count <= steps.least)


def _twice(field: Field, position: int) -> None:
    items = list(field.value)
    field.put([*items[: position + 1], dict(items[position]), *items[position + 1 :]])
