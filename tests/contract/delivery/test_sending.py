"""From the outbox to a receiver: once, again after a failure, never by two, and nothing secret on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from analytics.run import Forbidden
from data_access.store import channels, deliveries, outbox, reading, writing
from delivery import book, sender
from delivery.channels.channel import Means
from delivery.message import Message
from delivery.outbox import LEASE, RETRIES, Draft, claim, put
from delivery.sender import REST, Desk, send_due

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = b"s" * 40
SECOND = timedelta(seconds=1)


def render(_tx, letter, locale):
    return None if letter.message.get("over") else Message(f"{locale}: {letter.message['text']}", "first", letter.key)


@pytest.fixture
def desk(store):
    return Desk(store, SECRET, Means(NOW, allowed=frozenset({"127.0.0.1"})), {"plain": render})


@pytest.fixture
def hook(store, alice, receiver):
    return book.add(
        store, alice, book.New("webhook", "Hook", {"url": receiver.at + "/h", "secrets": ["hush-hush"], "language": "fr"}), SECRET, now=NOW
    )


def write(store, channel, key="k1", **message):
    with writing(store) as tx:
        return put(tx, Draft(1, key, channel, "test:1", {"kind": "plain", "text": "salut", **message}, NOW), NOW)


def state(store):
    with reading(store) as tx:
        return [tuple(row) for row in tx.execute(sa.select(outbox.c.state, outbox.c.attempts))]


def test_a_message_is_sent_once_in_the_language_of_its_channel(store, desk, hook, receiver):
    assert write(store, hook)
    assert not write(store, hook)  # the same effect again
    assert send_due(desk, NOW).sent == 1
    assert send_due(desk, NOW + SECOND).sent == 0
    [(_, headers, body)] = receiver.seen
    assert headers["Idempotency-Key"] == "k1"
    assert b"fr: salut" in body
    assert state(store) == [("sent", 1)]


def test_a_transaction_that_fails_tells_nobody(store, desk, hook):
    def both():
        with writing(store) as tx:
            put(tx, Draft(1, "k1", hook, "test:1", {"kind": "plain", "text": "x"}, NOW), NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        both()
    assert state(store) == []


def test_a_receiver_that_is_down_is_tried_again_later_and_later(store, desk, hook, receiver):
    receiver.answers["/h"] = (503, {}, [b""])
    write(store, hook)
    assert send_due(desk, NOW).waiting == 1
    assert send_due(desk, NOW + (RETRIES[0] - 1) * SECOND) == sender.Sent()
    receiver.answers.clear()
    assert send_due(desk, NOW + RETRIES[0] * SECOND).sent == 1
    with reading(store) as tx:
        assert list(tx.scalars(sa.select(deliveries.c.outcome).order_by(deliveries.c.id))) == ["retry", "sent"]


def test_hours_without_an_answer_end_with_giving_up(store, desk, hook, receiver):
    receiver.answers["/h"] = (503, {}, [b""])
    write(store, hook)
    at, given_up = NOW, ()
    for _ in range(60):
        given_up += send_due(desk, at).given_up
        at += timedelta(minutes=20)
    assert [letter.key for letter in given_up] == ["k1"]
    assert len(receiver.seen) == len(RETRIES) + 1


def test_a_channel_that_keeps_failing_rests_and_one_attempt_decides(store, desk, hook, receiver):
    receiver.answers["/h"] = (503, {}, [b""])
    for n in range(6):
        write(store, hook, f"k{n}")
    send_due(desk, NOW)
    assert len(receiver.seen) == sender.STRIKES
    receiver.answers.clear()
    assert send_due(desk, NOW + REST).sent == 6


def test_a_refusal_is_final(store, desk, hook, receiver):
    receiver.answers["/h"] = (410, {}, [b"gone"])
    write(store, hook)
    assert len(send_due(desk, NOW).given_up) == 1
    assert state(store) == [("failed", 1)]


def test_two_senders_do_not_send_twice_and_a_dead_one_is_replaced(store, desk, hook, receiver):
    write(store, hook)
    assert len(claim(store, NOW)) == 1
    assert send_due(desk, NOW + SECOND) == sender.Sent()
    assert send_due(desk, NOW + LEASE + SECOND).sent == 1


def test_what_is_over_is_not_told(store, desk, hook, receiver):
    write(store, hook, over=True)
    assert send_due(desk, NOW).sent == 0
    assert receiver.seen == []
    assert state(store) == [("sent", 1)]


def test_a_channel_that_was_switched_off_takes_nothing(store, desk, hook, alice, receiver):
    write(store, hook)
    book.change(store, alice, hook, {"enabled": False}, secret=SECRET, now=NOW)
    assert len(send_due(desk, NOW).given_up) == 1
    assert receiver.seen == []


def test_secrets_are_sealed_kept_and_never_shown(store, alice, hook):
    with reading(store) as tx:
        assert "hush" not in tx.scalar(sa.select(channels.c.settings))
    [kept] = book.listed(store, alice, SECRET)
    assert kept.shown["secrets"] == [book.KEPT]
    book.change(store, alice, hook, {"settings": {**kept.shown, "language": "en"}}, secret=SECRET, now=NOW)
    with reading(store) as tx:
        kind, settings = book.opened(tx, 1, hook, SECRET)
        assert (kind, settings.language, settings.secrets[0].get_secret_value()) == ("webhook", "en", "hush-hush")
        assert book.opened(tx, 1, hook, b"x" * 40) is None  # another SECRET_KEY
        assert book.opened(tx, 2, hook, SECRET) is None  # another tenant


def test_whose_channels_they_are_and_who_may_change_them(store, people, hook):
    assert book.listed(store, people["charlie"], SECRET) == ()
    for verb in (
        lambda who: book.remove(store, who, hook),
        lambda who: book.change(store, who, hook, {"enabled": False}, secret=SECRET, now=NOW),
    ):
        with pytest.raises((book.NotFound, Forbidden)):
            verb(people["charlie"])
        with pytest.raises(Forbidden):
            verb(people["bob"])
    with pytest.raises(book.InvalidChannel, match="already"):
        book.add(store, people["alice"], book.New("slack", "Hook", {"url": "https://x.test"}), SECRET, now=NOW)
    with pytest.raises(book.InvalidChannel, match="one of email"):
        book.add(store, people["alice"], book.New("pigeon", "P", {}), SECRET, now=NOW)
