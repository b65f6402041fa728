"""Sign-ins: what the browser holds works exactly as long as the table says."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from accounts import sessions
from accounts.sessions import Visit
from data_access.store import reading
from data_access.store import sessions as rows
from tests.people import NOW

BROWSER = Visit("the visit cookie", "10.0.0.1", "Firefox")
LATER = NOW + timedelta(seconds=5)


@pytest.fixture
def started(store, people):
    return sessions.start(store, people["alice"].id, BROWSER, now=NOW, hours=12)


def test_a_ticket_becomes_a_cookie_and_the_cookie_a_person(store, people, started):
    cookie, expires = sessions.exchange(store, started.ticket, BROWSER, LATER)
    assert expires == NOW + timedelta(hours=12)
    assert sessions.by_cookie(store, cookie, LATER) == (started.id, people["alice"].id)


def test_a_ticket_works_once(store, started):
    assert sessions.awaits_exchange(store, started.id, LATER)
    assert sessions.exchange(store, started.ticket, BROWSER, LATER)
    assert sessions.exchange(store, started.ticket, BROWSER, LATER) is None
    assert not sessions.awaits_exchange(store, started.id, LATER)


def test_a_ticket_is_good_for_half_a_minute_in_the_browser_it_was_made_for(store, started):
    assert sessions.exchange(store, started.ticket, Visit("another browser"), LATER) is None
    assert sessions.exchange(store, started.ticket, BROWSER, NOW + timedelta(seconds=30)) is None
    assert sessions.exchange(store, "guessed", BROWSER, LATER) is None
    assert sessions.exchange(store, started.ticket, BROWSER, NOW + timedelta(seconds=29)) is not None


def test_a_cookie_replayed_after_log_out_is_refused(store, started):
    cookie, _ = sessions.exchange(store, started.ticket, BROWSER, LATER)
    sessions.revoke_cookie(store, cookie, "sign_out", LATER)
    assert sessions.by_cookie(store, cookie, LATER) is None
    assert sessions.by_id(store, started.id, LATER) is None


def test_a_ticket_of_a_revoked_sign_in_is_refused(store, started):
    sessions.revoke(store, started.id, "sign_out", LATER)
    assert sessions.exchange(store, started.ticket, BROWSER, LATER) is None


def test_a_sign_in_expires(store, started):
    cookie, expires = sessions.exchange(store, started.ticket, BROWSER, LATER)
    assert sessions.by_cookie(store, cookie, expires - timedelta(seconds=1))
    assert sessions.by_cookie(store, cookie, expires) is None


FORGED = ("", "x", "a" * 43, "eyJhbGciOiJub25lIn0.eyJ1c2VybmFtZSI6ImFsaWNlIn0.", "\ud800" * 30, "'; DROP TABLE sessions; --" * 2)


@pytest.mark.parametrize("forged", FORGED)
def test_forged_cookies_are_nobody(store, started, forged):
    assert sessions.by_cookie(store, forged, LATER) is None


def test_the_table_holds_nothing_that_opens_a_door(store, started):
    cookie, _ = sessions.exchange(store, started.ticket, BROWSER, LATER)
    with reading(store) as tx:
        kept = str(tx.execute(sa.select(rows)).all())
    assert cookie not in kept
    assert started.ticket not in kept
    assert BROWSER.cookie not in kept


def test_purge_forgets_only_what_is_long_over(store, people, started):
    sessions.start(store, people["bob"].id, BROWSER, now=NOW + timedelta(days=40), hours=12)
    assert sessions.purge(store, NOW + timedelta(days=20)) == 0
    assert sessions.purge(store, NOW + timedelta(days=41)) == 1
