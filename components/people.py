"""The people behind a number: how many, who, each with a link to the person's page, and the list as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode

import orjson
import pandas as pd
import streamlit as st

from accounts import audit
from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.people import People
from analytics.metric import Unit
from analytics.query import InvalidQuery
from analytics.result import Column, Result
from analytics.run import Forbidden, run
from components import literal, session, states
from components.make_segment import make_segment
from data_access.clock import utc_now
from data_access.connections import store
from data_access.errors import WarehouseError
from reports import dates, words
from reports.charts.sheet import cell, heading
from reports.formats import FORMATS, file_name

PAGE, FILE_PAGE, MOST_IN_FILE = 25, 10_000, 100_000
COUNTED = Text("{count} people", "{count} personnes")
ONE = Text("1 person", "1 personne")
SHOWN = Text("{first}–{last} of {total}", "{first}–{last} sur {total}")
SEARCH = Text("Search an id, an e-mail or a name", "Chercher un identifiant, un e-mail ou un nom")
BEFORE, NEXT = Text("Previous", "Précédentes"), Text("Next", "Suivantes")
TAKE = Text("CSV", "CSV")
TAKE_HINT = Text("The whole list; the download is recorded.", "La liste entière ; le téléchargement est consigné.")
TAKE_SOME = Text("The first {count} people; the download is recorded.", "Les {count} premières personnes ; le téléchargement est consigné.")
NOBODY, NOBODY_NEXT = Text("Nobody", "Personne"), Text("Nobody is behind this number.", "Personne n’est derrière ce nombre.")
NOT_FOUND = Text("Nobody here has such an id, e-mail or name.", "Personne ici n’a cet identifiant, cet e-mail ou ce nom.")
NEVER = Text("not yet", "pas encore")
COLUMNS = ("plan", "country", "last_seen_at", "value", "reached", "took", "times", "events", "revenue")


def open_people(query: People, title: str, actor: Actor) -> None:
    """A dialog with the people behind a number. `title` is plain text. As of any dialog there can be one at a time, and a fragment
    that runs in parallel cannot open it."""

    @st.dialog(literal.markdown(title), width="large")
    def opened() -> None:
        people_list(query, actor)

    opened()


def people_list(query: People, actor: Actor) -> None:
    """Count, search, table, pages and file, wherever there is room for them. Reruns only the fragment around it."""
    key = "people_" + sha256(orjson.dumps(query.to_json(), option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
    place = f"{key}_offset"
    with st.container(key=f"{key}_bar", horizontal=True, vertical_alignment="center"):
        searched = st.text_input(
            SEARCH[actor.locale],
            key=f"{key}_search",
            placeholder=SEARCH[actor.locale],
            label_visibility="collapsed",
            icon=":material/search:",
            max_chars=200,
            on_change=lambda: st.session_state.update({place: 0}),
        )
        tools = st.container(key=f"{key}_tools", horizontal=True, width="content")
    asked = query.model_copy(update={"search": searched or None, "offset": st.session_state.get(place, 0), "limit": PAGE})
    result = _answered(asked, actor)
    if result is None:
        return
    with tools:
        make_segment(query, actor)
        _take(asked, result, actor, key)
    _drawn(result, actor, bool(searched))
    _pages(result, actor, place)


def _answered(query: People, actor: Actor) -> Result | None:
    try:
        return run(query, actor, utc_now())
    except (Forbidden, InvalidQuery, WarehouseError) as error:
        states.failure(error, actor.locale)
        return None


def _drawn(result: Result, actor: Actor, searched: bool) -> None:
    total = result.extra["total"]
    if not total:
        states.state(NOBODY[actor.locale], (NOT_FOUND if searched else NOBODY_NEXT)[actor.locale])
        return
    st.html(f'<p class="vg-fact">{literal.text(counted(total, actor.locale))}</p>{table_html(result, actor, utc_now())}')


def counted(total: int, locale: str) -> str:
    """`1,204 people`."""
    return (ONE if total == 1 else COUNTED.format(count=words.count(total, locale, "exact")))[locale]


def table_html(result: Result, actor: Actor, now: datetime) -> str:
    """One row per person: who, linked to the person's page, and what the list knows of them; empty columns are left out."""
    shown = [c for name in COLUMNS for c in result.columns if c.name == name and _says(result.frame[name], c)]
    head = f'<th scope="col">{literal.text(_PERSON[actor.locale])}</th>' + "".join(_head(c, actor.locale) for c in shown)
    body = "".join(f"<tr>{_who(row)}{_cells(result, row, shown, (actor, now))}</tr>" for row in result.frame.to_dict("records"))
    return f'<div class="vg-scroll" tabindex="0"><table class="vg-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


_PERSON = Text("Person", "Personne")


def _says(values: pd.Series, column: Column) -> bool:
    """Whether the column tells anybody anything: of a number of people each person's own part is always 1."""
    if column.name == "value" and column.unit is Unit.COUNT and (values == 1).all():
        return False
    known = values.notna() & (values != "") if column.role == "dimension" else values.notna()
    return bool(known.any())


def _number(column: Column) -> bool:
    return column.role == "metric"


def _head(column: Column, locale: str) -> str:
    return f'<th scope="col"{_right(column)}>{literal.text(heading(column, locale))}</th>'


def _right(column: Column) -> str:
    return ' class="vg-num"' if _number(column) else ""


def _who(row: dict[str, object]) -> str:
    """The name, e-mail or id, with the id below where it is not that."""
    known = str(row["external_id"])
    title = str(row.get("name") or row.get("email") or known or row["key"])
    below = " · ".join(str(part) for part in (row.get("email"), known) if part and part != title)
    said = f"<b>{literal.text(title)}</b>{f'<small>{literal.text(below)}</small>' if below else ''}"
    link = person_link(known)
    return f'<td class="vg-person">{f"<a href={chr(34)}{link}{chr(34)}>{said}</a>" if known else said}</td>'


def person_link(external_id: str) -> str:
    """The address of the person's page, relative to any page, safe in an attribute."""
    return literal.text(f"person?{urlencode({'id': external_id})}")


def _cells(result: Result, row: dict[str, object], shown: list[Column], reader: tuple[Actor, datetime]) -> str:
    return "".join(f"<td{_right(c)}>{literal.text(_cell(result, c, row[c.name], reader))}</td>" for c in shown)


def _cell(result: Result, column: Column, raw: object, reader: tuple[Actor, datetime]) -> str:
    actor, now = reader
    if isinstance(raw, datetime):
        return dates.instant(raw, actor.tenant, actor.locale, now) if raw is not pd.NaT else NEVER[actor.locale]
    return words.MISSING if raw == "" else cell(result, column, raw, actor.locale)


def _pages(result: Result, actor: Actor, place: str) -> None:
    total, offset = result.extra["total"], result.extra["offset"]
    if total <= PAGE:
        return
    last = min(offset + PAGE, total)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{place}_turn"):
        said = [words.count(n, actor.locale, "exact") for n in (offset + 1, last, total)]
        st.html(f'<p class="vg-fact">{literal.text(SHOWN[actor.locale].format(first=said[0], last=said[1], total=said[2]))}</p>')
        for label, to, able in ((BEFORE, offset - PAGE, offset > 0), (NEXT, offset + PAGE, last < total)):
            st.button(
                label[actor.locale],
                key=f"{place}_{label.en}",
                disabled=not able,
                on_click=lambda to=to: st.session_state.update({place: max(to, 0)}),
            )


def _take(query: People, result: Result, actor: Actor, key: str) -> None:
    """The list as a file, for those who may take data away."""
    if not actor.may(Permission.EXPORT) or not result.extra["total"]:
        return
    some = TAKE_SOME.format(count=words.count(MOST_IN_FILE, actor.locale, "exact"))
    st.download_button(
        TAKE[actor.locale],
        data=_file(query, actor, session.visit().address),
        file_name=file_name("people", result.period.first.isoformat(), extension=FORMATS["csv"].extension),
        mime=FORMATS["csv"].mime,
        key=f"{key}_csv",
        icon=":material/download:",
        help=(TAKE_HINT if result.extra["total"] <= MOST_IN_FILE else some)[actor.locale],
        on_click="ignore",
    )


def _file(query: People, actor: Actor, address: str) -> Callable[[], bytes]:
    def made() -> bytes:
        now = utc_now()
        result = whole_list(query, actor, now)
        details = {"query": query.to_json(), "people": len(result.frame)}
        audit.record(store(), audit.Entry("export_people", query.shape, "done", actor, address, details=details), now)
        return FORMATS["csv"].render(result, actor.locale, False)

    return made


def whole_list(query: People, actor: Actor, now: datetime) -> Result:
    """All people of the list, at most MOST_IN_FILE, as one Result. Raises what `run` raises."""
    first = run(query.model_copy(update={"offset": 0, "limit": FILE_PAGE}), actor, now)
    parts = [first.frame]
    for offset in range(FILE_PAGE, min(first.extra["total"], MOST_IN_FILE), FILE_PAGE):
        parts.append(run(query.model_copy(update={"offset": offset, "limit": FILE_PAGE}), actor, now).frame)
    return replace(first, frame=pd.concat(parts, ignore_index=True))


__all__ = ["counted", "open_people", "people_list", "person_link", "table_html", "whole_list"]
