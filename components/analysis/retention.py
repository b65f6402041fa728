"""The editor of retention."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.dimensions import PROPERTY
from analytics.period import Period
from analytics.query import Query
from components.analysis import address
from components.analysis.analysis import Analysis
from components.editors import choices
from components.editors.choices import Range
from components.editors.cuts import breakdown
from components.editors.draft import Draft, Field
from components.editors.filters import where_editor
from components.editors.matcher import matcher_editor
from components.editors.vocabulary import dimension_names
from reports.library.retention import TITLE, VIEWS, first_retention, retention_report

SUBJECT = Text("Retention of", "Rétention de")
SUBJECTS = {
    "users": Text("Users", "Utilisateurs"),
    "customers": Text("Customers", "Clients"),
    "revenue_net": Text("Revenue, net", "Revenu net"),
    "revenue_gross": Text("Revenue, gross", "Revenu brut"),
}
STARTS, RETURNS = Text("Begins with", "Commence par"), Text("Comes back with", "Revient par")
GRAIN = Text("By", "Par")
GRAINS = {
    "hour": Text("Hour", "Heure"),
    "day": Text("Day", "Jour"),
    "week": Text("Week", "Semaine"),
    "month": Text("Month", "Mois"),
}
LAST = Text("Cohorts of the last", "Cohortes sur")
PRESETS = {"hour": (1, 2, 7), "day": (14, 30, 60, 90), "week": (8, 12, 26, 52), "month": (6, 12, 18, 24)}
LETTERS = {"hour": "d", "day": "d", "week": "w", "month": "m"}
COUNTS = {
    "d": Text("{n} days", "{n} jours"),
    "w": Text("{n} weeks", "{n} semaines"),
    "m": Text("{n} months", "{n} mois"),
}
DATES = Text("Between two dates", "Entre deux dates")
SHOW = Text("Show", "Afficher")
SHOWN = {
    "share": Text("Came back", "De retour"),
    "count": Text("Amount", "Nombre"),
    "lost": Text("Did not", "Perdus"),
}
HOW, COLUMNS = Text("Who counts, and when", "Qui compte, et quand"), Text("Columns", "Colonnes")
CUT, WHOLE = Text("Breakdown", "Ventilation"), Text("Filters on every event", "Filtres sur tous les événements")
MODE = Text("A person joins", "Une personne rejoint")
MODES = {
    "first_time": Text("the cohort of the first time ever", "la cohorte de sa toute première fois"),
    "first_in_period": Text("that of the first time in the grid", "celle de la première fois dans la grille"),
    "recurring": Text("every cohort in which it happens", "chaque cohorte où cela arrive"),
}
ROLLING = Text("On it or any time after", "À ce pas ou plus tard")
ROLLING_HELP = Text(
    "Otherwise only those who come back in that very step count.", "Sinon seuls comptent ceux qui reviennent à ce pas précis."
)
LEAST = Text("At least so many times", "Au moins ce nombre de fois")
MEASURE = Text("Count", "Compter")
PEOPLE, MONEY = Text("People", "Personnes"), Text("Money of the returns", "Montant des retours")
SUM = Text("Sum of {name}", "Somme de {name}")
WINDOWS = Text("Steps are", "Les pas sont")
WINDOW_OPTIONS = {
    "calendar": Text("of the calendar", "ceux du calendrier"),
    "24h": Text("24-hour windows from each start", "des fenêtres de 24 h depuis chaque départ"),
}
BRACKETS = Text("Custom brackets, by their last step", "Regroupements, par leur dernier pas")
BRACKETS_HELP = Text("3, 7, 14 shows 1–3, 4–7 and 8–14.", "3, 7, 14 montre 1–3, 4–7 et 8–14.")
UNREADABLE = Text("Write rising numbers: 3, 7, 14.", "Écrivez des nombres croissants : 3, 7, 14.")
_COUNTED = re.compile(r"^(\d+)[dwmqy]$")
_OF_USERS = (
    "start_event", "return_event", "mode", "rolling", "min_occurrences", "sum_of", "by", "windows", "brackets", "where", "since", "until",
)  # fmt: skip


def start(actor: Actor) -> Query:
    return first_retention()


def settle(data: dict[str, Any]) -> dict[str, Any]:
    """What cannot be goes: options of users on a grid of money, hours there, a count of another step."""
    settled = dict(data)
    if settled.get("subject", "customers") != "users":
        settled = {name: value for name, value in settled.items() if name not in _OF_USERS}
        if settled.get("grain") == "hour":
            settled["grain"] = "day"
    grain = settled.get("grain", "month")
    counted = _COUNTED.match(str(settled.get("period", "12m")))
    if counted and not str(settled.get("period", "12m")).endswith(LETTERS[grain]):
        settled["period"] = f"{PRESETS[grain][1]}{LETTERS[grain]}"
    return settled


def editor(draft: Draft) -> None:
    """What is followed, from which event to which, how long; then how it is counted."""
    locale, data = draft.locale, draft.data
    _subject(draft)
    users = data.get("subject", "customers") == "users"
    if users:
        _events(draft)
    _cohorts(draft)
    _show(draft, users)
    if not users:
        return
    with st.expander(HOW[locale], icon=":material/tune:", key="retention_how"):
        _how(draft)
    with st.expander(COLUMNS[locale], icon=":material/view_column:", key="retention_columns"):
        _columns(draft)
    with st.expander(
        _counted(CUT[locale], data.get("by")), icon=":material/call_split:", key="retention_cut", expanded=bool(data.get("by"))
    ):
        breakdown(draft.field("by"))
    rows = (data.get("where") or {}).get("values")
    with st.expander(_counted(WHOLE[locale], rows), icon=":material/filter_list:", key="retention_where"):
        where_editor(draft.field("where"))


def _counted(label: str, items: Any) -> str:
    return f"{label} · {len(items)}" if items else label


def _subject(draft: Draft) -> None:
    field = draft.field("subject")
    options = SUBJECTS if draft.actor.may(Permission.READ_MONEY) else {"users": SUBJECTS["users"]}
    if len(options) > 1:
        choices.choice(field, SUBJECT, options, start="customers")


def _events(draft: Draft) -> None:
    """TRICKY: no event at all means any event here, while the form pieces take nothing for not chosen yet."""
    for name, label in (("start_event", STARTS), ("return_event", RETURNS)):
        field = draft.field(name)
        if not isinstance(field.value, dict):
            field.put({"event": field.value} if isinstance(field.value, str) else {}, tell=False)
        st.html(f'<div class="vg-label">{label[draft.locale]}</div>')
        matcher_editor(field, label)


def _cohorts(draft: Draft) -> None:
    grain = str(draft.data.get("grain", "month"))
    users = draft.data.get("subject", "customers") == "users"
    choices.choice(draft.field("grain"), GRAIN, GRAINS if users else {n: GRAINS[n] for n in GRAINS if n != "hour"}, start="month")
    field, locale = draft.field("period"), draft.locale
    text = str(field.value or "12m")
    offered = list(dict.fromkeys([f"{n}{LETTERS[grain]}" for n in PRESETS[grain]] + ([text] if _COUNTED.match(text) else [])))
    st.session_state[field.key] = text if text in offered else None
    st.segmented_control(
        LAST[locale],
        offered,
        format_func=lambda one: COUNTS.get(one[-1], Text(one, one)).format(n=one[:-1])[locale],
        key=field.key,
        on_change=_period,
        args=(field,),
    )
    with st.popover(
        DATES[locale] if "~" not in text else text.replace("~", " – "), icon=":material/calendar_month:", key="retention_dates"
    ):
        st.date_input(DATES[locale], value=_bounds(text), key=f"{field.key}_dates", format="DD/MM/YYYY", on_change=_dated, args=(field,))


def _period(field: Field) -> None:
    if chosen := st.session_state[field.key]:
        field.put(chosen)


def _bounds(text: str) -> list[Any]:
    return [date.fromisoformat(part) for part in text.split("~")] if "~" in text else []


def _dated(field: Field) -> None:
    chosen = st.session_state[f"{field.key}_dates"]
    if isinstance(chosen, tuple) and len(chosen) == 2:
        field.put(Period.between(*chosen).text)


def _show(draft: Draft, users: bool) -> None:
    options = [name for name in VIEWS if users or name != "lost"]
    key = "edit_retention_view"
    st.session_state[key] = address.view(RETENTION)
    st.segmented_control(
        SHOW[draft.locale],
        options,
        required=True,
        format_func=lambda name: SHOWN[name][draft.locale],
        key=key,
        on_change=lambda: address.look(RETENTION, st.session_state[key] or VIEWS[0]),
    )


def _how(draft: Draft) -> None:
    choices.choice(draft.field("mode"), MODE, MODES, start="first_time")
    choices.toggle(draft.field("rolling"), ROLLING, help=ROLLING_HELP)
    choices.number(draft.field("min_occurrences"), LEAST, Range(1, 1, 1000))
    named = [name for name in dimension_names(draft.actor) if name.startswith(PROPERTY)]
    sums = {name: SUM.format(name=name.removeprefix(PROPERTY)) for name in named}
    money = {"value": MONEY} if draft.actor.may(Permission.READ_MONEY) else {}
    choices.choice(draft.field("sum_of"), MEASURE, {"": PEOPLE, **money, **sums}, start="")


def _columns(draft: Draft) -> None:
    choices.choice(draft.field("windows"), WINDOWS, WINDOW_OPTIONS, start="calendar")
    field, locale = draft.field("brackets"), draft.locale
    st.session_state[field.key] = ", ".join(str(end) for end in field.value or ())
    help_ = BRACKETS_HELP[locale]
    st.text_input(
        BRACKETS[locale], key=field.key, placeholder="3, 7, 14, 30", help=help_, max_chars=120, on_change=_bracketed, args=(field,)
    )


def _bracketed(field: Field) -> None:
    """Numbers in any notation; anything else is said and changes nothing."""
    raw = str(st.session_state[field.key])
    if re.search(r"[^\d\s,;]", raw):
        st.toast(UNREADABLE[field.locale])
        return
    field.put([int(number) for number in re.findall(r"\d{1,4}", raw)] or None)


RETENTION = Analysis("retention", TITLE, ("retention",), start, editor, retention_report, settle, VIEWS)
