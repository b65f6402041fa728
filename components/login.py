"""The sign-in page: streamlit-authenticator draws the form and asks our check; the session is ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit_authenticator import Authenticate
from streamlit_authenticator.controllers import AuthenticationController
from streamlit_authenticator.models import AuthenticationModel

from accounts.language import LOCALES, Text
from accounts.roles import ROLES
from accounts.secret import secret_of
from accounts.sign_in import Answer, Rules, sign_in
from components import session, theme
from data_access.clock import utc_now
from data_access.connections import store
from data_access.settings import settings

ASSETS = Path(__file__).parent / "assets"
TAGLINE = Text("See what your business is about to tell you.", "Voyez ce que votre activité s’apprête à vous dire.")
PROMISES = (
    Text("Revenue, usage and health on one page", "Revenus, usage et santé sur une seule page"),
    Text("Every number defined once, the same everywhere", "Chaque chiffre défini une fois, le même partout"),
    Text("On your own server, with your own data", "Sur votre serveur, avec vos données"),
)
FIELDS = {
    "Form name": Text("Sign in", "Connexion"),
    "Username": Text("E-mail", "Adresse e-mail"),
    "Password": Text("Password", "Mot de passe"),
    "Login": Text("Sign in", "Se connecter"),
}
WRONG = Text("The address or the password is not right.", "L’adresse ou le mot de passe est incorrect.")
WAIT = Text("Too many attempts. Try again in {wait}.", "Trop de tentatives. Réessayez dans {wait}.")
LANGUAGES = {"en": "English", "fr": "Français"}
DEMO = Text("Demonstration: come in as", "Démonstration : entrez en tant que")
_STATE = ("authentication_status", "name", "username", "email", "roles", "logout", "password_hint")


class _Model(AuthenticationModel):  # type: ignore[misc]
    """The form's model with our check behind it: argon2, back-off and audit instead of bcrypt over a dictionary.

    No hash is ever handed to the library; it only learns the person it may name.
    """

    answer = Answer()

    def check_credentials(self, username: str, password: str) -> bool:
        self.answer = check(username, password)
        actor = self.answer.actor
        if actor is not None:
            self.credentials["usernames"][username] = {"email": actor.email, "name": actor.name, "roles": sorted(actor.roles)}
        return actor is not None


class _NoCookies:
    """The library's cookie is readable by scripts and survives log-out, so it gets none."""

    def get_cookie(self) -> None: ...

    def set_cookie(self) -> None: ...


class _Form(Authenticate):  # type: ignore[misc]
    """The library's form, without its cookie component and without its sleep before drawing."""

    def __init__(self, model: _Model) -> None:
        self.path, self.api_key, self.attrs = None, None, {"login_sleep_time": 0}
        self.cookie_controller = _NoCookies()
        self.authentication_controller = AuthenticationController({"usernames": {}}, auto_hash=False)
        self.authentication_controller.authentication_model = model


def check(email: str, password: str) -> Answer:
    """Our check, with this browser and these settings."""
    rules = Rules(secret_of(settings()), settings().login_rate_per_minute)
    return sign_in(store(), email, password, visit=session.visit(), rules=rules, now=utc_now())


def draw() -> None:
    """The whole sign-in page. On success the session is opened and the run starts over, at the same address."""
    locale = session.browser_locale()
    theme.apply()
    st.html(ASSETS / "login.css")
    with st.container(key="sign_in", horizontal=True):
        with st.container(key="sign_in_side"):
            st.html(_side(locale))
        with st.container(key="sign_in_main"):
            _form(locale)
            if settings().demo_mode:
                _demo_people(locale)
            _languages(locale)


def _side(locale: str) -> str:
    promises = "".join(f"<li>{promise[locale]}</li>" for promise in PROMISES)
    name = '<div class="vg-brand"><img src="/assets/mark.svg" alt="" width="40" height="40"><b>Vigie</b></div>'
    return f'{name}<div><h1>{TAGLINE[locale]}</h1><ul>{promises}</ul></div><img class="vg-horizon" src="/assets/horizon.svg" alt="">'


def _form(locale: str) -> None:
    _forget()
    model = _Model({"usernames": {}}, auto_hash=False)
    form = _Form(model)
    form.login(fields={name: text[locale] for name, text in FIELDS.items()}, key="sign_in_form")
    failed = st.session_state.get("authentication_status") is False
    _forget()
    if model.answer.actor is not None:
        _enter(model.answer)
    if failed:
        _explain(model.answer, locale)


def _forget() -> None:
    """The library keeps what it believes in the session state; belief is not a session, so nothing of it stays."""
    for name in _STATE:
        st.session_state.pop(name, None)


def _enter(answer: Answer) -> None:
    assert answer.actor is not None
    session.open_for(answer.actor)
    st.rerun()


def _explain(answer: Answer, locale: str) -> None:
    st.error((waiting(answer) if answer.wait else WRONG)[locale], icon=":material/error:")


def waiting(answer: Answer) -> Text:
    """How long to wait before the next try."""
    seconds = int(answer.wait.total_seconds() + 0.999)
    return WAIT.format(wait=f"{seconds} s" if seconds < 60 else f"{-(-seconds // 60)} min")


def _demo_people(locale: str) -> None:
    from demo.business import TENANTS
    from demo.people import DEMO_ACTORS

    with st.container(key="sign_in_demo"):
        st.html(f"<h2>{DEMO[locale]}</h2>")
        for tenant in TENANTS:
            st.html(f"<h3>{tenant.name}</h3>")
            with st.container(key=f"demo_of_{tenant.slug}", horizontal=True):
                _demo_buttons([person for person in DEMO_ACTORS if person.tenant == tenant.slug], locale)


def _demo_buttons(people: list[Any], locale: str) -> None:
    for person in people:
        _demo_person(person, locale)


def _demo_person(person: Any, locale: str) -> None:
    role = ROLES[person.roles[0]].label[locale]
    if st.button(f"**{person.name}** {role}", key=f"demo_{person.email}", help=person.email):
        answer = check(person.email, person.password)
        if answer.actor is not None:
            _enter(answer)
        _explain(answer, locale)


def _languages(locale: str) -> None:
    with st.container(key="sign_in_languages", horizontal=True):
        for code in LOCALES:
            if st.button(LANGUAGES[code], key=f"language_{code}", type="tertiary", disabled=code == locale):
                session.choose_locale(None, code)
                st.rerun()
