"""What comes from where, what waits, how fresh each table is."""

from __future__ import annotations

from datetime import date, datetime

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from analytics.period import EARLIEST
from components.data.table import Cell, ago, card, table
from components.draw import tiles_html
from data_access import versions
from data_access.connections import store, warehouse
from data_access.schema import DIMENSION_TABLES, FACTS
from data_access.settings import settings
from ingest import quarantine
from ingest.live import numbers
from ingest.live.current import COLLECTORS
from ingest.plan.volumes import Volume, sources
from reports import words
from reports.charts.view import Tile

MEGABYTE = 1024 * 1024
EVERY = 5.0  # seconds between redraws
SOURCES, SOURCES_NOTE = Text("Sources", "Sources"), Text("In the last 24 hours", "Ces dernières 24 heures")
COLUMNS = (
    (Text("Source", "Source"), "text"),
    (Text("Rows", "Lignes"), "bar"),
    (Text("Put aside", "Mises de côté"), "number"),
    (Text("Longest lag", "Retard maximal"), "text"),
    (Text("Last", "Dernière"), "text"),
)
NOTHING = Text("Nothing was sent in 24 hours", "Rien n’a été envoyé depuis 24 heures")
NOTHING_NEXT = Text(
    "Take a key and the lines for your SDK from “Keys and SDKs”; files come in with `vigie import`.",
    "Prenez une clé et les lignes de votre SDK dans « Clés et SDK » ; les fichiers entrent par `vigie import`.",
)
FRESHNESS = Text("Freshness by table", "Fraîcheur par table")
FRESHNESS_NOTE = Text("When each was last written", "Dernière écriture de chacune")
TABLE, WRITTEN = Text("Table", "Table"), Text("Last written", "Dernière écriture")
EMPTY, EMPTY_NEXT = (
    Text("Every table is empty", "Toutes les tables sont vides"),
    Text("Send an event first.", "Envoyez d’abord un événement."),
)
SERVER = Text("This process since its start", "Ce processus depuis son démarrage")
COUNTERS = (
    (Text("Source", "Source"), None),
    (Text("Received", "Reçus"), numbers.RECEIVED),
    (Text("Kept", "Gardés"), numbers.ACKNOWLEDGED),
    (Text("Duplicates", "Doublons"), numbers.DUPLICATE),
    (Text("Opted out", "Refus de suivi"), numbers.DROPPED),
    (Text("Put aside", "Mis de côté"), numbers.QUARANTINED),
)
REFUSED = Text("Requests refused: {reasons}.", "Requêtes refusées : {reasons}.")
IDLE = Text("Nothing yet", "Rien pour l’instant")
IDLE_NEXT = Text(
    "Counters begin anew with each start; `/metrics` has them too.",
    "Les compteurs repartent à chaque démarrage ; `/metrics` les donne aussi.",
)
WAITING, LAG = Text("Waiting in the journal", "En attente dans le journal"), Text("Longest lag, 24 h", "Retard maximal, 24 h")
ROWS, ASIDE = Text("Rows, 24 h", "Lignes, 24 h"), Text("In quarantine", "En quarantaine")
OF_LIMIT = Text("of {limit} MB", "sur {limit} Mo")
ELSEWHERE = Text("taken by another process", "pris par un autre processus")
STUCK = Text("the warehouse refuses: try {tries}", "l’entrepôt refuse : essai {tries}")
MEGA = Text("MB", "Mo")


@st.fragment(run_every=EVERY)
def show(actor: Actor, now: datetime) -> None:
    """Tiles, sources, tables, counters."""
    found = sources(store(), actor.tenant.key, now)
    st.html(f'<div class="vg-low">{tiles_html(_tiles(actor, found))}</div>')
    locale = actor.locale
    rows = [(v.source, v.rows, v.quarantined, words.duration(v.lag, locale), ago(v.last_at, now, locale)) for v in found]
    heads = [(label[locale], kind) for label, kind in COLUMNS]
    empty = None if rows else (NOTHING[locale], NOTHING_NEXT[locale])
    card("sources", (SOURCES[locale], SOURCES_NOTE[locale]), table(heads, rows, locale), empty)
    left, right = st.columns(2, gap="small")
    with left:
        _freshness(actor, now)
    with right:
        _counters(actor)


def _tiles(actor: Actor, found: tuple[Volume, ...]) -> tuple[Tile, ...]:
    locale = actor.locale
    aside = sum(events for _, _, events in quarantine.reasons(store(), actor.tenant.key))
    lag = words.duration(max((v.lag for v in found), default=0.0), locale) if found else words.MISSING
    waiting, note, well = _journal(locale)
    return (
        _tile("rows", ROWS[locale], words.count(float(sum(v.rows for v in found)), locale)),
        _tile("lag", LAG[locale], lag),
        Tile("waiting", WAITING[locale], waiting, note, "flat" if well else "bad", "none", "", ""),
        _tile("aside", ASIDE[locale], words.count(float(aside), locale)),
    )


def _tile(name: str, label: str, value: str) -> Tile:
    return Tile(name, label, value, "", "flat", "none", "", "")


def _journal(locale: str) -> tuple[str, str, bool]:
    """What waits, a word on it, whether all is well."""
    if not COLLECTORS or not settings().collect:
        return words.MISSING, ELSEWHERE[locale], True
    collector = COLLECTORS[-1]
    size = f"{words.decimal(collector.journal.backlog / MEGABYTE, 1, locale)}{words.NARROW}{MEGA[locale]}"
    if collector.failures:
        return size, STUCK[locale].format(tries=collector.failures), False
    return size, OF_LIMIT[locale].format(limit=words.count(collector.journal.limit / MEGABYTE, locale)), True


def _freshness(actor: Actor, now: datetime) -> None:
    locale, house = actor.locale, warehouse()
    written = {
        name: versions.latest(house, actor.tenant.key, [name], EARLIEST, date.max).written_at for name in (*FACTS, *DIMENSION_TABLES)
    }
    known = sorted(((at, name) for name, at in written.items() if at is not None), reverse=True)
    rows = [(name, ago(at, now, locale)) for at, name in known]
    empty = None if rows else (EMPTY[locale], EMPTY_NEXT[locale])
    body = table([(TABLE[locale], "text"), (WRITTEN[locale], "text")], rows, locale)
    card("freshness", (FRESHNESS[locale], FRESHNESS_NOTE[locale]), body, empty)


def _counters(actor: Actor) -> None:
    locale, slug = actor.locale, numbers.label(actor.tenant.slug)
    counted = [numbers.of_tenant(counter, slug) for _, counter in COUNTERS if counter is not None]
    names = sorted(set().union(*counted))
    rows: list[tuple[Cell, ...]] = [(name, *(of.get(name, 0.0) for of in counted)) for name in names]
    body = table([(label[locale], "text" if counter is None else "number") for label, counter in COUNTERS], rows, locale)
    refused = [f"{reason} {words.count(n, locale)}" for reason, n in sorted(numbers.of_tenant(numbers.REFUSED, slug).items())]
    note = REFUSED[locale].format(reasons=", ".join(refused)) if refused else ""
    card("counters", (SERVER[locale], note), body, None if rows else (IDLE[locale], IDLE_NEXT[locale]))
