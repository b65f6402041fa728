"""What happened to one person, newest first, by session; more when asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.person_query import NEEDS, WHATS, Person
from analytics.metric import Unit
from analytics.query import InvalidQuery
from analytics.result import Result
from analytics.run import Forbidden, run
from components import literal, session, states
from data_access.clock import utc_now
from data_access.errors import WarehouseError
from reports import dates, words

TITLE = Text("Timeline", "Chronologie")
MORE = Text("Load more", "Afficher la suite")
NOTHING, NOTHING_NEXT = (
    Text("Nothing here", "Rien ici"),
    Text("Choose other kinds.", "Choisissez d’autres natures."),
)
OUTSIDE = Text("Outside any session", "Hors session")
ONLY = Text("Show only", "N’afficher que")
KINDS = {
    "event": Text("Events", "Événements"), "conversion": Text("Conversions", "Conversions"), "payment": Text("Payments", "Paiements"),
    "subscription": Text("Subscriptions", "Abonnements"), "form_error": Text("Form errors", "Erreurs de formulaire"),
    "error": Text("Errors", "Erreurs"), "generation": Text("AI", "IA"), "conversation": Text("Conversations", "Conversations"),
    "api_request": Text("API", "API"), "booking": Text("Bookings", "Réservations"), "call": Text("Calls", "Appels"),
}  # fmt: skip
TITLES = {
    ("event", "page_view"): Text("Viewed a page", "Page vue"),
    ("payment", "captured"): Text("Payment captured", "Paiement encaissé"),
    ("payment", "failed"): Text("Payment failed", "Paiement échoué"),
    ("payment", "refunded"): Text("Payment refunded", "Paiement remboursé"),
    ("payment", "attempt"): Text("Payment attempted", "Paiement tenté"),
    ("payment", "authorised"): Text("Payment authorised", "Paiement autorisé"),
    ("subscription", "start"): Text("Subscription started", "Abonnement commencé"),
    ("subscription", "cancel"): Text("Subscription cancelled", "Abonnement résilié"),
    ("subscription", "resume"): Text("Subscription resumed", "Abonnement repris"),
    ("subscription", "pause"): Text("Subscription paused", "Abonnement en pause"),
    ("subscription", "expire"): Text("Subscription ended", "Abonnement terminé"),
    ("subscription", "past_due"): Text("Payment overdue", "Paiement en retard"),
    ("subscription", "reactivate"): Text("Subscribed again", "De nouveau abonné"),
    ("subscription", "quantity"): Text("Seats changed", "Nombre de places modifié"),
    ("subscription", "discount"): Text("Discount changed", "Remise modifiée"),
    ("subscription", "price"): Text("Price changed", "Prix modifié"),
    ("subscription", "upgrade"): Text("Upgraded", "Offre supérieure"),
    ("subscription", "downgrade"): Text("Downgraded", "Offre inférieure"),
    ("conversion", "sign_up"): Text("Signed up", "Inscription"),
    ("conversion", "subscription"): Text("Subscribed", "Abonnement souscrit"),
    ("conversion", "upgrade"): Text("Moved to a higher plan", "Passage à une offre supérieure"),
    ("conversion", "referral"): Text("Referred somebody", "Parrainage"),
    ("conversion", "engagement"): Text("Engaged", "Engagement"),
    ("conversion", "purchase"): Text("Purchase", "Achat"),
    ("conversion", "booking"): Text("Conversion: booking", "Conversion : réservation"),
    ("booking", "started"): Text("Booking started", "Réservation commencée"),
    ("booking", "completed"): Text("Booked", "Réservé"),
    ("booking", "failed"): Text("Booking failed", "Réservation échouée"),
    ("booking", "cancelled"): Text("Booking cancelled", "Réservation annulée"),
    ("call", "completed"): Text("Call", "Appel"),
    ("call", "failed"): Text("Call failed", "Appel échoué"),
}
DEEDS_OF = {
    "event": {"events"},
    "conversion": {"conversions"},
    "payment": {"payments", "payments_failed"},
    "subscription": {"plan_changes"},
    "form_error": {"form_errors"},
    "error": {"errors"},
    "generation": {"generations"},
    "conversation": {"conversations"},
    "api_request": {"api_requests"},
    "booking": {"bookings"},
    "call": {"calls"},
}
MESSAGES = Text("{count} messages", "{count} messages")
LENGTH = 40


@st.fragment
def timeline(known_as: str, did: Collection[str]) -> None:
    """The card's content: which kinds, the pages loaded so far, and a button for the next. `did`: the person's deeds above 0, ever."""
    actor = session.require(Permission.READ_PEOPLE)
    st.html(f'<div class="vg-title"><h2>{TITLE[actor.locale]}</h2></div>')
    chosen = _kinds(actor, did)
    place = f"timeline_{known_as}_{'_'.join(chosen)}"
    pages = st.session_state.setdefault(place, [(None, 0)])
    found = []
    for before, skip in pages:
        result = _answered(Person(id=known_as, view="timeline", what=chosen, before=before, skip=skip, limit=LENGTH), actor)
        if result is None:
            return
        found.append(result)
    if found[0].frame.empty:
        states.state(NOTHING[actor.locale], NOTHING_NEXT[actor.locale])
        return
    st.html(f'<div class="vg-timeline">{"".join(groups(found, actor, utc_now()))}</div>')
    if following := found[-1].extra["next"]:
        st.button(MORE[actor.locale], key="timeline_more", width="stretch", on_click=lambda: pages.append(following))


def _kinds(actor: Actor, did: Collection[str]) -> tuple[Any, ...]:
    seen = [what for what in WHATS if DEEDS_OF[what] & set(did) and (what not in NEEDS or actor.may(NEEDS[what]))]
    if len(seen) < 2:
        return ()
    chosen = st.pills(
        ONLY[actor.locale],
        seen,
        selection_mode="multi",
        format_func=lambda what: KINDS[what][actor.locale],
        key="timeline_kinds",
        label_visibility="collapsed",
    )
    return tuple(sorted(chosen, key=WHATS.index))


def _answered(query: Person, actor: Actor) -> Result | None:
    try:
        return run(query, actor, utc_now())
    except (Forbidden, InvalidQuery, WarehouseError) as error:
        states.failure(error, actor.locale)
        return None


def groups(found: list[Result], actor: Actor, now: datetime) -> Iterator[str]:
    """HTML of each run of things that happened in one session, or outside any on one day."""
    rows = pd.concat([result.frame for result in found], ignore_index=True)
    known = {key: one for result in found for key, one in result.extra["sessions"].items()}
    rows["session_key"] = _within(rows, known)
    by = (rows["session_key"].ne(rows["session_key"].shift()) | rows["local"].dt.date.ne(rows["local"].dt.date.shift())).cumsum()
    for _, part in rows.groupby(by, sort=False):
        head = _session(known.get(int(part["session_key"].iat[0])), part, actor, now)
        steps = "".join(_step(row, found[0].currency, actor.locale) for row in part.to_dict("records"))
        yield f"<section>{head}<ol>{steps}</ol></section>"


def _within(rows: pd.DataFrame, known: dict[int, dict[str, Any]]) -> pd.Series:
    """What happened during a session belongs to it, also where the fact itself does not name one."""
    keys = rows["session_key"].copy()
    for key, one in known.items():
        end = one["ts"] + pd.Timedelta(seconds=float(one["duration_s"] or 0))
        keys[(keys == 0) & (rows["ts"] >= one["ts"]) & (rows["ts"] <= end)] = key
    return keys


def _session(one: dict[str, Any] | None, part: pd.DataFrame, actor: Actor, now: datetime) -> str:
    """The day, and of a session how long it took and on what."""
    locale, local = actor.locale, part["local"].iat[0].to_pydatetime()
    day = dates.short_day(local.date(), locale, year=local.year != now.astimezone(actor.tenant.zone).year)
    if one is None:
        return f"<h3><b>{literal.text(day)}</b><span>{literal.text(OUTSIDE[locale])}</span></h3>"
    country = words.country(one["country"], locale) if isinstance(one["country"], str) else ""
    said = [words.duration(float(one["duration_s"] or 0), locale), _browser(one), country, one["channel"]]
    about = " · ".join(word for word in said if isinstance(word, str) and word)
    return f"<h3><b>{literal.text(day)}</b><span>{literal.text(about)}</span></h3>"


def _browser(one: dict[str, Any]) -> str:
    return " / ".join(str(one[name]) for name in ("browser", "os", "device") if isinstance(one[name], str) and one[name])


def _step(row: dict[Any, Any], currency: str, locale: str) -> str:
    what, title = str(row["what"]), str(row["title"])
    known = TITLES.get((what, title))
    said = known[locale] if known else title or KINDS[what][locale]
    amount = "" if words.missing(row["amount"]) or not row["amount"] else words.value(row["amount"], Unit.MONEY, locale, currency, "exact")
    tone = " vg-bad" if row["bad"] else ""
    return (
        f'<li class="vg-on-{what}{tone}" title="{literal.text(KINDS[what][locale])}"><time>{row["local"]:%H:%M}</time><i></i>'
        f"<p><b>{literal.text(said)}</b> <span>{literal.text(_detail(row, locale))}</span></p><em>{literal.text(amount)}</em></li>"
    )


def _detail(row: dict[Any, Any], locale: str) -> str:
    """The details in words; a number among them is messages of a conversation or seconds of a call."""
    number = row["number"]
    said = "" if words.missing(number) else words.duration(number, locale)
    if row["what"] == "conversation" and said:
        said = MESSAGES[locale].format(count=words.count(number, locale, "exact"))
    return " · ".join(part for part in (str(row["detail"]), said) if part)
