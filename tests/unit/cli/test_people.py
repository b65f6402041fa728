"""`vigie user` and `vigie token`: who may come in, and the programs that speak for them."""

from __future__ import annotations

from accounts import actors, passwords, tokens
from data_access.clock import utc_now
from data_access.store import open_store


def store(place):
    return open_store(f"sqlite:///{place}/store.sqlite")


def test_the_first_administrator_comes_with_their_company(vigie, place):
    said = vigie("user", "add", "Ada@Acme.test", "--tenant", "acme", "--role", "admin", "--name", "Ada", "--currency", "GBP").output
    made = said.split("shown once): ")[1].strip()
    ada = actors.by_email(store(place), "ada@acme.test")
    assert (ada.name, ada.roles, ada.tenant.slug, ada.tenant.currency) == ("Ada", {"admin"}, "acme", "GBP")
    assert passwords.matches(made, actors.password_hash(store(place), "ada@acme.test")[1])
    vigie("user", "add", "bob@acme.test", "--tenant", "acme")
    listed = vigie("user", "list").output
    assert "ada@acme.test" in listed
    assert "viewer" in listed


def test_roles_passwords_and_the_way_out(vigie, place):
    vigie("user", "add", "ada@acme.test", "--tenant", "acme", "--password", typed="a long password\na long password\n")
    vigie("user", "role", "ada@acme.test", "--role", "analyst", "--role", "executive")
    assert actors.by_email(store(place), "ada@acme.test").roles == {"analyst", "executive"}
    vigie("user", "password", "ada@acme.test", typed="another password\nanother password\n")
    assert passwords.matches("another password", actors.password_hash(store(place), "ada@acme.test")[1])
    vigie("user", "remove", "ada@acme.test")
    assert actors.by_email(store(place), "ada@acme.test") is None
    assert "removed" in vigie("user", "list", "--tenant", "acme").output


def test_mistakes_are_said_in_words_with_code_1(vigie):
    assert "not an e-mail address" in vigie("user", "add", "ada", "--tenant", "acme", code=1).output
    assert "unknown role king" in vigie("user", "add", "ada@acme.test", "--tenant", "acme", "--role", "king", code=1).output
    assert "at least 10" in vigie("user", "add", "ada@acme.test", "--tenant", "acme", "--password", typed="short\nshort\n", code=1).output
    assert "nobody signs in as" in vigie("user", "role", "ada@acme.test", "--role", "admin", code=1).output
    assert "nobody signs in as" in vigie("token", "create", "ada@acme.test", code=1).output
    assert "there is no tenant" in vigie("token", "list", "--tenant", "acme2", code=1).output


def test_a_token_is_the_only_thing_on_standard_output(vigie, place):
    vigie("user", "add", "ada@acme.test", "--tenant", "acme", "--role", "analyst")
    secret = vigie("token", "create", "ada@acme.test", "--may", "read_kpi", "--days", "7").stdout.strip()
    bearer = tokens.authenticate(store(place), secret, utc_now())
    assert bearer.actor.permissions == {"read_kpi"}
    assert "administer” is not yours" in vigie("token", "create", "ada@acme.test", "--may", "administer", code=1).output
    listed = vigie("token", "list", "--tenant", "acme").output
    assert bearer.token in listed
    assert secret not in listed
    vigie("token", "revoke", bearer.token, "--tenant", "acme")
    assert tokens.authenticate(store(place), secret, utc_now()) is None
    assert "still good" in vigie("token", "revoke", bearer.token, "--tenant", "acme", code=1).output
