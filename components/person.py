"""The page of one person: who they are, what they did, how they use the product, and everything that happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from accounts import audit
from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.dimensions import DIMENSIONS
from analytics.kinds.people import People
from analytics.kinds.person_query import Person
from analytics.period import Period
from analytics.query import InvalidQuery, Scope
from analytics.result import Result
from analytics.run import Forbidden, run
from components import literal, session, states, theme
from components.languages import languages
from components.panel import panel_card
from components.people import people_list
from components.person_timeline import timeline
from data_access.clock import utc_now
from data_access.connections import store
from data_access.errors import WarehouseError
from reports import dates, words
from reports.bundle import bundle
from reports.formats import file_name
from reports.library.person import person_report
from reports.report import Panel, Report

PEOPLE = Text("People", "Personnes")
FIND = Text(
    "Everyone known, those seen last first. Search by id, e-mail or name.",
    "Toutes les personnes connues, vues le plus récemment en premier.",
)
ALL = Text("All people", "Toutes les personnes")
SINCE, SEEN = Text("here since {day}", "présente depuis le {day}"), Text("last seen {instant}", "vue {instant}")
ANONYMOUS = Text("anonymous", "anonyme")
KNOWN_AS, PROPERTIES = Text("Known as", "Connue sous"), Text("Properties", "Propriétés")
MERGED = Text("{name} turned out to be this person on {instant}", "{name} s’est révélé être cette personne le {instant}")
TAKE = Text("Export", "Exporter")
TAKE_HINT = Text(
    "Everything on this page as CSV files in one zip; the download is recorded.",
    "Toute la page en CSV dans un zip ; le téléchargement est consigné.",
)
PERIOD = Text("Period", "Période")
SPANS = {"30d": 30, "90d": 90, "12m": 365, "all": 0}  # days, today included
SPAN_WORDS = {
    "30d": Text("30 days", "30 jours"),
    "90d": Text("90 days", "90 jours"),
    "12m": Text("12 months", "12 mois"),
    "all": Text("All", "Tout"),
}
UNKNOWN = Text("Nobody is known by this id", "Personne n’est connu sous cet identifiant")
UNKNOWN_NEXT = Text("Search below by id, e-mail or name.", "Cherchez ci-dessous par identifiant, e-mail ou nom.")
ALWAYS = ("events", "active_days", "sessions")


def show() -> None:
    """The person whose id the address names; without one, the search."""
    actor = session.require(Permission.READ_PEOPLE)
    theme.apply()
    st.logo(str(theme.MARK), size="medium")
    languages(actor)
    known_as = st.query_params.get("id", "")[:1000]
    result = _answered(Person(id=known_as, period=_period(actor, utc_now())), actor) if known_as else None
    if result is None:
        _search(actor)
    else:
        _person(known_as, result, actor)


def _answered(query: Person, actor: Actor) -> Result | None:
    try:
        return run(query, actor, utc_now())
    except InvalidQuery:
        states.state(UNKNOWN[actor.locale], UNKNOWN_NEXT[actor.locale])
    except (Forbidden, WarehouseError) as error:
        states.failure(error, actor.locale)
    return None


def _span() -> str:
    """Of the address; what is none of ours is the default."""
    asked = st.query_params.get("period", "")
    return asked if asked in SPANS else "12m"


def _period(actor: Actor, now: datetime) -> Period:
    today = now.astimezone(actor.tenant.zone).date()
    days = SPANS[_span()]
    return Period.between(today - timedelta(days=days - 1), today) if days else Period("all")


def _search(actor: Actor) -> None:
    st.html(f'<div class="vg-head"><h1>{PEOPLE[actor.locale]}</h1><p>{FIND[actor.locale]}</p></div>')
    with st.container(key="card_people"):
        _listed()


@st.fragment
def _listed() -> None:
    actor = session.require(Permission.READ_PEOPLE)
    people_list(People(period=Period("all")), actor)


def _person(known_as: str, result: Result, actor: Actor) -> None:
    now, who = utc_now(), result.extra["profile"]
    report = person_report(known_as, who["key"], result.query.period, result.totals)
    _head(known_as, who, report, actor)
    st.html(facts_html(result, actor.locale))
    left, right = st.columns([7, 6], gap="small")
    with left, st.container(key="card_timeline"):
        timeline(known_as, _ever(known_as, result, actor))
    with right:
        for panel in report.panels:
            panel_card(panel, Scope(period=result.query.period, compare=None))
        _identity(who, actor, now)


def _ever(known_as: str, result: Result, actor: Actor) -> list[str]:
    """What the person did at all, whatever the period."""
    whole = _answered(Person(id=known_as), actor) or result
    return [name for name, value in whole.totals.items() if value]


def _head(known_as: str, who: dict[str, Any], report: Report, actor: Actor) -> None:
    with st.container(key="page_head", horizontal=True):
        st.html(head_html(who, actor, utc_now()))
        chosen = st.segmented_control(
            PERIOD[actor.locale],
            list(SPANS),
            default=_span(),
            required=True,
            format_func=lambda name: SPAN_WORDS[name][actor.locale],
            key=f"person_period_{_span()}",
            label_visibility="collapsed",
        )
        if chosen and chosen != _span():
            st.query_params["period"] = chosen
            st.rerun()
        if actor.may(Permission.EXPORT):
            _export(known_as, report, actor)


def head_html(who: dict[str, Any], actor: Actor, now: datetime) -> str:
    """Initials, name, what is known of the person, and since when."""
    locale = actor.locale
    title = str(who["name"] or who["email"] or who["external_id"])
    initials = "".join(part[0] for part in title.replace("@", " ").split()[:2]).upper()
    kind = words.slice_name(DIMENSIONS["kind"], who["kind"], locale) if who["kind"] else ""
    chips = [who["plan"], kind, words.country(who["country"], locale) if who["country"] else "", who["account"], who["role"]]
    chips += [] if who["identified"] else [ANONYMOUS[locale]]
    said = [part for part in (who["email"], who["external_id"]) if part and part != title]
    if who["created_at"] is not None:
        said.append(SINCE[locale].format(day=dates.instant(who["created_at"], actor.tenant, locale).rsplit(" ", 2)[0]))
    if who["last_seen_at"] is not None:
        said.append(SEEN[locale].format(instant=dates.instant(who["last_seen_at"], actor.tenant, locale, now)))
    marks = "".join(f'<span class="vg-tag">{literal.text(chip)}</span>' for chip in chips if chip)
    return (
        f'<div class="vg-who"><i aria-hidden="true">{literal.text(initials)}</i><div class="vg-head">'
        f'<p class="vg-back"><a href="person">{ALL[locale]}</a></p><h1>{literal.text(title)}</h1>'
        f"<p>{literal.text(' · '.join(said))}</p><p>{marks}</p></div></div>"
    )


def facts_html(result: Result, locale: str) -> str:
    """Every number that says something; what this person or company has none of is left out."""
    found = []
    for column in result.columns:
        value = result.totals[column.name]
        if value or column.name in ALWAYS:
            said = words.value(value, column.unit, locale, result.currency)
            found.append(f"<div><dt>{literal.text(column.label[locale])}</dt><dd>{literal.text(said)}</dd></div>")
    return f'<dl class="vg-facts">{"".join(found)}</dl>'


def _identity(who: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Every id, what was merged, and what is said of the person besides."""
    locale = actor.locale
    merged = [MERGED[locale].format(name=name, instant=dates.instant(at, actor.tenant, locale, now)) for at, name in who["merges"]]
    with st.container(key="card_identity"):
        st.html(f'<div class="vg-title"><h2>{KNOWN_AS[locale]}</h2></div>' + _pairs([(name, "") for name in who["ids"]]))
        if merged:
            st.html("".join(f'<p class="vg-fact">{literal.text(line)}</p>' for line in merged))
        if who["properties"]:
            st.html(f'<div class="vg-title"><h2>{PROPERTIES[locale]}</h2></div>' + _pairs(list(who["properties"].items())))


def _pairs(pairs: list[tuple[str, Any]]) -> str:
    lines = "".join(f"<div><dt>{literal.text(name)}</dt><dd>{literal.text(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="vg-pairs">{lines}</dl>'


def _export(known_as: str, report: Report, actor: Actor) -> None:
    st.download_button(
        TAKE[actor.locale],
        data=_bundled(known_as, report, actor, session.visit().address),
        file_name=file_name("person", extension="zip"),
        mime="application/zip",
        icon=":material/download:",
        help=TAKE_HINT[actor.locale],
        on_click="ignore",
        key="person_export",
    )


def _bundled(known_as: str, report: Report, actor: Actor, address: str) -> Callable[[], bytes]:
    period = _period(actor, utc_now())

    def made() -> bytes:
        now = utc_now()
        profile = Panel("profile", report.title, Person(id=known_as, period=period), "table")
        happened = Panel("timeline", report.title, Person(id=known_as, view="timeline", limit=1000), "table")
        whole = Report(report.name, report.title, report.description, (profile, happened, *report.panels), report.permission)
        audit.record(store(), audit.Entry("export_person", known_as, "done", actor, address), now)
        return bundle(whole, Scope(period=period, compare=None), actor, now)

    return made
