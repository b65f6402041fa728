"""The small pieces: one of several, yes or no, a number, a text. Each shows and writes one field of a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from accounts.language import Text
from components import literal
from components.editors.draft import Field

NUMBER, UNIT = Text("Number", "Nombre"), Text("Unit", "Unité")


def choice(field: Field, label: Text, options: Mapping[str, Text], *, start: str, help: Text | None = None) -> str:
    """One of a few, written out; `start` is what holds while nothing was chosen (and is not written)."""
    chosen = field.value if field.value in options else start
    st.session_state[field.key] = chosen
    st.selectbox(
        label[field.locale],
        list(options),
        format_func=lambda name: options[name][field.locale],
        key=field.key,
        help=help[field.locale] if help else None,
        on_change=_chosen,
        args=(field, start),
    )
    return str(chosen)


def _chosen(field: Field, start: Any) -> None:
    value = st.session_state[field.key]
    field.put(None if value == start else value)


def toggle(field: Field, label: Text, *, start: bool = False, help: Text | None = None, disabled: bool = False) -> bool:
    """Yes or no."""
    chosen = bool(field.value) if field.value is not None else start
    st.session_state[field.key] = chosen
    st.toggle(
        label[field.locale],
        key=field.key,
        help=help[field.locale] if help else None,
        on_change=_chosen,
        args=(field, start),
        disabled=disabled,
    )
    return chosen


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, `start` while nothing was chosen."""

    start: int
    low: int = 1
    high: int = 10_000


def number(field: Field, label: Text, within: Range, *, help: Text | None = None, hidden: bool = False) -> int:
    """A whole number."""
    value = field.value if isinstance(field.value, int) else within.start
    chosen = min(max(value, within.low), within.high)
    st.session_state[field.key] = chosen
    st.number_input(
        label[field.locale],
        min_value=within.low,
        max_value=within.high,
        step=1,
        key=field.key,
        help=help[field.locale] if help else None,
        label_visibility="collapsed" if hidden else "visible",
        on_change=_chosen,
        args=(field, within.start),
    )
    return chosen


def words(field: Field, label: Text, *, placeholder: str = "", most: int = 120) -> str:
    """A line of text."""
    chosen = str(field.value or "")
    st.session_state[field.key] = chosen
    st.text_input(label[field.locale], key=field.key, placeholder=placeholder, max_chars=most, on_change=_written, args=(field,))
    return chosen


def _written(field: Field) -> None:
    field.put(str(st.session_state[field.key]).strip() or None)


def span(count: Field, unit: Field, label: Text, units: Mapping[str, Text], *, within: Range, start: str) -> None:
    """A length of time: a number and its unit, side by side under one label."""
    st.html(f'<div class="vg-label">{literal.text(label[count.locale])}</div>')
    with st.container(horizontal=True, gap="small", key=f"span_{count.key}"):
        number(count, label, within, hidden=True)
        st.session_state[unit.key] = unit.value if unit.value in units else start
        st.selectbox(
            UNIT[unit.locale],
            list(units),
            format_func=lambda name: units[name][unit.locale],
            key=unit.key,
            label_visibility="collapsed",
            on_change=_chosen,
            args=(unit, start),
        )


def press(label: Text, field: Field, verb: str, *, icon: str, do: Callable[..., None], args: tuple[Any, ...] = (), **style: Any) -> None:
    """A quiet button of a field: `verb` tells it from the field's others."""
    st.button(label[field.locale], key=f"{field.key}_{verb}", icon=icon, type="tertiary", on_click=do, args=args, **style)


def said(text: str) -> None:
    """A remark beside a field."""
    st.html(f'<p class="vg-hint">{literal.text(text)}</p>')
