"""The generated matrix: every role on every page and every metric, asked of the tables themselves; and sign-ins that ended."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from accounts import actors, audit, sessions
from accounts.actor import Actor
from accounts.roles import ROLES
from accounts.sessions import Visit
from analytics.kinds import KINDS
from analytics.kinds.aggregate import Aggregate
from analytics.metrics import METRICS, expand
from analytics.run import Forbidden, authorize
from data_access.clock import utc_now
from pages import PAGES
from reports import reasons
from tests.page.conftest import ROOT, WAIT
from tests.people import ACME

GUARDED = {name: page for name, page in PAGES.items() if page.permission is not None}


def text(at: AppTest) -> str:
    return " ".join(str(element.proto) for element in at.main)


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_on_each_page(opened_empty, store, role, name):
    bob = actors.by_email(store, "bob@acme.test")
    actors.set_roles(store, bob.id, [role], utc_now())
    at = opened_empty("bob", name)
    assert not at.exception
    refused = [line for line in audit.newest(store, 1) if (line["action"], line["outcome"]) == ("open_page", "refused")]
    if GUARDED[name].permission in ROLES[role].permissions:
        assert reasons.FORBIDDEN.en not in text(at)
        assert refused == []
    else:
        assert reasons.FORBIDDEN.en in text(at)
        assert [line["actor"] for line in refused] == [bob.id]
        assert not at.metric
        assert {button.key for button in at.button} == {"refused_account", "refused_sign_out"}


@pytest.mark.parametrize("name", GUARDED)
def test_every_page_guards_itself_when_its_file_is_run_without_the_door(opened_empty, name):
    at = AppTest.from_file(str(ROOT / GUARDED[name].path), default_timeout=WAIT).run()
    assert not at.exception
    assert len(at.main) == 0


@pytest.mark.parametrize("end", ["sign_out", "password", "roles", "removed", "expired"])
def test_an_open_page_closes_when_the_sign_in_ends(opened_empty, store, end):
    alice = actors.by_email(store, "alice@acme.test")
    at = opened_empty("alice", "account")
    assert len(at.main) > 0
    ends = {
        "sign_out": lambda: sessions.revoke(store, at.session_state["vigie_session_id"], "sign_out", utc_now()),
        "password": lambda: actors.set_password(store, alice.id, "another good one", utc_now()),
        "roles": lambda: actors.set_roles(store, alice.id, ["admin"], utc_now()),
        "removed": lambda: actors.set_active(store, alice.id, False, utc_now()),
        "expired": lambda: expire(store),
    }
    ends[end]()
    assert len(at.run().main) == 0


def expire(store):
    import sqlalchemy as sa

    from data_access.store import sessions as rows
    from data_access.store import writing

    with writing(store) as tx:
        tx.execute(sa.update(rows).values(expires_at=utc_now()))


@pytest.mark.parametrize("role", ROLES)
def test_each_role_on_each_metric(role):
    """A metric needs its own permission and that of all it is computed from."""
    actor = Actor("x", "X", ACME, frozenset({role}))
    for metric in METRICS.values():
        query = Aggregate(metrics=(metric.name,))
        needed = {part.permission for part in expand((metric.name,))} if metric.needs else {metric.permission}
        allowed = needed <= ROLES[role].permissions
        try:
            authorize(KINDS["aggregate"], query, actor)
            answered = True
        except Forbidden:
            answered = False
        assert answered == allowed, metric.name


def test_a_token_of_one_session_never_opens_anothers_page(opened_empty, store):
    """A made-up or foreign session id in the run's own memory is still looked up in the table."""
    for forged in ("", "0" * 32, "alice", Visit().cookie):
        at = AppTest.from_file(str(ROOT / "pages" / "account.py"), default_timeout=WAIT)
        at.session_state["vigie_session_id"] = forged
        assert len(at.run().main) == 0


def test_the_table_of_pages_is_complete():
    assert len({page.url for page in PAGES.values()}) == len(PAGES)
    for page in PAGES.values():
        assert (ROOT / page.path).is_file()
        assert page.title.en
        assert page.title.fr
    files = {path.stem for path in (ROOT / "pages").glob("*.py")} - {"__init__", "navigation"}
    assert files == set(PAGES)
