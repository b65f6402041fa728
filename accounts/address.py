"""The address a request really comes from, when proxies stand in between."""

from __future__ import annotations

from ipaddress import ip_address


def client_address(peer: str | None, forwarded: str | None, trusted: str) -> str:
    """`peer` as the socket saw it; behind a trusted proxy the last address of X-Forwarded-For that is not itself trusted."""
    believed = {part.strip() for part in trusted.split(",") if part.strip()}
    address = (peer or "").strip()
    for hop in reversed([part.strip() for part in (forwarded or "").split(",") if part.strip()]):
        if address not in believed:
            break
        address = hop
    return _plain(address)


def _plain(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
