"""The people of a company: found by id or e-mail, each with a page of their own, and a trail of who looked."""

from __future__ import annotations

import re

import sqlalchemy as sa

from accounts import audit
from accounts.language import Text
from components import person, person_timeline
from data_access.schema import aliases
from tests.page.test_pages import html

NAME = r'<td class="vg-person"><a href="(person\?id=[^"]+)">'


def first(at) -> str:
    """The id of the first person listed."""
    return re.findall(NAME, html(at))[0].split("id=")[1]


def trail(store, tenant=1):
    return [(line["action"], line["object"], line["outcome"]) for line in audit.newest(store, tenant)]


def test_people_are_listed_and_found(opened, store):
    at = opened("anna", "person")
    assert not at.exception
    assert f"<h1>{person.PEOPLE.en}</h1>" in html(at)
    who = first(at)
    at.text_input[0].set_value(who[:6]).run()
    assert who in re.findall(r"person\?id=([^\"]+)\"", html(at))
    at.text_input[0].set_value("nobody-has-this").run()
    assert "Nobody here has such an id" in html(at)
    assert ("list_people", "everyone", "done") in trail(store)


def test_one_person_from_profile_to_timeline(opened, store):
    who = first(opened("anna", "person"))
    at = opened("anna", "person", id=who)
    assert not at.exception
    said = html(at)
    for text in (person_timeline.TITLE, person.KNOWN_AS, Text("Days active", ""), Text("Sessions", "")):
        assert text.en in said
    before = said.count("<li class=")
    at.button(key="timeline_more").click().run()
    assert html(at).count("<li class=") > before
    assert ("view_person", who, "done") in trail(store)


def test_a_person_of_another_company_is_not_there(opened, business):
    known = business.read(sa.select(aliases.c.tenant, aliases.c.external_id))
    (only_here, *_) = sorted(set(known["external_id"][known["tenant"] == 1]) - set(known["external_id"][known["tenant"] == 2]))
    assert 'class="vg-who"' in html(opened("anna", "person", id=only_here))
    at = opened("charlie", "person", id=only_here)
    assert 'class="vg-who"' not in html(at)
    assert person.UNKNOWN.en in html(at)


def test_people_are_closed_to_those_who_may_not_see_them(opened, store):
    at = opened("eve", "person", id="u-1")
    assert 'class="vg-who"' not in html(at)
    assert at.get("text_input") == []
