"""Saved analyses over the API: every verb, every role, another company's ids, two who change at once, and the answer."""

from __future__ import annotations

import pytest

from accounts import audit

ROUTE = "/api/v1/analyses"
BODY = {"name": "Visits", "folder": "Weekly", "query": {"metrics": ["active_users"]}, "scope": {"period": "7d", "compare": None}}


def save(client, headers, **more):
    return client.post(ROUTE, json=BODY | more, headers=headers)


def test_saved_found_listed_answered_changed_and_gone(client, bearer):
    anna = bearer("anna")
    made = save(client, anna).json()["data"]
    assert (made["kind"], made["page"], made["version"], made["owner_name"]) == ("aggregate", "explore", 1, "Anna")
    assert client.get(f"{ROUTE}/{made['id']}", headers=anna).json()["data"] == made
    assert [one["name"] for one in client.get(ROUTE, headers=anna).json()["data"]] == ["Visits"]
    answered = client.get(f"{ROUTE}/{made['id']}/result", headers=anna).json()["data"]
    assert answered["totals"]["active_users"] == 2
    changed = client.put(f"{ROUTE}/{made['id']}", json=BODY | {"name": "People", "version": 1}, headers=anna).json()["data"]
    assert (changed["name"], changed["version"]) == ("People", 2)
    assert client.delete(f"{ROUTE}/{made['id']}", headers=anna).status_code == 200
    assert client.get(f"{ROUTE}/{made['id']}", headers=anna).status_code == 404


def test_who_changes_what_somebody_else_changed_is_told(client, bearer):
    anna = bearer("anna")
    made = save(client, anna).json()["data"]
    assert client.put(f"{ROUTE}/{made['id']}", json=BODY | {"version": 1}, headers=anna).status_code == 200
    late = client.put(f"{ROUTE}/{made['id']}", json=BODY | {"name": "Lost", "version": 1}, headers=bearer("alice"))
    assert late.status_code == 409
    assert client.get(f"{ROUTE}/{made['id']}", headers=anna).json()["data"]["name"] == "Visits"


MATRIX = {  # who: list, read, answer, create, change Anna's, delete Anna's
    "alice": (200, 200, 200, 201, 200, 200),
    "anna": (200, 200, 200, 201, 200, 200),
    "eve": (200, 200, 200, 403, 403, 403),
    "bob": (403, 403, 403, 403, 403, 403),
    "charlie": (200, 404, 404, 201, 404, 404),
}


@pytest.mark.parametrize("who", MATRIX)
def test_each_verb_asks_who_it_is(client, bearer, store, who):
    made = save(client, bearer("anna")).json()["data"]
    headers, at = bearer(who), f"{ROUTE}/{made['id']}"
    answers = (
        client.get(ROUTE, headers=headers),
        client.get(at, headers=headers),
        client.get(f"{at}/result", headers=headers),
        save(client, headers, name="Mine"),
        client.put(at, json=BODY | {"version": 1}, headers=headers),
        client.delete(at, headers=headers),
    )
    assert tuple(a.status_code for a in answers) == MATRIX[who]
    if who == "charlie":
        assert made["id"] not in answers[0].text
        assert {(line["object"], line["outcome"]) for line in audit.newest(store, 2)} >= {(f"analysis {made['id']}", "not_found")}


def test_an_analyst_changes_only_their_own(client, bearer):
    theirs = save(client, bearer("alice")).json()["data"]
    assert client.put(f"{ROUTE}/{theirs['id']}", json=BODY | {"version": 1}, headers=bearer("anna")).status_code == 403
    assert client.delete(f"{ROUTE}/{theirs['id']}", headers=bearer("anna")).status_code == 403


def test_the_answer_has_the_rights_of_whoever_asks(client, bearer):
    money = save(client, bearer("alice"), query={"metrics": ["revenue"]}).json()["data"]
    assert client.get(f"{ROUTE}/{money['id']}/result", headers=bearer("alice", "read_kpi")).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 121},
        {"query": {"kind": "nothing"}},
        {"query": {"kind": "funnel", "steps": []}},
        {"scope": {"period": "'; DROP TABLE analyses; --"}},
        {"surprise": 1},
        {"page": "../etc"},
    ],
)
def test_what_cannot_be_asked_is_not_saved(client, bearer, wrong):
    answer = save(client, bearer("anna"), **wrong)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_hostile_words_are_words(client, bearer):
    anna = bearer("anna")
    name = "100%_'; DROP TABLE analyses; -- <b>x</b>"
    made = save(client, anna, name=name, folder="%").json()["data"]
    assert made["name"] == name
    assert [one["name"] for one in client.get(ROUTE, params={"search": "100%_'"}, headers=anna).json()["data"]] == [name]
    assert client.get(ROUTE, params={"search": "%%%"}, headers=anna).json()["data"] == []
