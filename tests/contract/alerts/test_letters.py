"""From a breach to a mail: what it says, in the language of the channel, and what it says once it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from alerts import book as rules
from alerts.engine.claim import claim
from alerts.engine.evaluate import Evaluation, decide
from alerts.engine.record import known, record
from alerts.letters import Writer
from alerts.looking import Look
from alerts.rule import rule_from_json
from alerts.state import Reading
from data_access.store import alerts, reading, writing
from delivery import book as channels
from delivery.channels.channel import Means
from delivery.sender import Desk, send_due
from reports import words
from tests.unit.delivery.conftest import sink  # noqa: F401

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = b"s" * 40
RULE = {
    "name": {"en": "Card failures", "fr": "Échecs de carte"},
    "watched": {"query": {"kind": "aggregate", "metrics": ["failed_payments"], "by": ["country"]}, "value": "failed_payments"},
    "condition": {"kind": "threshold", "limit": 3},
    "severity": "critical",
    "impact": {"en": "People cannot pay.", "fr": "Des personnes ne peuvent pas payer."},
    "action": {"en": "look at the provider’s status", "fr": "regarder l’état du prestataire"},
    "steps": [{"en": "Compare cards", "fr": "Comparer les cartes"}],
}


@pytest.fixture
def desk(store, alice, sink):  # noqa: F811
    settings = {"recipients": ["ada@acme.test"], "language": "fr"}
    channels.add(store, alice, channels.New("email", "Mail", settings), SECRET, now=START)
    rules.add(store, alice, rule_from_json(RULE), START)
    writer = Writer(lambda *known: words.value(*known), "https://vigie.example")
    return Desk(store, SECRET, Means(START, sink.url, "vigie@acme.test"), {"alerts": writer.render})


def look(store, tenant, at, **values):
    [held] = claim(store, at)
    with reading(store) as tx:
        before = known(tx, held.kept.id)
    seen = {name: Look(at, Reading.BREACH if value > 3 else Reading.CLEAR, value, 3) for name, value in values.items()}
    evaluation = Evaluation(at, seen)
    record(store, held, tenant, evaluation=evaluation, decisions=decide(before, evaluation, held.kept.rule.policy))


def mails(sink):  # noqa: F811
    import email
    import email.policy

    found = [email.message_from_bytes(one.content, policy=email.policy.default) for one in sink.mails]
    return [(mail["Subject"], mail.get_body(("plain",)).get_content()) for mail in found]


def test_a_mail_says_the_money_first_and_then_what_to_do(store, alice, desk, sink):  # noqa: F811
    look(store, alice.tenant, START, FR=7)
    with writing(store) as tx:
        tx.execute(sa.update(alerts).values(money_per_hour_minor=120_000, people=42, verdict="product"))
    assert send_due(desk, START + timedelta(minutes=1)).sent == 1
    [(subject, text)] = mails(sink)
    assert subject == "[critique] Échecs de carte"
    first, *rest = text.splitlines()
    assert first == "1\u202f200\u202f€ par heure en jeu · 42 personnes touchées · 7 pour une limite de 3"
    assert "D’abord : regarder l’état du prestataire" in rest
    assert "1. Comparer les cartes" in rest
    assert "Verdict: le produit lui-même" in rest
    assert any(line.startswith("Ouvrir l’alerte: https://vigie.example/alerts?id=") for line in rest)


def test_many_are_one_mail_and_their_end_another(store, alice, desk, sink):  # noqa: F811
    look(store, alice.tenant, START, **{f"C{n}": 4 + n for n in range(12)})
    send_due(desk, START + timedelta(minutes=1))
    look(store, alice.tenant, START + timedelta(hours=1), C0=0)
    send_due(desk, START + timedelta(hours=2))
    (subject, text), (over, last) = mails(sink)
    assert subject == "[critique] Échecs de carte : 12 alertes"
    assert "et 2 autres" in text
    assert over == "[résolu] Échecs de carte : 12 alertes"
    assert last.startswith("C’est terminé après")


def test_alerts_that_are_gone_are_not_told(store, alice, desk, sink):  # noqa: F811
    look(store, alice.tenant, START, FR=7)
    with writing(store) as tx:
        tx.execute(sa.delete(alerts))
    assert send_due(desk, START + timedelta(minutes=1)).sent == 0
    assert sink.mails == []
