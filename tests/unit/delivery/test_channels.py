"""Every channel against a real receiver, and receivers that misbehave."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from delivery.channels import CHANNELS
from delivery.channels.channel import Means
from delivery.channels.email import Email
from delivery.channels.events import Events
from delivery.channels.slack import Slack
from delivery.channels.webhook import Webhook
from delivery.message import Attachment, Link, Refused, Unreachable
from delivery.outward import MOST_BYTES, Call, post
from tests.unit.delivery.conftest import SAID

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HERE = Means(NOW, allowed=frozenset({"127.0.0.1"}))


def mail_to(sink, *recipients):
    CHANNELS["email"].send(Email(recipients=recipients), SAID, Means(NOW, sink.url, "Vigie <vigie@acme.test>"))


def test_a_mail_arrives_as_text_and_html_with_everything_escaped(sink):
    mail_to(sink, "ada@acme.test")
    [kept] = sink.mails
    mail = email.message_from_bytes(kept.content, policy=email.policy.default)
    assert mail["Subject"] == "Card failures"
    assert mail["Message-ID"].endswith("@acme.test>")
    text, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert text.startswith("€1,200 an hour at risk")
    assert "&lt;b&gt;7 failures" in page
    assert "<b>" not in page


def test_many_recipients_are_several_mails(sink):
    mail_to(sink, *(f"person{n}@acme.test" for n in range(120)))
    assert [len(kept.rcpt_tos) for kept in sink.mails] == [50, 50, 20]


@pytest.mark.parametrize(("code", "error"), [("451 later", Unreachable), ("554 never", Refused)])
def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(sink, code, error):
    sink.code = code
    with pytest.raises(error):
        mail_to(sink, "ada@acme.test")


def test_no_mail_server_there(sink):
    with pytest.raises(Unreachable):
        CHANNELS["email"].send(Email(recipients=("ada@acme.test",)), SAID, Means(NOW, "smtp://127.0.0.1:1", "v@acme.test"))
    with pytest.raises(Refused, match="SMTP_URL"):
        CHANNELS["email"].send(Email(recipients=("ada@acme.test",)), SAID, Means(NOW))


def test_a_header_cannot_be_smuggled_in(sink):
    hostile = replace(SAID, subject="Hello\r\nBcc: all@acme.test")
    with pytest.raises(Refused, match="header"):
        CHANNELS["email"].send(Email(recipients=("ada@acme.test",)), hostile, Means(NOW, sink.url, "v@acme.test"))
    assert sink.mails == []
    for address in ("ada@acme.test\nBcc: x@y.test", "a b@acme.test", "ada@acme.test,eve@acme.test", "nobody"):
        with pytest.raises(ValidationError):
            Email(recipients=(address,))


def test_large_files_are_not_mailed(sink):
    heavy = replace(SAID, attachments=(Attachment("x.pdf", "application/pdf", b"x" * 10_000_001),))
    with pytest.raises(Refused, match="10 MB"):
        CHANNELS["email"].send(Email(recipients=("ada@acme.test",)), heavy, Means(NOW, sink.url, "v@acme.test"))


def test_a_webhook_is_signed_and_names_its_effect(receiver):
    CHANNELS["webhook"].send(Webhook(url=receiver.at + "/hook", secrets=("one", "two")), SAID, HERE)
    [(_, headers, body)] = receiver.seen
    stamp = headers["X-Vigie-Timestamp"].encode()
    expected = [f"v1={hmac.new(secret, stamp + b'.' + body, hashlib.sha256).hexdigest()}" for secret in (b"one", b"two")]
    assert headers["X-Vigie-Signature"] == ",".join(expected)
    assert headers["Idempotency-Key"] == "key-1"
    assert json.loads(body)["facts"]["Verdict"] == "product"


def test_slack_takes_no_mention_from_data(receiver):
    hostile = replace(SAID, first="<!channel> & <https://evil.test|click>", links=(Link("Open", "https://vigie.example"),))
    CHANNELS["slack"].send(Slack(url=receiver.at + "/slack"), hostile, HERE)
    body = receiver.seen[0][2].decode()
    assert "<!channel>" not in body
    assert "&lt;!channel&gt; &amp;" in body


def test_an_on_call_system_resolves_what_it_was_told(receiver):
    settings = Events(routing_key="r", url=receiver.at + "/v2/enqueue")
    for event in ("fired", "resolved"):
        CHANNELS["events"].send(settings, replace(SAID, event=event), HERE)
    told = [json.loads(body) for _, _, body in receiver.seen]
    assert [one["event_action"] for one in told] == ["trigger", "resolve"]
    assert {one["dedup_key"] for one in told} == {"g1"}


@pytest.mark.parametrize(("status", "error"), [(500, Unreachable), (429, Unreachable), (404, Refused), (302, Refused)])
def test_what_an_answer_means(receiver, status, error):
    receiver.answers["/x"] = (status, {"Location": "http://169.254.169.254/"}, [b"no"])
    with pytest.raises(error):
        post(Call(receiver.at + "/x", b"{}", allowed=HERE.allowed))
    assert len(receiver.seen) == 1  # no redirect is followed


def test_an_endless_answer_is_cut(receiver):
    receiver.answers["/endless"] = (200, {}, itertools.repeat(b"x" * 65_536))
    assert len(post(Call(receiver.at + "/endless", b"{}", allowed=HERE.allowed))) == 200
    assert receiver.cut.wait(10)
    assert MOST_BYTES < 100_000


def test_a_receiver_that_says_nothing_is_given_up(receiver):
    held = iter(lambda: receiver.cut.wait(20) and b"", None)
    receiver.answers["/slow"] = (200, {}, held)
    with pytest.raises(Unreachable):
        post(Call(receiver.at + "/slow", b"{}", allowed=HERE.allowed, seconds=0.3))
    receiver.cut.set()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "0.0.0.0", "192.168.1.1", "[::ffff:127.0.0.1]"]
)
def test_no_message_goes_inside_unless_it_was_allowed_by_name(host):
    with pytest.raises(Refused, match="private address"):
        post(Call(f"http://{host}:9/x", b"{}"))


@pytest.mark.parametrize("url", ["ftp://acme.test/x", "http://user:pass@acme.test/", "http:///x", "file:///etc/passwd"])
def test_only_plain_web_addresses(url):
    with pytest.raises(Refused):
        post(Call(url, b"{}"))


def test_every_channel_says_what_it_is_and_hides_its_secrets():
    for name, channel in CHANNELS.items():
        assert channel.label["fr"]
        assert channel.description["fr"], name
    shown = (
        repr(Slack(url="https://hooks.example/T0/SECRET"))
        + repr(Events(routing_key="SECRET"))
        + repr(Webhook(url="https://x.test", secrets=("SECRET",)))
    )
    assert "SECRET" not in shown
