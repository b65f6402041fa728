"""How a visit came: campaign parameters first, then click ids, then the referrer."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

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
_SOCIAL = (
    "facebook.", "instagram.", "linkedin.", "lnkd.in", "twitter.", "x.com", "t.co", "reddit.", "youtube.", "pinterest.", "tiktok.",
    "mastodon.", "bsky.", "threads.",
)  # fmt: skip
_MAIL = ("mail.", "outlook.")
_PAID = frozenset({"cpc", "ppc", "paid", "paidsearch", "paid_search", "cpm", "display", "banner", "retargeting"})
_PAID_SOCIAL = frozenset({"paid_social", "paidsocial", "paid-social", "social_paid"})


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
    medium = said.get("medium", "").lower()
    origin = f"{said.get('source', '').lower()}. {host}"
    if medium in _PAID_SOCIAL or (medium in _PAID and _any(origin, _SOCIAL)):
        return "paid_social"
    if medium in _PAID or (clicked and _CLICKS[clicked]):
        return "paid_search"
    if medium in ("email", "newsletter", "e-mail") or host.startswith(_MAIL):
        return "email"
    if medium in ("referral", "affiliate", "partner"):
        return "referral"
    if medium == "organic" or (not medium and _any(host, _SEARCH)):
        return "organic_search"
    if medium in ("social", "organic_social") or _any(host, _SOCIAL):
        return "organic_social"
    return "referral" if host else ("campaign" if said else "direct")


def _any(text: str, parts: tuple[str, ...]) -> bool:
    return any(part in text for part in parts)
