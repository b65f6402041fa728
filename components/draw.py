"""Put a Drawing on the screen. Everything that came from outside is escaped here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

import pandas as pd
import streamlit as st

from components import literal
from reports.charts.view import PICK, Chart, Drawing, Sentences, Sheet, SheetColumn, Tile, Tiles

ARROWS = {"up": "↑", "down": "↓", "none": ""}
MARKS = {"up": "↑", "down": "↓", "none": "·"}
ICONS = {"up": ":material/arrow_upward:", "down": ":material/arrow_downward:", "none": ":material/remove:"}


def draw(drawing: Drawing, key: str, alt: str, on_pick: Callable[[], None] | None = None) -> None:
    """`alt` says what a chart is to those who do not see it. `on_pick` is called after a click on a mark: see `picked`."""
    match drawing:
        case Chart(spec):
            if on_pick is None:
                st.vega_lite_chart(spec, theme=None, width="stretch", key=key, alt=alt)
            else:
                st.vega_lite_chart(spec, theme=None, width="stretch", key=key, alt=alt, on_select=on_pick, selection_mode=PICK)
        case Tiles(tiles):
            st.html(tiles_html(tiles))
        case Sheet():
            st.html(sheet_html(drawing))
        case Sentences():
            st.html(sentences_html(drawing))


def picked(key: str) -> dict[str, str]:
    """The fields of the mark that was clicked on the chart of this key."""
    chosen = st.session_state.get(key, {}).get("selection", {}).get(PICK) or [{}]
    return {name: str(value) for name, value in chosen[0].items()}


def tiles_html(tiles: Sequence[Tile]) -> str:
    return f'<dl class="vg-tiles" style="--across:{len(tiles)}">{"".join(map(_tile, tiles))}</dl>'


def _tile(tile: Tile) -> str:
    with_target = " vg-with-target" if tile.target else ""
    arrow = f"{ARROWS[tile.arrow]} " if tile.arrow != "none" else ""
    chip = f'<span class="vg-chip">{arrow}{literal.text(tile.change)}</span><span>{literal.text(tile.versus)}</span>' if tile.change else ""
    return (
        f'<div class="vg-tile vg-{tile.tone}{with_target}"><dt>{literal.text(tile.label)}</dt>'
        f'<dd class="vg-value">{literal.text(tile.value)}</dd><dd class="vg-change">{chip}</dd>{_spark(tile.spark)}{_target(tile)}</div>'
    )


def _target(tile: Tile) -> str:
    if not tile.target:
        return ""
    share = min(max(tile.target_share or 0.0, 0.0), 1.0)
    return f'<dd class="vg-target" style="--share:{share:.1%}"><b></b>{literal.text(tile.target)}</dd>'


def _spark(values: Sequence[float]) -> str:
    """Two masks over a plain colour: the area and the line. SVG inside the page is not allowed by the sanitizer."""
    if not values:
        return ""
    low, high = min(values), max(values)
    room = (high - low) or 1.0
    points = [f"{100 * i / (len(values) - 1):.1f},{28 - 24 * (v - low) / room if high > low else 14:.1f}" for i, v in enumerate(values)]
    stroke = "fill='none' stroke='#000' stroke-width='1.75' stroke-linejoin='round' vector-effect='non-scaling-stroke'"
    line = f"<polyline points='{' '.join(points)}' {stroke}/>"
    area = f"<polygon points='0,32 {' '.join(points)} 100,32'/>"
    return f'<div class="vg-spark" aria-hidden="true"><i style="{_mask(area)}"></i><i style="{_mask(line)}"></i></div>'


def _mask(shape: str) -> str:
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 32' preserveAspectRatio='none'>{shape}</svg>"
    return f"--shape:url(&quot;data:image/svg+xml,{quote(svg)}&quot;)"


def sheet_html(sheet: Sheet) -> str:
    """A table with share bars; the bar stands in a column of its own beside its number."""
    longest = {c.name: max((abs(_float(row[i])) for row in sheet.raw), default=0.0) for i, c in enumerate(sheet.columns) if c.bar}
    head = "".join(_head(c) for c in sheet.columns)
    body = "".join(f"<tr>{_row(sheet.columns, cells, raw, longest)}</tr>" for cells, raw in zip(sheet.cells, sheet.raw, strict=True))
    return f'<div class="vg-scroll" tabindex="0"><table class="vg-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _head(column: SheetColumn) -> str:
    cell = f'<th scope="col"{_right(column)}>{literal.text(column.label)}</th>'
    return f'<th aria-hidden="true"></th>{cell}' if column.bar else cell


def _right(column: SheetColumn) -> str:
    return ' class="vg-num"' if column.numeric else ""


def _row(columns: Sequence[SheetColumn], cells: Sequence[str], raw: Sequence[object], longest: dict[str, float]) -> str:
    parts = []
    for column, cell, value in zip(columns, cells, raw, strict=True):
        if column.bar:
            share = abs(_float(value)) / (longest[column.name] or 1.0)
            parts.append(f'<td class="vg-bar"><i style="--share:{share:.1%}"></i></td>')
        parts.append(f"<td{_right(column)}>{literal.text(cell)}</td>")
    return "".join(parts)


def _float(value: object) -> float:
    number = float(value) if isinstance(value, int | float) else 0.0
    return number if number == number else 0.0


def sentences_html(drawing: Sentences) -> str:
    items = []
    for one in drawing.sentences:
        subject = f"<b>{literal.text(one.subject)}</b> " if one.subject else ""
        mark = f'<span class="vg-mark vg-{one.tone}" aria-hidden="true">{MARKS[one.arrow]}</span>'
        items.append(f"<li>{mark}<span>{subject}{literal.text(one.rest)}</span></li>")
    return f'<ul class="vg-said">{"".join(items)}</ul>'


def sentences(drawing: Sentences, key: str, on_pick: Callable[[dict[str, str]], None]) -> None:
    """The same sentences, each a button that gives back what it speaks of: metric, by and slice."""
    with st.container(key=f"said_{key}", gap=None):
        for position, one in enumerate(drawing.sentences):
            st.button(
                f"**{literal.markdown(one.subject)}** {literal.markdown(one.rest)}",
                key=f"told_{one.tone}_{key}_{position}",
                icon=ICONS[one.arrow],
                type="tertiary",
                width="stretch",
                on_click=on_pick,
                args=({"metric": one.metric, "by": one.by, "slice": one.slice},),
            )


def rows(sheet: Sheet, key: str, on_pick: Callable[[], None]) -> None:
    """A table whose rows can be chosen; `chosen_row` then says which."""
    frame = pd.DataFrame([list(cells) for cells in sheet.cells], columns=[c.name for c in sheet.columns])
    config = {
        c.name: st.column_config.TextColumn(c.label, alignment="right" if c.numeric else "left") if not c.hidden else None
        for c in sheet.columns
    }
    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select=on_pick,
        selection_mode="single-row",
        column_config=config,
        row_height=34,
        height="content",
    )


def chosen_row(sheet: Sheet, key: str) -> dict[str, str]:
    """The raw values of the chosen row, by column name."""
    position = next(iter(st.session_state[key]["selection"]["rows"]), None)
    if position is None or position >= len(sheet.raw):
        return {}
    return {c.name: str(value) for c, value in zip(sheet.columns, sheet.raw[position], strict=True)}
