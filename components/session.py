"""Who is reading: found anew on every run, from the sessions table. Pages and fragments begin with `require`."""

from __future__ import annotations

import streamlit as st

from accounts import actors, audit, csrf, sessions
from accounts.actor import Actor
from accounts.address import client_address
from accounts.language import Text, nearest_locale
from accounts.roles import Permission
from accounts.secret import secret_of
from accounts.sessions import Visit
from components import states, theme
from data_access.clock import utc_now
from data_access.connections import store
from data_access.settings import settings
from reports.reasons import FORBIDDEN, FORBIDDEN_NEXT

_SESSION = "vigie_session_id"
_TICKET = "vigie_ticket"
_ENDED = "vigie_ended"
_LOCALE = "vigie_locale"
SIGN_OUT, ACCOUNT = Text("Sign out", "Se déconnecter"), Text("My account", "Mon compte")


def visit() -> Visit:
    """The browser behind this run."""
    headers = st.context.headers
    address = client_address(st.context.ip_address or "127.0.0.1", headers.get("X-Forwarded-For"), settings().trusted_proxies)
    return Visit(st.context.cookies.get(sessions.VISIT_COOKIE, ""), address, headers.get("User-Agent", ""))


def browser_locale() -> str:
    """The language to speak before we know who is reading."""
    return str(st.session_state.get(_LOCALE) or nearest_locale(st.context.locale))


def current() -> Actor | None:
    """The signed-in person, or nobody. The table decides: what the browser or this run remembers is only a claim."""
    now = utc_now()
    claimed = st.session_state.get(_SESSION)
    if claimed is None and _ENDED not in st.session_state:
        found = sessions.by_cookie(store(), st.context.cookies.get(sessions.COOKIE, ""), now)
    else:
        found = sessions.by_id(store(), claimed, now) if claimed else None
    if found is None:
        st.session_state.pop(_SESSION, None)
        return None
    st.session_state[_SESSION] = found[0]
    return actors.by_id(store(), found[1], browser_locale())


def current_id() -> str:
    """The id of this sign-in, after `current`; empty where nobody is signed in."""
    return str(st.session_state.get(_SESSION, ""))


def require(permission: Permission) -> Actor:
    """The guard at the top of each page and fragment: the reader, or the run stops here, audited."""
    actor = current()
    if actor is None:
        st.stop()
    if not actor.may(permission):
        refuse(actor, permission.value)
        st.stop()
    return actor


def refuse(actor: Actor, what: str) -> None:
    """Draw the forbidden state and leave a line in the trail."""
    audit.record(store(), audit.Entry("open_page", what, "refused", actor, visit().address), utc_now())
    theme.apply()
    st.logo(str(theme.MARK), size="medium")
    with st.container(key="forbidden"):
        states.state(FORBIDDEN[actor.locale], FORBIDDEN_NEXT[actor.locale])
        with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
            if st.button(ACCOUNT[actor.locale], key="refused_account", icon=":material/person:"):
                st.switch_page("pages/account.py")
            if st.button(SIGN_OUT[actor.locale], key="refused_sign_out", icon=":material/logout:"):
                close(actor)
                st.rerun()


def open_for(actor: Actor) -> None:
    """Start the sign-in of somebody whose password was just checked; the next run hands the browser its ticket."""
    st.session_state.pop(_ENDED, None)
    started = sessions.start(store(), actor.id, visit(), now=utc_now(), hours=settings().session_hours)
    st.session_state[_SESSION], st.session_state[_TICKET] = started.id, started.ticket


def close(actor: Actor) -> None:
    """Sign out: the session is dead from here on; the next run has the browser drop its cookie."""
    now = utc_now()
    if claimed := st.session_state.pop(_SESSION, None):
        sessions.revoke(store(), claimed, "sign_out", now)
    audit.record(store(), audit.Entry("sign_out", "session", "done", actor, visit().address), now)
    st.session_state.pop(_TICKET, None)
    # TRICKY: the cookie this run can see is the one from when its websocket opened, so it must not be asked again.
    st.session_state[_ENDED] = True


def settle() -> None:
    """Have the browser fetch or drop its cookie, where that is still to be done. Called once per run by the door."""
    ticket = st.session_state.get(_TICKET)
    if ticket and sessions.awaits_exchange(store(), st.session_state.get(_SESSION, ""), utc_now()):
        _post("/session", ticket)
    elif ticket:
        del st.session_state[_TICKET]
    elif st.session_state.get(_ENDED):
        _post("/session/end", "")


def _post(path: str, ticket: str) -> None:
    token = csrf.mint(secret_of(settings()), visit().cookie, utc_now())
    note = f'<i hidden data-vigie-post="{path}" data-ticket="{ticket}" data-csrf="{token}"></i>'
    st.html(f'{note}<script src="/assets/session.js"></script>', unsafe_allow_javascript=True)


def choose_locale(actor: Actor | None, locale: str) -> None:
    """Speak this language from now on, and remember it for a person who is signed in."""
    st.session_state[_LOCALE] = locale
    if actor is not None:
        actors.set_locale(store(), actor.id, locale)
