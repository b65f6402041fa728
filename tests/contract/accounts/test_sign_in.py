"""Signing in, as a timeline of tries: what is checked, what has to wait, and that nothing tells who exists."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from accounts import actors, attempts, audit
from accounts.attempts import ADDRESS_FAILURES, FREE_FAILURES, LONGEST_WAIT
from accounts.sessions import Visit
from accounts.sign_in import Rules, sign_in
from tests.people import NOW, PASSWORD, settle

RULES = Rules(b"a secret for tests only, 32 bytes", 1000)
HERE = Visit("visit", "10.0.0.1")


@pytest.fixture
def alice(store):
    return settle(store, "alice", "charlie", password=PASSWORD)["alice"]


def tries(store, password, at, *, email="alice@acme.test", visit=HERE, rules=RULES):
    return sign_in(store, email, password, visit=visit, rules=rules, now=NOW + timedelta(seconds=at))


def test_the_right_password_is_the_person(store, alice):
    assert tries(store, PASSWORD, 0).actor == alice


def test_wrong_and_unknown_get_the_same_answer(store, alice):
    assert (
        tries(store, "wrong password", 0)
        == tries(store, PASSWORD, 1, email="nobody@acme.test")
        == tries(store, PASSWORD, 2, email="x" * 400)
    )


def test_wrong_unknown_and_oversized_take_the_same_time(store, alice):
    """In processor time, the least of interleaved runs: what the machine does beside only ever adds."""
    fastest = dict.fromkeys(
        [("alice@acme.test", "wrong password"), ("nobody@acme.test", "wrong password"), ("alice@acme.test", "x" * 1_000_000)], 9.9
    )
    for n in range(12):
        for email, password in fastest:
            began = time.thread_time()
            sign_in(store, email, password, visit=Visit("v", f"10.1.{n}.1"), rules=RULES, now=NOW + timedelta(days=n))
            fastest[email, password] = min(fastest[email, password], time.thread_time() - began)
    assert max(fastest.values()) / min(fastest.values()) < 1.6


def test_a_megabyte_of_password_is_refused_before_hashing(store, alice, monkeypatch):
    from accounts import passwords

    hashed = []
    verify = passwords._verified
    monkeypatch.setattr(passwords, "_verified", lambda password, digest: hashed.append(len(password)) or verify(password, digest))
    assert tries(store, "x" * 1_000_000, 0).actor is None
    assert hashed == [0]


def test_after_five_failures_the_wait_doubles_up_to_five_minutes(store, alice):
    at = 0.0
    for _ in range(FREE_FAILURES):
        assert tries(store, "wrong password", at).wait == timedelta()
    waits = []
    for _ in range(12):
        wait = tries(store, "wrong password", at).wait
        waits.append(wait.total_seconds())
        at += wait.total_seconds()
        assert tries(store, "wrong password", at).wait == timedelta()
    assert waits[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert set(waits[9:]) == {LONGEST_WAIT.total_seconds()}


def test_during_the_wait_even_the_right_password_is_not_looked_at(store, alice):
    for _ in range(FREE_FAILURES):
        tries(store, "wrong password", 0)
    assert tries(store, PASSWORD, 0.5).wait > timedelta()
    assert tries(store, PASSWORD, 1.5).actor == alice
    assert tries(store, "wrong password", 2).wait == timedelta()  # a pass forgets the failures


def test_the_back_off_is_the_same_for_people_who_do_not_exist(store, alice):
    for _ in range(FREE_FAILURES):
        tries(store, "wrong password", 0, email="nobody@acme.test")
    assert tries(store, "wrong password", 0, email="NOBODY@acme.test ").wait == timedelta(seconds=1)
    assert tries(store, PASSWORD, 0).actor == alice


def test_many_accounts_from_one_address_have_to_wait(store, alice):
    for n in range(ADDRESS_FAILURES):
        attempt = attempts.begin(store, f"user{n}@acme.test", "10.9.9.9", secret=RULES.secret, now=NOW, per_minute=1000)
        attempts.finish(store, attempt, "failed")
    assert tries(store, PASSWORD, 1, visit=Visit("v", "10.9.9.9")).wait == LONGEST_WAIT
    assert tries(store, PASSWORD, 1).actor == alice


def test_at_most_so_many_tries_a_minute_from_one_address(store, alice):
    rules = Rules(RULES.secret, 3)
    assert [tries(store, PASSWORD, n, rules=rules).wait.total_seconds() for n in range(4)] == [0, 0, 0, 60]
    assert tries(store, PASSWORD, 65, rules=rules).actor == alice


def test_a_burst_at_one_instant_gets_no_more_tries_than_one_after_another(store, alice):
    waits = []

    def attempt():
        waits.append(attempts.begin(store, "alice@acme.test", "10.0.0.1", secret=RULES.secret, now=NOW, per_minute=1000).wait)

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not wait for wait in waits) <= FREE_FAILURES


def test_every_try_is_in_the_trail_of_the_right_tenant(store, alice):
    tries(store, "wrong password", 0)
    tries(store, PASSWORD, 1)
    tries(store, "wrong password", 2, email="nobody@acme.test")
    lines = [(line["action"], line["outcome"], line["actor"]) for line in audit.newest(store, alice.tenant.key)]
    assert lines == [("sign_in", "done", alice.id), ("sign_in", "refused", alice.id)]
    assert [line["actor"] for line in audit.newest(store, None)] == [None]


def test_a_changed_password_replaces_the_old_one(store, alice):
    actors.set_password(store, alice.id, "another good one", NOW)
    assert tries(store, PASSWORD, 0).actor is None
    assert tries(store, "another good one", 1).actor == alice


def test_old_attempts_are_forgotten(store, alice):
    tries(store, "wrong password", 0)
    assert attempts.purge(store, NOW + timedelta(days=6)) == 0
    assert attempts.purge(store, NOW + timedelta(days=8)) == 1
