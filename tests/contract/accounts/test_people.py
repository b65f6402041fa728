"""People: adding, loading, changing; and that every change of password or roles ends their sign-ins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts import actors, sessions, tenants
from accounts.passwords import WeakPassword
from accounts.sessions import Visit
from tests.people import ACME, GLOBEX, NOW, PASSWORD


def begun(store, actor):
    return sessions.start(store, actor.id, Visit("visit"), now=NOW, hours=12)


def test_a_person_comes_back_as_an_actor_of_their_tenant(store, people):
    alice = actors.by_email(store, "  ALICE@acme.test ")
    assert alice == people["alice"]
    assert (alice.tenant, alice.roles, alice.locale) == (ACME, {"admin"}, "en")
    assert actors.by_id(store, people["charlie"].id).tenant == GLOBEX


def test_the_language_is_the_persons_then_the_browsers(store, people):
    bob = people["bob"]
    assert actors.by_id(store, bob.id, "fr").locale == "fr"
    actors.set_locale(store, bob.id, "en")
    actors.set_locale(store, bob.id, "fr")
    assert actors.by_id(store, bob.id, "en").locale == "fr"
    assert actors.preference(store, bob.id, "locale") == "fr"
    assert actors.preference(store, bob.id, "theme") is None
    with pytest.raises(actors.InvalidActor, match="en, fr"):
        actors.set_locale(store, bob.id, "tlh")


@pytest.mark.parametrize("change", ["password", "roles", "active"])
def test_a_change_ends_every_sign_in(store, people, change):
    bob, alice = people["bob"], people["alice"]
    first, second, other = begun(store, bob), begun(store, bob), begun(store, alice)
    changes = {
        "password": lambda: actors.set_password(store, bob.id, PASSWORD, NOW),
        "roles": lambda: actors.set_roles(store, bob.id, ["executive"], NOW),
        "active": lambda: actors.set_active(store, bob.id, False, NOW),
    }
    changes[change]()
    assert sessions.by_id(store, first.id, NOW) is None
    assert sessions.by_id(store, second.id, NOW) is None
    assert sessions.by_id(store, other.id, NOW) == (other.id, alice.id)


def test_new_roles_hold_at_once(store, people):
    actors.set_roles(store, people["bob"].id, ["analyst", "executive"], NOW)
    assert actors.by_id(store, people["bob"].id).roles == {"analyst", "executive"}


def test_somebody_shut_out_is_nobody(store, people):
    actors.set_active(store, people["bob"].id, False, NOW)
    assert actors.by_id(store, people["bob"].id) is None
    assert actors.by_email(store, "bob@acme.test") is None
    assert actors.password_hash(store, "bob@acme.test") is None
    assert [p.active for p in actors.every(store, "acme") if p.email == "bob@acme.test"] == [False]


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (actors.NewActor("acme", "not an address", "X", ("viewer",)), "not an e-mail address"),
        (actors.NewActor("acme", "Alice@ACME.test", "X", ("viewer",)), "already a person"),
        (actors.NewActor("acme", "new@acme.test", "X", ("emperor",)), "unknown role emperor"),
        (actors.NewActor("acme", "new@acme.test", "X", ()), "no role"),
    ],
)
def test_who_cannot_be_added(store, people, new, words):
    with pytest.raises(actors.InvalidActor, match=words):
        actors.add(store, new, NOW)


def test_weak_passwords_and_unknown_tenants_add_nobody(store, people):
    with pytest.raises(WeakPassword, match="at least 10"):
        actors.add(store, actors.NewActor("acme", "new@acme.test", "X", ("viewer",), "short"), NOW)
    with pytest.raises(tenants.UnknownTenant, match="acme, globex"):
        actors.add(store, actors.NewActor("initech", "new@acme.test", "X", ("viewer",)), NOW)
    assert len(actors.every(store)) == len(people)


def test_changing_nobody_is_an_error(store, people):
    with pytest.raises(actors.InvalidActor, match="no such person"):
        actors.set_roles(store, "nobody", ["viewer"], NOW + timedelta(days=1))


def test_a_tenants_calendar_is_kept_and_can_change(store, people):
    from dataclasses import replace

    changed = replace(ACME, week_start=6, currency="CHF", settings=(("a", "1"), ("b", "2")))
    tenants.save(store, changed, NOW)
    assert tenants.by_slug(store, "acme") == changed
    assert [tenant.slug for tenant in tenants.every(store)] == ["acme", "globex"]
