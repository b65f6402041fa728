"""Segments through the API: made, changed, used, deleted; by whom; and never those of another company."""

from __future__ import annotations

import pytest

from accounts import audit

DID = {"kind": "all", "of": [{"kind": "did", "event": {"event": "visit"}, "window": {}}]}
PATH = "/api/v1/segments"
ELSEWHERE = ["is", "segment.0123456789abcdef", ["in"]]


@pytest.fixture
def kept(client, bearer):
    made = client.post(PATH, json={"name": "Visitors", "definition": DID}, headers=bearer("anna"))
    assert made.status_code == 201, made.text
    return made.json()["data"]


def test_the_life_of_a_segment(client, bearer, store, kept):
    assert kept["sentence"] == "did “visit” at least once ever"
    one = client.get(f"{PATH}/{kept['id']}", headers=bearer("eve")).json()["data"]
    assert one["version"] == 1
    assert one["size"] is not None
    changed = {"name": "Visitors", "definition": DID, "description": "of late", "version": 1}
    assert client.put(f"{PATH}/{kept['id']}", json=changed, headers=bearer("anna")).json()["data"]["version"] == 2
    stale = client.put(f"{PATH}/{kept['id']}", json=changed, headers=bearer("anna"))
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "changed_meanwhile")
    listed = client.get(PATH, headers=bearer("eve")).json()
    assert [row["name"] for row in listed["data"]] == ["Visitors"]
    members = client.get(f"{PATH}/{kept['id']}/members", headers=bearer("anna"))
    assert members.status_code == 200
    assert audit.newest(store, 1)[0]["object"] == f"segment {kept['id']} members"
    assert client.delete(f"{PATH}/{kept['id']}", headers=bearer("anna")).status_code == 200
    assert client.get(f"{PATH}/{kept['id']}", headers=bearer("anna")).status_code == 404


@pytest.mark.parametrize(
    ("who", "list_", "make", "members"), [("bob", 403, 403, 403), ("eve", 200, 403, 403), ("anna", 200, 201, 200), ("alice", 200, 201, 200)]
)
def test_rights(client, bearer, kept, who, list_, make, members):
    assert client.get(PATH, headers=bearer(who)).status_code == list_
    assert client.post(PATH, json={"name": f"By {who}", "definition": DID}, headers=bearer(who)).status_code == make
    assert client.get(f"{PATH}/{kept['id']}/members", headers=bearer(who)).status_code == members
    size = {"kind": "segment_size", "segment": kept["id"]}
    assert client.post("/api/v1/query", json=size, headers=bearer(who)).status_code == (403 if who == "bob" else 200)
    person = {"kind": "all", "of": [{"kind": "property", "filter": ["is", "person.email", ["a@b.c"]]}]}
    asked = client.post("/api/v1/query", json={"kind": "segment_size", "definition": person}, headers=bearer(who))
    assert asked.status_code == (403 if who in ("bob", "eve") else 200)


@pytest.mark.parametrize(
    "asked",
    [
        {"metrics": ["events"]},
        {"metrics": ["events"], "filters": [["is", "segment.{id}", ["in"]]]},
        {"metrics": ["events"], "by": ["segment.{id}"]},
        {"metrics": ["events"], "by": ["segments.{id}.{id}"]},
        {"metrics": ["events"], "compare": "segment:{id}"},
        {"kind": "segment_size", "segment": "{id}"},
        {"kind": "segment_size", "definition": {"kind": "all", "of": [{"kind": "segment", "id": "{id}"}]}},
        {"kind": "segment_overlap", "segments": ["{id}", "0000000000000000"]},
        {"kind": "segment_members", "segment": "{id}"},
        {"kind": "segment_reasons", "segment": "{id}", "person": "x"},
        {"kind": "segment_difference", "definition": DID, "against": "{id}"},
        {"kind": "people", "segment": "{id}"},
        {"kind": "funnel", "steps": [{"event": "a"}], "segment": "{id}"},
    ],
    ids=str,
)
def test_another_companys_is_not_there(client, bearer, kept, asked):
    if asked == {"metrics": ["events"]}:
        asked = {**asked, "segment": "{id}"}
    mine = _with(asked, kept["id"])
    assert client.post("/api/v1/query", json=mine, headers=bearer("alice")).status_code in (200, 422)
    answer = client.post("/api/v1/query", json=mine, headers=bearer("charlie"))
    assert answer.status_code == 422
    assert "there is no segment" in answer.json()["error"]["message"]
    assert "Visitors" not in answer.text
    definition = {"kind": "all", "of": [{"kind": "segment", "id": kept["id"]}]}
    assert client.post(PATH, json={"name": "x", "definition": definition}, headers=bearer("charlie")).status_code == 422


def _with(asked, identity):
    if isinstance(asked, str):
        return asked.replace("{id}", identity)
    if isinstance(asked, dict):
        return {name: _with(value, identity) for name, value in asked.items()}
    return [_with(value, identity) for value in asked] if isinstance(asked, list) else asked


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        ({"kind": "all", "of": []}, "at least 1"),
        ({"kind": "did"}, "'all' or 'any'"),
        ({"kind": "all", "of": [{"kind": "did", "amount": -1}]}, "whole number"),
        ({"kind": "all", "of": [{"kind": "did", "measure": "sum"}]}, "what is summed"),
        ({"kind": "all", "of": [{"kind": "did", "amount": 0}]}, "everybody"),
        ({"kind": "all", "of": [{"kind": "first_time", "window": {}}]}, "name a window"),
        ({"kind": "all", "of": [{"kind": "joined", "window": {"days": 3, "first": "2026-01-01", "last": "2026-01-02"}}]}, "not both"),
        ({"kind": "all", "of": [{"kind": "property", "filter": ["is", "country", ["FR"]]}]}, "person."),
        ({"kind": "all", "of": [{"kind": "segment", "id": "' OR 1=1"}]}, "pattern"),
        (
            {"kind": "all", "of": [{"kind": "did", "event": {"where": {"values": [["is", "segment.0123456789abcdef", ["in"]]]}}}]},
            "of its own",
        ),
        ({"kind": "all", "of": [{"kind": "nonsense"}]}, "kind"),
    ],
)
def test_what_cannot_be_is_explained(client, bearer, definition, why):
    answer = client.post(PATH, json={"name": "x", "definition": definition}, headers=bearer("alice"))
    assert answer.status_code == 422
    assert why in answer.json()["error"]["message"]


def test_names_are_unique_and_circles_are_named(client, bearer, kept):
    again = client.post(PATH, json={"name": " VISITORS ", "definition": DID}, headers=bearer("alice"))
    assert "already" in again.json()["error"]["message"]
    through = {"kind": "all", "of": [{"kind": "segment", "id": kept["id"]}]}
    other = client.post(PATH, json={"name": "Others", "definition": through}, headers=bearer("alice")).json()["data"]
    round_ = {"kind": "all", "of": [{"kind": "segment", "id": other["id"]}]}
    circle = client.put(f"{PATH}/{kept['id']}", json={"name": "Visitors", "definition": round_, "version": 1}, headers=bearer("alice"))
    assert "Visitors → Others → Visitors" in circle.json()["error"]["message"]
    used = client.delete(f"{PATH}/{kept['id']}", headers=bearer("alice"))
    assert "is used by segment “Others”" in used.json()["error"]["message"]


def test_frozen_when_made(client, bearer, store):
    made = client.post(PATH, json={"name": "Then", "definition": DID, "frozen": True}, headers=bearer("alice")).json()["data"]
    assert made["frozen_at"] is not None
    assert made["version"] == 2
