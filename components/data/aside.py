"""The quarantine: what could not be kept and why, each event as it was sent, and another try after a fix."""

from __future__ import annotations

from datetime import datetime

import orjson
import streamlit as st

from accounts import audit
from accounts.actor import Actor
from accounts.language import Text
from components import literal, session, states
from components.data.table import ago, card, table
from data_access.clock import utc_now
from data_access.connections import store
from ingest import quarantine
from ingest.decode import Refused
from ingest.quarantine import Aside
from ingest.replaying import replay

PAGE, MOST_AT_ONCE = 50, 500
LONGEST = 90  # characters of an event in a row
WHY, WHY_NOTE = Text("Why", "Pourquoi"), Text("Events not offered again yet", "Événements pas encore présentés de nouveau")
WHY_HEADS = (
    (Text("Source", "Source"), "text"),
    (Text("Reason", "Motif"), "text"),
    (Text("Events", "Événements"), "bar"),
)
LIST = Text("Newest events put aside", "Derniers événements mis de côté")
HEADS = (
    (Text("When", "Quand"), "text"),
    (Text("Source", "Source"), "text"),
    (Text("Reason", "Motif"), "text"),
    (Text("Event", "Événement"), "text"),
    (Text("State", "État"), "text"),
)
CLEAN = Text("Nothing is in quarantine", "Rien en quarantaine")
CLEAN_NEXT = Text(
    "Events that cannot be kept come here with their reason.", "Les événements impossibles à garder arrivent ici avec leur motif."
)
BACK, WAITING, CUT = Text("Came in", "Entré"), Text("Waiting", "En attente"), Text("Cut, cannot be offered", "Tronqué, non rejouable")
LOOK, AGAIN = Text("One event", "Un événement"), Text("Offer again", "Présenter de nouveau")
ALL = Text("Offer all again", "Tout présenter de nouveau")
DONE = Text("{done} came in, {failed} are still not right.", "{done} entrés, {failed} encore incorrects.")
STILL = Text("Still not right: {why}", "Toujours incorrect : {why}")


def show(actor: Actor, now: datetime) -> None:
    """Reasons, events, one event whole."""
    locale, tenant = actor.locale, actor.tenant.key
    reasons = quarantine.reasons(store(), tenant)
    heads = [(label[locale], kind) for label, kind in WHY_HEADS]
    empty = None if reasons else (CLEAN[locale], CLEAN_NEXT[locale])
    card("reasons", (WHY[locale], WHY_NOTE[locale]), table(heads, reasons, locale), empty)
    found = quarantine.listed(store(), tenant, limit=PAGE)
    if not found:
        return
    lines = [(ago(one.at, now, locale), one.source, one.reason, _short(one), _state(one)[locale]) for one in found]
    card("aside", (LIST[locale], ""), table([(label[locale], kind) for label, kind in HEADS], lines, locale))
    _one(actor, [one for one in found if one.replayed_at is None])


def _short(one: Aside) -> str:
    said = orjson.dumps(one.event).decode() if one.event is not None else "…"
    return said if len(said) <= LONGEST else said[:LONGEST] + "…"


def _state(one: Aside) -> Text:
    return BACK if one.replayed_at else WAITING if one.event is not None else CUT


def _one(actor: Actor, waiting: list[Aside]) -> None:
    locale, by_id = actor.locale, {one.id: one for one in waiting}
    if not by_id:
        return
    with st.container(key="card_aside_one"):
        st.html(f'<div class="vg-title"><h2>{LOOK[locale]}</h2></div>')
        chosen = st.selectbox(
            LOOK[locale],
            list(by_id),
            format_func=lambda key: f"{by_id[key].source} · {by_id[key].reason} · {key[:8]}",
            key="aside_id",
            label_visibility="collapsed",
        )
        if chosen:
            st.code(orjson.dumps(by_id[chosen].event, option=orjson.OPT_INDENT_2).decode(), language="json", wrap_lines=True)
        with st.container(horizontal=True, gap="small"):
            if st.button(AGAIN[locale], key="aside_again", icon=":material/replay:") and chosen:
                _again(actor, [chosen])
            if len(by_id) > 1 and st.button(ALL[locale], key="aside_all"):
                _again(actor, [one.id for one in quarantine.listed(store(), actor.tenant.key, limit=MOST_AT_ONCE)])


def _again(actor: Actor, identities: list[str]) -> None:
    now, locale = utc_now(), actor.locale
    try:
        done, failed = replay(store(), actor.tenant, identities, now)
    except Refused as refused:
        states.state(STILL[locale].format(why=refused.message), "", "bad")
        return
    said = "quarantine/" + (identities[0] if len(identities) == 1 else f"{len(identities)} events")
    audit.record(store(), audit.Entry("replay", said, "done" if done else "failed", actor, session.visit().address), now)
    if failed and len(identities) == 1:
        st.error(literal.markdown(STILL[locale].format(why=next(iter(failed.values())))), icon=":material/error:")
        return
    st.toast(DONE[locale].format(done=done, failed=len(failed)), icon=":material/replay:")
    st.rerun()
