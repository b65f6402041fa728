"""Write keys: make, show, rotate, revoke; and the lines that put one to use."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from accounts import audit, write_keys
from accounts.actor import Actor
from accounts.language import Text
from accounts.secret import secret_of
from accounts.write_keys import BadWriteKey, NewKey, WriteKey
from components import literal, session, states
from components.data.snippets import PLACEHOLDER, SNIPPETS, filled
from components.data.table import card, table
from data_access.clock import naive_utc, utc_now
from data_access.connections import store
from data_access.settings import settings
from reports import dates

KEYS = Text("Write keys", "Clés d’écriture")
KEYS_NOTE = Text(
    "A key says whose events they are and can do nothing but write", "Une clé dit à qui sont les événements et ne sait qu’écrire"
)
HEADS = (
    (Text("Name", "Nom"), "text"),
    (Text("Id", "Identifiant"), "text"),
    (Text("Made", "Créée"), "text"),
    (Text("State", "État"), "text"),
)
GOOD, REVOKED, SIGNED = (
    Text("Good", "Valable"),
    Text("Revoked", "Révoquée"),
    Text("Good, with a signing secret", "Valable, avec secret de signature"),
)
NONE, NONE_NEXT = (
    Text("No key yet", "Pas encore de clé"),
    Text("Make one below; it is ready at once.", "Créez-en une ci-dessous ; elle est prête aussitôt."),
)
MAKE, NAME = Text("Make a key", "Créer une clé"), Text("What it is for", "À quoi elle sert")
SECRET = Text("Signing secret, for webhooks only", "Secret de signature, pour les webhooks seulement")
USE, WHICH = Text("Use a key", "Utiliser une clé"), Text("Key", "Clé")
SDK = Text("SDK", "SDK")
ROTATE = Text("Rotate", "Renouveler")
ROTATE_HINT = Text(
    "Makes a second key of the same name. The old one goes on working until you revoke it.",
    "Crée une seconde clé du même nom. L’ancienne fonctionne jusqu’à sa révocation.",
)
REVOKE = Text("Revoke", "Révoquer")
REVOKE_HINT = Text("Refused within five seconds; this cannot be undone.", "Refusée sous cinq secondes ; c’est définitif.")
UNKNOWN = Text(
    "This key was made before keys were kept, so it cannot be shown again: put it where it says {placeholder}, or rotate it.",
    "Cette clé date d’avant leur conservation et ne peut être réaffichée : mettez-la à la place de {placeholder}, ou renouvelez-la.",
)
BAD = Text("Not made: {why}.", "Non créée : {why}.")


def show(actor: Actor, now: datetime) -> None:
    """The list, the lines to copy, the form."""
    locale = actor.locale
    found = write_keys.listed(store(), actor.tenant.key)
    lines = [_line(one, actor, now) for one in found]
    empty = None if lines else (NONE[locale], NONE_NEXT[locale])
    card("keys", (KEYS[locale], KEYS_NOTE[locale]), table([(label[locale], kind) for label, kind in HEADS], lines, locale), empty)
    good = {one.id: one for one in found if one.revoked_at is None}
    if good:
        with st.container(key="card_use_key"):
            _use(actor, good)
    with st.container(key="card_make_key"):
        _make(actor)


def _line(one: WriteKey, actor: Actor, now: datetime) -> tuple[str, ...]:
    state = REVOKED if one.revoked_at else SIGNED if one.signed else GOOD
    made = dates.instant(naive_utc(one.created_at), actor.tenant, actor.locale, now)
    return (one.name, one.id, made, state[actor.locale])


def _use(actor: Actor, good: dict[str, WriteKey]) -> None:
    locale = actor.locale
    st.html(f'<div class="vg-title"><h2>{USE[locale]}</h2></div>')
    left, right = st.columns(2)
    chosen = left.selectbox(WHICH[locale], list(good), format_func=lambda key: f"{good[key].name} · {key}", key="key_id")
    sdk = right.selectbox(SDK[locale], list(SNIPPETS), format_func=lambda name: SNIPPETS[name].label[locale], key="key_sdk")
    one = good[chosen]
    key = write_keys.unseal(secret_of(settings()), one.sealed_key) if one.sealed_key else None
    if key is None:
        states.state(USE[locale], UNKNOWN[locale].format(placeholder=PLACEHOLDER))
    lines = filled(sdk, _host(), key or PLACEHOLDER, actor.tenant.key)
    st.code(lines, language=SNIPPETS[sdk].language, wrap_lines=True)
    with st.container(horizontal=True, gap="small"):
        if st.button(ROTATE[locale], key="key_rotate", icon=":material/autorenew:", help=ROTATE_HINT[locale]):
            _rotate(actor, chosen)
        if st.button(REVOKE[locale], key="key_revoke", icon=":material/block:", help=REVOKE_HINT[locale]):
            _revoke(actor, chosen)


def _host() -> str:
    """The address this page was opened at."""
    parts = (st.context.url or "").split("/")
    return "/".join(parts[:3]) if len(parts) > 2 and parts[2] else f"http://localhost:{settings().port}"


def _make(actor: Actor) -> None:
    locale = actor.locale
    st.html(f'<div class="vg-title"><h2>{MAKE[locale]}</h2></div>')
    with st.form("make_key", border=False, clear_on_submit=True):
        left, right = st.columns(2)
        name = left.text_input(NAME[locale], max_chars=120)
        secret = right.text_input(SECRET[locale], type="password", max_chars=200, autocomplete="off")
        if st.form_submit_button(MAKE[locale], type="primary", icon=":material/key:"):
            _made(actor, NewKey(name, None, secret.strip() or None))


def _made(actor: Actor, new: NewKey) -> None:
    try:
        write_keys.create(store(), actor.tenant, new, secret_of(settings()), now=utc_now())
    except BadWriteKey as error:
        st.error(literal.markdown(BAD[actor.locale].format(why=error)))
        return
    _note(actor, f"made {new.name}")
    st.session_state.pop("key_id", None)  # the newest is shown
    st.rerun()


def _rotate(actor: Actor, identity: str) -> None:
    write_keys.rotate(store(), actor.tenant, identity, secret_of(settings()), now=utc_now())
    _note(actor, f"rotated {identity}")
    st.session_state.pop("key_id", None)
    st.rerun()


def _revoke(actor: Actor, identity: str) -> None:
    done = write_keys.revoke(store(), actor.tenant.key, identity, utc_now())
    _note(actor, f"revoked {identity}" if done else f"unknown {identity}")
    st.session_state.pop("key_id", None)
    st.rerun()


def _note(actor: Actor, what: str) -> None:
    audit.record(store(), audit.Entry("write_key", what, "done", actor, session.visit().address), utc_now())
