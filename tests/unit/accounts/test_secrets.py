"""Secrets, CSRF tokens, passwords and addresses: small, pure, and refusing what they should."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import csrf, passwords
from accounts.address import client_address
from accounts.secret import check_secret, new_secret, secret_of
from data_access.settings import InvalidSettings, Settings

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SECRET = b"a secret for tests only, 32 bytes"


def chosen(tmp_path, **values):
    return Settings(_env_file=None, data_dir=tmp_path, **values)


@pytest.mark.parametrize(
    ("secret", "words"),
    [("", "is not set"), ("short", "has 5 characters"), ("changeme" * 5, "can be guessed"), ("a" * 40, "can be guessed")],
)
def test_a_missing_or_default_secret_stops_the_start_with_the_command_that_makes_one(tmp_path, secret, words):
    with pytest.raises(InvalidSettings, match=words) as raised:
        check_secret(chosen(tmp_path, secret_key=secret))
    assert "vigie check --new-secret" in str(raised.value)


def test_a_made_secret_is_good(tmp_path):
    made = new_secret()
    assert secret_of(chosen(tmp_path, secret_key=made)) == made.encode()
    assert new_secret() != made


def test_demo_mode_makes_one_per_installation_that_only_its_owner_can_read(tmp_path):
    demo = chosen(tmp_path, demo_mode=True, secret_key="")
    first = secret_of(demo)
    assert len(first) >= 32
    assert secret_of(demo) == first
    assert stat.S_IMODE((tmp_path / "demo_secret").stat().st_mode) == 0o600


def test_demo_mode_does_not_excuse_a_weak_secret(tmp_path):
    with pytest.raises(InvalidSettings):
        check_secret(chosen(tmp_path, demo_mode=True, secret_key="short"))


def test_a_csrf_token_is_good_in_its_browser_for_a_while():
    token = csrf.mint(SECRET, "visit", NOW)
    assert csrf.valid(SECRET, token, "visit", NOW + timedelta(hours=11))
    assert not csrf.valid(SECRET, token, "visit", NOW + timedelta(hours=12))
    assert not csrf.valid(SECRET, token, "another", NOW)
    assert not csrf.valid(b"another secret", token, "visit", NOW)
    assert not csrf.valid(SECRET, csrf.mint(SECRET, "", NOW), "", NOW)


@given(st.text(max_size=200))
def test_forged_csrf_tokens_are_refused_never_raised(token):
    assert not csrf.valid(SECRET, token, "visit", NOW)


@pytest.mark.parametrize(("password", "words"), [("short", "at least 10"), (" leading space", "space"), ("é" * 600, "at most 1024 bytes")])
def test_weak_passwords(password, words):
    with pytest.raises(passwords.WeakPassword, match=words):
        passwords.hashed(password)


def test_passwords_beyond_the_72_bytes_of_bcrypt_differ():
    digest = passwords.hashed("é" * 100 + "a")
    assert passwords.matches("é" * 100 + "a", digest)
    assert not passwords.matches("é" * 100 + "b", digest)


@pytest.mark.parametrize("digest", [None, "", "not a hash", "$2b$12$abcdefghijklmnopqrstuv"])
def test_odd_hashes_match_nothing(digest):
    assert not passwords.matches("whatever it is", digest)


@given(st.text(max_size=50))
def test_any_text_can_be_tried(password):
    assert not passwords.matches(password + "\ud800", "odd")


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("10.0.0.9", "1.2.3.4", "", "10.0.0.9"),
        ("10.0.0.9", "1.2.3.4", "10.0.0.9", "1.2.3.4"),
        ("10.0.0.9", "6.6.6.6, 1.2.3.4", "10.0.0.9", "1.2.3.4"),
        ("10.0.0.9", "6.6.6.6, 1.2.3.4, 10.0.0.8", "10.0.0.9, 10.0.0.8", "1.2.3.4"),
        ("10.0.0.9", None, "10.0.0.9", "10.0.0.9"),
        ("::ffff:10.0.0.7", None, "", "10.0.0.7"),
        (None, "1.2.3.4", "", ""),
        ("testclient", None, "", "testclient"),
    ],
)
def test_only_trusted_proxies_are_believed(peer, forwarded, trusted, expected):
    assert client_address(peer, forwarded, trusted) == expected
