"""How a visit came: campaign parameters first, then click ids, then the referrer."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from analytics.channels import DIRECT, SOCIAL, of_medium

UTM = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign", "utm_term": "term", "utm_content": "content"}
# Click ids of ad platforms, and whose they are.
_CLICKS = {
    "gclid": "google",
    "gbraid": "google",
    "wbraid": "google",
    "msclkid": "bing",
    "fbclid": "",
    "ttclid": "tiktok",
    "li_fat_id": "linkedin",
}
_SEARCH = ("google.", "bing.", "duckduckgo.", "yahoo.", "ecosia.", "qwant.", "baidu.", "yandex.", "startpage.", "search.brave.")
_MAIL = ("mail.", "outlook.")


class Place(NamedTuple):
    """What an address in the browser says."""

    host: str
    path: str
    search: str | None
    parameters: dict[str, str]


@lru_cache(maxsize=20_000)
def place_of(url: str) -> Place:
    """The parts of a URL; the query without campaign parameters and click ids."""
    try:
        parts = urlsplit(url[:2048])
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return Place("", "", None, {})
    known = {name: value for name, value in pairs if name in UTM or name in _CLICKS}
    rest = "&".join(f"{name}={value}" for name, value in pairs if name not in known)
    return Place(host, parts.path or ("/" if host else ""), rest or None, known)


def arrival(url: str | None, referrer: str | None, campaign: dict[str, Any] | None) -> dict[str, str]:
    """source, medium, campaign, term, content, referrer and channel, as far as they are known.

    A page reached from the same site says nothing about how the visit came.
    """
    here = place_of(url) if url else Place("", "", None, {})
    there = place_of(referrer) if referrer else Place("", "", None, {})
    said = {UTM[name]: value for name, value in here.parameters.items() if name in UTM and value}
    said |= {name: value for name in UTM.values() if isinstance(value := (campaign or {}).get(name), str) and value}
    clicked = next((name for name in here.parameters if name in _CLICKS), None)
    external = bool(there.host) and there.host != here.host
    if external:
        said["referrer"] = f"https://{there.host}{there.path}"[:500]
    if not said and clicked is None and (there.host or not url):
        return {}
    said["channel"] = _channel(said, clicked, there.host if external else "")
    if "source" not in said and external:
        said["source"] = there.host
    return said


def _channel(said: dict[str, str], clicked: str | None, host: str) -> str:
    origin = f"{said.get('source', '').lower()}. {host}"
    if (stated := of_medium(said.get("medium", ""), origin)) == "paid_social":
        return stated
    if stated == "paid_search" or (clicked and _CLICKS[clicked]):
        return "paid_search"
    if stated == "email" or host.startswith(_MAIL):
        return "email"
    return stated or _of_host(host, said)


def _of_host(host: str, said: dict[str, str]) -> str:
    if not said.get("medium") and _any(host, _SEARCH):
        return "organic_search"
    if _any(host, SOCIAL):
        return "organic_social"
    return "referral" if host else ("campaign" if said else DIRECT)


def _any(text: str, parts: tuple[str, ...]) -> bool:
    return any(part in text for part in parts)
