"""Now: who is online, how many events a second, what they look at. Redraws itself every second; the answer comes from `run`."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.dimensions import dimension
from analytics.kinds.live import RATE_MINUTES, Live
from analytics.result import Result
from analytics.run import run
from components import literal, session, states
from components.draw import sheet_html, tiles_html
from data_access.clock import naive_utc, utc_now
from data_access.settings import settings
from reports import dates, words
from reports.charts.view import Sheet, SheetColumn, Tile

log = logging.getLogger(__name__)
EVERY = 1.0  # seconds between redraws: with the writer's second, an event shows within two
QUERY = Live()
SPARK_SECONDS, RATE_SECONDS = 60, 10
TITLE = Text("Live", "En direct")
CONTEXT = Text("The last {minutes} minutes, as they happen", "Les {minutes} dernières minutes, au fil de l’eau")
ONLINE = Text("Users online", "Utilisateurs en ligne")
ONLINE_NOTE = Text("active in the last 5 min", "actifs ces 5 dernières min")
RATE = Text("Events per second", "Événements par seconde")
RATE_NOTE = Text("over the last 10 s", "sur les 10 dernières s")
WINDOW = Text("in 30 min", "en 30 min")
EVENTS = Text("Events", "Événements")
USERS = Text("Users", "Utilisateurs")
VIEWS = Text("Page views", "Pages vues")
CARDS = {
    "page": Text("Top pages", "Pages les plus vues"),
    "event": Text("Top events", "Événements les plus fréquents"),
    "country": Text("Countries", "Pays"),
    "device": Text("Devices", "Appareils"),
}
LATEST = Text("Last events", "Derniers événements")
COLUMNS = {
    "when": Text("When", "Quand"),
    "name": Text("Event", "Événement"),
    "user": Text("User", "Utilisateur"),
    "page": Text("Page", "Page"),
    "country": Text("Country", "Pays"),
    "device": Text("Device", "Appareil"),
    "browser": Text("Browser", "Navigateur"),
    "channel": Text("Channel", "Canal"),
}
QUIET = Text("Nothing in the last 30 minutes", "Rien ces 30 dernières minutes")
QUIET_NEXT = Text(
    "The last event is of {instant}. This page wakes up by itself with the next one.",
    "Le dernier événement date du {instant}. Cette page se réveille d’elle-même au prochain.",
)
NOTHING_NEXT = Text(
    "Put the SDK into a page or a server: the Data page has the lines to copy, with your key. The first event shows here in two seconds.",
    "Placez le SDK dans une page ou un serveur : la page Données fournit les lignes à copier, avec votre clé. "
    "Le premier événement s’affiche ici en deux secondes.",
)
SITE = Text("Open the demonstration shop and click around", "Ouvrir la boutique de démonstration et cliquer")
AGO = Text("{time} ago", "il y a {time}")
JUST = Text("now", "à l’instant")


def show() -> None:
    """The page for whoever is signed in."""
    actor = session.require(Permission.READ_KPI)
    context = CONTEXT[actor.locale].format(minutes=QUERY.minutes)
    pulse = '<span class="vg-pulse" aria-hidden="true"></span>'
    st.html(f'<div class="vg-head"><h1>{pulse}{TITLE[actor.locale]}</h1><p>{literal.text(context)}</p></div>')
    board()


@st.fragment(run_every=EVERY)
def board() -> None:
    """Everything that moves."""
    actor, now = session.require(Permission.READ_KPI), utc_now()
    try:
        result = run(QUERY, actor, now)
    except Exception as error:  # it is asked again in a second
        log.warning("live question failed: %s", error)
        states.failure(error, actor.locale)
        return
    if result.value("live_events"):
        _board(result, actor, naive_utc(now))
    else:
        _quiet(result, actor, now)


def _quiet(result: Result, actor: Actor, now: datetime) -> None:
    newest = result.extra["newest"]
    if newest is None:
        states.state(states.NOTHING[actor.locale], NOTHING_NEXT[actor.locale])
        return
    said = QUIET_NEXT[actor.locale].format(instant=dates.instant(newest, actor.tenant, actor.locale, now))
    states.state(QUIET[actor.locale], said)
    if settings().demo_mode:
        st.link_button(SITE[actor.locale], f"/demo/site?company={actor.tenant.slug}", icon=":material/storefront:")


def _board(result: Result, actor: Actor, now: datetime) -> None:
    st.html(f'<div class="vg-live">{tiles_html(_tiles(result, actor.locale, now))}</div>')
    names = list(CARDS)
    for pair in (names[:2], names[2:]):
        for place, name in zip(st.columns(2, gap="small"), pair, strict=True):
            with place:
                _card(f"live_{name}", CARDS[name][actor.locale], sheet_html(_cut(result, name, actor.locale)))
    _card("live_latest", LATEST[actor.locale], sheet_html(_latest(result, actor, now)))


def _card(key: str, title: str, body: str) -> None:
    with st.container(key=f"card_{key}"):
        st.html(f'<div class="vg-title"><h2>{literal.text(title)}</h2></div>{body}')


def _tiles(result: Result, locale: str, now: datetime) -> tuple[Tile, ...]:
    by_second = per_second(result.extra["seconds"], now)
    rate = sum(by_second[-RATE_SECONDS:]) / RATE_SECONDS
    minutes = tuple(float(n) for n in result.series("live_events"))
    users = tuple(float(n) for n in result.series("live_users"))
    said = words.decimal(rate, 1 if rate < 10 else 0, locale)
    return (
        _tile("online", ONLINE[locale], _count(result.value("users_online"), locale), ONLINE_NOTE[locale], spark=users),
        _tile("rate", RATE[locale], said, RATE_NOTE[locale], spark=by_second[-SPARK_SECONDS:]),
        _tile("events", EVENTS[locale], _count(result.value("live_events"), locale), WINDOW[locale], spark=minutes),
        _tile("views", VIEWS[locale], _count(result.value("live_views"), locale), WINDOW[locale], spark=()),
    )


def _tile(name: str, label: str, value: str, note: str, *, spark: tuple[float, ...]) -> Tile:
    return Tile(name, label, value, note, "flat", "none", "", "", spark)


def _count(value: float | None, locale: str) -> str:
    return words.count(value or 0.0, locale)


def per_second(seconds: pd.DataFrame, now: datetime) -> tuple[float, ...]:
    """Events of each of the last seconds up to `now` (naive UTC), the newest last; the second that is not over is left out.

    The answer may be a minute old while nothing arrives: what is shown moves on all the same.
    """
    last = pd.Timestamp(now).floor("s") - pd.Timedelta(seconds=1)
    every = pd.date_range(last - timedelta(seconds=RATE_MINUTES * 60 - 1), last, freq="s", unit="us")
    found = pd.Series(seconds["events"].to_numpy(float), index=pd.DatetimeIndex(seconds["second"]).as_unit("us"))
    return tuple(float(n) for n in found.reindex(every, fill_value=0.0))


def _cut(result: Result, name: str, locale: str) -> Sheet:
    frame: pd.DataFrame = result.extra[name]
    columns = (
        SheetColumn("value", dimension(name).label[locale], False),
        SheetColumn("events", (VIEWS if name == "page" else EVENTS)[locale], True, bar=True),
        SheetColumn("users", USERS[locale], True),
    )
    raw = tuple((str(row.value), float(row.events), float(row.users)) for row in frame.itertuples())
    cells = tuple((words.slice_name(dimension(name), v, locale), _count(e, locale), _count(u, locale)) for v, e, u in raw)
    return Sheet(columns, cells, raw)


def _latest(result: Result, actor: Actor, now: datetime) -> Sheet:
    frame: pd.DataFrame = result.extra["latest"]
    names = [name for name in COLUMNS if name == "when" or name in frame.columns]
    columns = tuple(SheetColumn(name, COLUMNS[name][actor.locale], False) for name in names)
    cells = tuple(tuple(_cell(name, row, actor.locale, now) for name in names) for row in frame.to_dict("records"))
    return Sheet(columns, cells, cells)


def _cell(name: str, row: dict[object, object], locale: str, now: datetime) -> str:
    if name == "when":
        seconds = max(0.0, (now - pd.Timestamp(row["ts"]).to_pydatetime()).total_seconds())
        return JUST[locale] if seconds < 1 else AGO[locale].format(time=words.duration(float(round(seconds)), locale))
    value = row[name]
    if value is None or value == "" or words.missing(value):
        return words.MISSING
    return words.slice_name(dimension(name), value, locale) if name in ("country", "device", "browser", "channel") else str(value)
