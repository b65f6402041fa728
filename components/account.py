"""One's own account: who one is, the password, where one is signed in."""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from ua_parser import parse

from accounts import actors, audit, sessions
from accounts.actor import Actor
from accounts.language import Text
from accounts.passwords import MIN_LENGTH, WeakPassword, hashed
from accounts.roles import ROLES
from components import literal, login, session
from data_access.clock import naive_utc, utc_now
from data_access.connections import store
from reports import dates

PASSWORD = Text("Password", "Mot de passe")
CURRENT = Text("Current password", "Mot de passe actuel")
NEW = Text("New password, at least {least} characters", "Nouveau mot de passe, au moins {least} caractères")
AGAIN = Text("New password once more", "Nouveau mot de passe, encore une fois")
CHANGE = Text("Change password", "Changer le mot de passe")
CHANGED = Text("Your password is changed. Other sign-ins have ended.", "Votre mot de passe est changé. Les autres connexions sont closes.")
NOT_CURRENT = Text("The current password is not right.", "Le mot de passe actuel est incorrect.")
DIFFERENT = Text("The two new passwords differ.", "Les deux nouveaux mots de passe diffèrent.")
TOO_WEAK = Text("Choose one with {least} to 1024 characters.", "Choisissez-en un de {least} à 1024 caractères.")
WHERE = Text("Where you are signed in", "Où vous êtes connecté")
HERE = Text("this browser", "ce navigateur")
SINCE = Text("since {instant}", "depuis {instant}")
EVERYWHERE = Text("Sign out everywhere else", "Se déconnecter partout ailleurs")
UNKNOWN = Text("Unknown browser", "Navigateur inconnu")


def profile(actor: Actor) -> None:
    """Who one is, and the way out."""
    with st.container(key="account_head", horizontal=True, vertical_alignment="center"):
        roles = ", ".join(ROLES[role].label[actor.locale] for role in sorted(actor.roles) if role in ROLES)
        about = " · ".join(literal.text(part) for part in (actor.email, actor.tenant.name, roles))
        st.html(f'<div class="vg-head"><h1>{literal.text(actor.name)}</h1><p>{about}</p></div>')
        if st.button(session.SIGN_OUT[actor.locale], key="sign_out", icon=":material/logout:"):
            session.close(actor)
            st.rerun()


def password(actor: Actor) -> None:
    """Change the password: the current one is asked for, with the same back-off as at sign-in."""
    locale = actor.locale
    with st.container(key="card_password"):
        st.html(f'<div class="vg-title"><h2>{PASSWORD[locale]}</h2></div>')
        with st.form("password", border=False, clear_on_submit=True):
            current = st.text_input(CURRENT[locale], type="password", autocomplete="current-password")
            new = st.text_input(NEW.format(least=MIN_LENGTH)[locale], type="password", autocomplete="new-password")
            again = st.text_input(AGAIN[locale], type="password", autocomplete="new-password")
            asked = st.form_submit_button(CHANGE[locale])
        if st.session_state.pop("password_changed", False):
            st.success(CHANGED[locale], icon=":material/check:")
        if asked:
            _change(actor, current, new, again)


def _change(actor: Actor, current: str, new: str, again: str) -> None:
    if problem := _problem(actor, current, new, again):
        st.error(problem[actor.locale], icon=":material/error:")
        return
    now = utc_now()
    actors.set_password(store(), actor.id, new, now)
    audit.record(store(), audit.Entry("set_password", actor.id, "done", actor, session.visit().address), now)
    session.open_for(actor)
    st.session_state["password_changed"] = True
    st.rerun()  # so that the browser fetches the cookie of the new sign-in at once


def _problem(actor: Actor, current: str, new: str, again: str) -> Text | None:
    """What stands against the change, if anything."""
    if new != again:
        return DIFFERENT
    try:
        hashed(new)
    except WeakPassword:
        return TOO_WEAK.format(least=MIN_LENGTH)
    answer = login.check(actor.email, current)
    if answer.wait:
        return login.waiting(answer)
    return None if answer.actor else NOT_CURRENT


def signed_in(actor: Actor, now: datetime) -> None:
    """Every live sign-in, and the end of all others."""
    locale, own = actor.locale, session.current_id()
    found = sessions.live(store(), actor.id, now)
    with st.container(key="card_sessions"):
        st.html(f'<div class="vg-title"><h2>{WHERE[locale]}</h2></div>' + _list(actor, found, own, now))
        if len(found) > 1 and st.button(EVERYWHERE[locale], key="sign_out_elsewhere"):
            sessions.revoke_all(store(), actor.id, "elsewhere", now, keep=own)
            audit.record(store(), audit.Entry("sign_out", "elsewhere", "done", actor, session.visit().address), now)
            st.rerun()


def _list(actor: Actor, found: tuple[sessions.Listed, ...], own: str, now: datetime) -> str:
    lines = []
    for one in found:
        since = SINCE.format(instant=dates.instant(naive_utc(one.started), actor.tenant, actor.locale, now))[actor.locale]
        name = browser(one.agent, actor.locale) + (f" ({HERE[actor.locale]})" if one.id == own else "")
        lines.append(f"<div><dt>{literal.text(name)}</dt><dd>{literal.text(f'{one.address} · {since}')}</dd></div>")
    return f'<dl class="vg-meaning">{"".join(lines)}</dl>'


def browser(agent: str, locale: str) -> str:
    """`Firefox on Linux`, from what the browser says of itself."""
    seen = parse(agent)
    parts = [part.family for part in (seen.user_agent, seen.os) if part is not None]
    return " · ".join(parts) or UNKNOWN[locale]
