"""A titled card with a plain table in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from accounts.language import Text
from components import literal, states
from components.draw import sheet_html
from data_access.clock import naive_utc
from reports import words
from reports.charts.view import Sheet, SheetColumn

AGO = Text("{time} ago", "il y a {time}")
NEVER = words.MISSING
Cell = str | float | int | None


def title(text: str, note: str = "") -> str:
    said = f"<p>{literal.text(note)}</p>" if note else ""
    return f'<div class="vg-title"><h2>{literal.text(text)}</h2>{said}</div>'


def table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]], locale: str) -> str:
    """`columns`: (label, kind), kind one of text, number, bar; numbers are worded here."""
    heads = tuple(SheetColumn(str(i), label, kind != "text", kind == "bar") for i, (label, kind) in enumerate(columns))
    cells = tuple(tuple(_said(cell, locale) for cell in row) for row in rows)
    return sheet_html(Sheet(heads, cells, tuple(tuple(row) for row in rows)))


def _said(cell: Cell, locale: str) -> str:
    if isinstance(cell, str):
        return cell or words.MISSING
    return words.MISSING if cell is None else words.count(float(cell), locale)


def card(key: str, heading: tuple[str, str], body: str, empty: tuple[str, str] | None = None) -> None:
    """A card with HTML in it; with `empty` (what there is not, what to do) instead of a body."""
    with st.container(key=f"card_{key}"):
        st.html(title(*heading) + ("" if empty else body))
        if empty:
            states.state(*empty)


def ago(instant: datetime | None, now: datetime, locale: str) -> str:
    """How long ago; instants without a zone are UTC."""
    if instant is None:
        return NEVER
    then = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    seconds = (naive_utc(now) - naive_utc(then)).total_seconds()
    return AGO[locale].format(time=words.duration(float(round(max(seconds, 0.0))), locale))
