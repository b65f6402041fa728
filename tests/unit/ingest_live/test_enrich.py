"""What surroundings tell of an event, and what is not kept of them."""

from __future__ import annotations

import orjson
import pytest

from accounts.actor import Tenant
from ingest.enrich import Enricher
from ingest.enrich.addresses import Countries, shortened
from ingest.enrich.agents import agent_of
from ingest.enrich.channels import arrival
from ingest.enrich.privacy import masked
from tests.unit.ingest_live.desks import envelope

SECRET = b"s" * 32
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) {_SAFARI}"
IPAD = IPHONE.replace("iPhone; CPU iPhone OS", "iPad; CPU OS")
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class Known(Countries):
    """A database of one network."""

    def __init__(self) -> None:
        super().__init__(None)

    def of(self, address: str | None) -> str | None:
        return {"203.0.113.0": "FR", "2001:db8:1::": "DE"}.get(address or "")


def enriched(row: dict, context: dict, headers: dict | None = None, settings=(), table: str = "events", address: str = "") -> dict | None:
    enrich = Enricher(Known(), SECRET).for_tenant(Tenant(1, "a", "A", settings=settings))
    return row if enrich(table, row, context, envelope(b"", headers=headers or {}, address=address)) else None


@pytest.mark.parametrize(
    ("agent", "device", "system", "browser"),
    [
        (IPHONE, "mobile", "iOS", "Safari"),
        (IPAD, "tablet", "iPadOS", "Safari"),
        (CHROME, "desktop", "Windows", "Chrome"),
        (PIXEL, "mobile", "Android", "Chrome"),
        (BOT, "bot", None, "Googlebot"),
        ("", None, None, None),
        ("é" * 3000, None, None, None),
    ],
)
def test_device_system_and_browser(agent, device, system, browser):
    told = agent_of(agent)
    assert (told.get("device"), told.get("os"), told.get("browser")) == (device, system, browser)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("not an address", None),
        ("", None),
    ],
)
def test_addresses_are_cut_to_their_network(address, network):
    assert shortened(address) == network


@pytest.mark.parametrize(
    ("url", "referrer", "channel", "source"),
    [
        ("https://a.test/", None, "direct", None),
        ("https://a.test/", "https://www.google.com/", "organic_search", "google.com"),
        ("https://a.test/?gclid=x", "https://www.google.com/", "paid_search", "google.com"),
        ("https://a.test/?utm_source=google&utm_medium=cpc", "https://www.google.com/", "paid_search", "google"),
        ("https://a.test/?utm_source=linkedin&utm_medium=paid_social", None, "paid_social", "linkedin"),
        ("https://a.test/?utm_source=news&utm_medium=email", None, "email", "news"),
        ("https://a.test/", "https://blog.example.org/post", "referral", "blog.example.org"),
        ("https://a.test/", "https://t.co/x", "organic_social", "t.co"),
        ("https://a.test/b", "https://www.a.test/a", None, None),
        ("https://a.test/b?utm_source=x", "https://a.test/a", "campaign", "x"),
    ],
)
def test_how_a_visit_came(url, referrer, channel, source):
    came = arrival(url, referrer, None)
    assert (came.get("channel"), came.get("source")) == (channel, source)


@pytest.mark.parametrize("url", ["http://[", "//", "https://a.test/?" + "&".join(f"a{i}=1" for i in range(500)), "\0"])
def test_odd_addresses_do_no_harm(url):
    arrival(url, url, {"source": 5})
    assert enriched({}, {"url": url, "referrer": url}) is not None


def test_a_page_view_from_a_browser():
    context = {"url": "https://a.test/p?q=1&utm_campaign=may", "locale": "fr_FR", "screen": "390x844", "referrer": "https://www.bing.com/"}
    row = enriched({}, context, headers={"user-agent": IPHONE}, address="203.0.113.77")
    assert row == {
        "device": "mobile", "os": "iOS", "os_version": "17.1", "browser": "Safari", "browser_version": "17", "language": "fr-FR",
        "screen": "390x844", "country": "FR", "path": "/p", "search": "q=1", "campaign": "may", "source": "bing.com",
        "referrer": "https://bing.com/", "channel": "organic_search",
    }  # fmt: skip


def test_no_address_is_kept():
    row = enriched({}, {"ip": "203.0.113.77"}, headers={"user-agent": IPHONE}, address="203.0.113.78")
    assert "203.0.113" not in orjson.dumps(row).decode()


def test_a_back_ends_own_address_says_nothing_about_the_person():
    assert enriched({}, {}, headers={"user-agent": "posthog-python/7"}, address="203.0.113.77") == {}
    assert enriched({}, {"server": True, "os": "Linux"}, address="203.0.113.77") == {}


def test_only_columns_the_table_has_are_filled():
    assert enriched({}, {"country": "fr", "url": "https://a.test/"}, table="form_errors") == {"country": "FR", "channel": "direct"}


@pytest.mark.parametrize(
    ("context", "headers", "settings", "kept"),
    [
        ({"opt_out": True}, {}, (), False),
        ({}, {"dnt": "1"}, (), False),
        ({}, {"sec-gpc": "1"}, (), False),
        ({}, {"dnt": "1"}, (("ingest_ignore_do_not_track", "true"),), True),
        ({"opt_out": True}, {}, (("ingest_ignore_do_not_track", "true"),), False),
        ({}, {"dnt": "0"}, (), True),
    ],
)
def test_who_said_no_is_left_out(context, headers, settings, kept):
    assert (enriched({}, context, headers, settings) is not None) is kept


def test_pseudonyms_are_stable_and_per_tenant():
    def user(tenant: int, identity: str, table: str = "events") -> dict:
        row = {"user_id": identity, "external_id": identity, "email": "a@b.test", "name": "Ann"}
        chosen = Tenant(tenant, "a", "A", settings=(("ingest_pseudonyms", "true"),))
        Enricher(Known(), SECRET).for_tenant(chosen)(table, row, {}, envelope(b""))
        return row

    assert user(1, "u1")["user_id"] == user(1, "u1", "users")["external_id"] != "u1"
    assert len({user(1, "u1")["user_id"], user(2, "u1")["user_id"], user(1, "u2")["user_id"]}) == 3
    assert set(user(1, "u1", "users")) == {"user_id", "external_id"}
    assert user(1, "acme", "accounts")["external_id"] == "acme"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to ann.b+x@mail.example.org now", "write to *** now"),
        ("card 4111 1111 1111 1111!", "card ***!"),
        ("IBAN FR76 3000 6000 0112 3456 7890 189", "IBAN ***"),
        ("call +33 6 12 34 56 78", "call ***"),
        ("order 123456 of 2026-11-21, 19.99 EUR", "order 123456 of 2026-11-21, 19.99 EUR"),
        ("1795220896000", "1795220896000"),
    ],
)
def test_personal_patterns_are_masked(text, left):
    assert masked(text) == left


def test_masking_is_a_tenants_choice():
    written = '{"note":"ann@mail.test"}'
    assert enriched({"properties": written}, {})["properties"] == written
    assert enriched({"properties": written}, {}, settings=(("ingest_mask", "true"),))["properties"] == '{"note":"***"}'
