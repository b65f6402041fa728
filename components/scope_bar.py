"""The controls of a page: period, comparison, grain, filters. Each writes the address; the run after reads it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from analytics.filters import Filter
from analytics.period import Period
from components import literal, scope
from components.filter_form import filter_form
from components.segment_picker import comparisons, segment_chip, segment_picker
from reports import dates, grains
from reports.sentences import filter_sentence

PRESETS = {
    "7d": Text("7D", "7 j"),
    "30d": Text("30D", "30 j"),
    "12w": Text("12W", "12 sem."),
    "mtd": Text("MTD", "Mois"),
    "qtd": Text("QTD", "Trim."),
    "ytd": Text("YTD", "Année"),
    "12m": Text("12M", "12 mois"),
}
COMPARISONS = {
    "previous": Text("Previous period", "Période précédente"),
    "year": Text("Same period last year", "Même période un an avant"),
    "none": Text("No comparison", "Sans comparaison"),
}
PERIOD, DATES = Text("Period", "Période"), Text("Dates", "Dates")
COMPARE, GRAIN = Text("Compare with", "Comparer à"), Text("Step", "Pas de temps")
FILTERS, AUTO = Text("Filters", "Filtres"), Text("Automatic", "Automatique")
REMOVE = Text("Remove the filter: {said}", "Retirer le filtre : {said}")
CLEAR = Text("Clear all", "Tout effacer")
EARLIEST = date(2000, 1, 1)


def scope_bar(choice: scope.Choice, actor: Actor, now: datetime, *, compares: bool = True) -> None:
    """Period presets, then dates with comparison (where the page `compares`) and grain, then filters. Draws into the current container."""
    locale = actor.locale
    st.session_state["scope_period"] = choice.scope.period.text if choice.scope.period.text in PRESETS else None
    st.segmented_control(
        PERIOD[locale],
        list(PRESETS),
        format_func=lambda name: PRESETS[name][locale],
        key="scope_period",
        label_visibility="collapsed",
        on_change=_preset,
    )
    with st.popover(_dates_label(choice, locale), icon=":material/calendar_month:", key="scope_dates"):
        _dates(choice, actor, now)
        if compares:
            _comparison(choice, actor)
        _grain(choice, actor, now)
    count = len(choice.scope.filters) + (choice.scope.segment is not None)
    with st.popover(FILTERS[locale] + (f" · {count}" if count else ""), icon=":material/filter_list:", key="scope_filters"):
        segment_picker(choice.scope, actor)
        filter_form(choice.scope, actor)


def _dates_label(choice: scope.Choice, locale: str) -> str:
    text = choice.scope.period.text
    if text in PRESETS:
        return DATES[locale]
    if text in dates.PERIODS:
        return dates.PERIODS[text][locale]
    if "~" not in text:
        return literal.markdown(text)
    first, last = (date.fromisoformat(part) for part in text.split("~"))
    return literal.markdown(dates.days(first, last, locale))


def _preset() -> None:
    if chosen := st.session_state.get("scope_period"):
        scope.change(period=Period(chosen), grain=None)


def _dates(choice: scope.Choice, actor: Actor, now: datetime) -> None:
    bounds = choice.scope.period.resolve(now, actor.tenant)
    today = now.astimezone(actor.tenant.zone).date()
    latest = max(today, bounds.last)
    shown = (max(bounds.first, EARLIEST), min(bounds.last - timedelta(days=1), latest))
    st.session_state["scope_custom"] = shown if shown[0] <= shown[1] else (shown[1], shown[1])
    st.date_input(DATES[actor.locale], key="scope_custom", min_value=EARLIEST, max_value=latest, format="DD/MM/YYYY", on_change=_custom)


def _custom() -> None:
    """A range being chosen has one day until the second is clicked: only both make a period."""
    chosen = st.session_state.get("scope_custom")
    if isinstance(chosen, tuple) and len(chosen) == 2:
        scope.change(period=Period.between(*chosen), grain=None)


def _comparison(choice: scope.Choice, actor: Actor) -> None:
    locale, options = actor.locale, COMPARISONS | comparisons(choice.scope, actor)
    st.session_state["scope_compare"] = choice.scope.compare or "none"
    st.radio(
        COMPARE[locale],
        list(options),
        format_func=lambda name: literal.markdown(options[name][locale]),
        key="scope_compare",
        on_change=_compare,
    )


def _compare() -> None:
    chosen = st.session_state["scope_compare"]
    scope.change(compare=None if chosen == "none" else chosen)


def _grain(choice: scope.Choice, actor: Actor, now: datetime) -> None:
    locale, period = actor.locale, choice.scope.period.resolve(now, actor.tenant)
    options = ["auto", *grains.allowed(period)]
    st.session_state["scope_grain"] = choice.grain or "auto"
    auto = f"{AUTO[locale]} ({dates.GRAINS[grains.fitting(period)][locale].lower()})"
    st.selectbox(
        GRAIN[locale],
        options,
        format_func=lambda name: dates.GRAINS[name][locale] if name in dates.GRAINS else auto,
        key="scope_grain",
        on_change=_step,
    )


def _step() -> None:
    chosen = st.session_state["scope_grain"]
    scope.change(grain=None if chosen == "auto" else chosen)


def chips(choice: scope.Choice, actor: Actor) -> None:
    """The filters as sentences, each removable."""
    filters, locale = choice.scope.filters, actor.locale
    if not filters and choice.scope.segment is None:
        return
    with st.container(key="scope_chips", horizontal=True, gap="small"):
        segment_chip(choice.scope, actor)
        for position, one in enumerate(filters):
            said = filter_sentence(one, locale)
            shown = said if len(said) <= 60 else said[:59] + "…"
            left = tuple(f for i, f in enumerate(filters) if i != position)
            hint = literal.markdown(REMOVE[locale].format(said=said))
            st.button(
                literal.markdown(shown),
                key=f"chip_{position}",
                icon=":material/close:",
                icon_position="right",
                help=hint,
                on_click=_keep,
                args=(left,),
            )
        if len(filters) > 1:
            st.button(CLEAR[locale], key="chip_clear", type="tertiary", on_click=_keep, args=((),))


def _keep(filters: tuple[Filter, ...]) -> None:
    scope.change(filters=filters)
