"""The one function through which Vigie calls somebody else's server, and what it will not do there.

The host is resolved first and the connection goes to the address that was looked at, so a name that resolves anew cannot lead
inside. Private, loopback and link-local addresses are refused unless the host is allowed by name. No redirect is followed; the
answer is read up to a limit, within a time that covers everything.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic

import httpx

from delivery.message import Refused, Unreachable

SECONDS = 10.0
MOST_BYTES = 64_000
LATER = (408, 425, 429)


@dataclass(frozen=True)
class Call:
    """A POST. `allowed`: hosts that may be private."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    allowed: frozenset[str] = frozenset()
    seconds: float = SECONDS


def post(call: Call) -> str:
    """The beginning of the answer. Raises Refused (the address, a redirect, 4xx) or Unreachable (no answer in time, 5xx, 429)."""
    url = _checked(call.url)
    address = _address(url.host, url.port or (443 if url.scheme == "https" else 80), call.allowed)
    headers = {"User-Agent": "Vigie", "Content-Type": "application/json", **call.headers, "Host": url.netloc.decode()}
    aim = url.copy_with(host=address)
    until = monotonic() + call.seconds
    try:
        with (
            httpx.Client(timeout=httpx.Timeout(min(call.seconds, 5.0)), follow_redirects=False, trust_env=False) as client,
            client.stream("POST", aim, content=call.body, headers=headers, extensions={"sni_hostname": url.host}) as answer,
        ):
            said = _read(answer, until)
            return _judged(answer.status_code, said)
    except httpx.HTTPError as error:
        raise Unreachable(f"{url.host} did not answer: {type(error).__name__}") from None


def _checked(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise Refused("the address is not a URL") from None
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise Refused("the address must be http:// or https://, with a host and without a password in it")
    return url


def _address(host: str, port: int, allowed: frozenset[str]) -> str:
    """An address of the host that may be called."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        raise Unreachable(f"{host} cannot be resolved") from None
    if host not in allowed and not all(ipaddress.ip_address(one.split("%")[0]).is_global for one in found):
        raise Refused(f"{host} is a private address: an administrator may allow it by name in ALLOWED_PRIVATE_HOSTS")
    return sorted(found, key=lambda one: ":" in one)[0]


def _read(answer: httpx.Response, until: float) -> bytes:
    said = b""
    for piece in answer.iter_raw():
        said += piece
        if len(said) > MOST_BYTES or monotonic() > until:
            break
    return said[:MOST_BYTES]


def _judged(status: int, said: bytes) -> str:
    words = said[:200].decode("utf-8", "replace")
    if status < 300:
        return words
    if status < 400:
        raise Refused(f"answered {status}: redirects are not followed, give the final address")
    if status in LATER or status >= 500:
        raise Unreachable(f"answered {status}")
    raise Refused(f"answered {status}: {words}")
