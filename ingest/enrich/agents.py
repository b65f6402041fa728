"""Device, system and browser from a User-Agent."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_SYSTEMS = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS", "Ubuntu": "Linux", "Debian": "Linux", "Fedora": "Linux"}
_DESKTOPS = frozenset({"Windows", "macOS", "Linux", "ChromeOS"})
_LONGEST = 512


@lru_cache(maxsize=20_000)
def agent_of(user_agent: str) -> dict[str, str]:
    """Those of device (desktop, mobile, tablet, bot), os, os_version, browser, browser_version that it tells."""
    from ua_parser import parse

    told = parse(user_agent[:_LONGEST])
    family = told.os.family if told.os else None
    system = _SYSTEMS.get(family, family) if family else None
    hardware = told.device.family if told.device else ""
    if system == "iOS" and hardware == "iPad":
        system = "iPadOS"
    found = {
        "device": _device(system, hardware, user_agent),
        "os": system,
        "os_version": _version(told.os, 2 if system in ("iOS", "iPadOS", "macOS") else 1),
        "browser": _browser(told.user_agent.family) if told.user_agent else None,
        "browser_version": _version(told.user_agent, 1),
    }
    return {name: value for name, value in found.items() if value}


def _browser(family: str) -> str:
    """One name for a browser, whatever it runs on."""
    name = family.removesuffix(" iOS").removesuffix(" Mobile").removeprefix("Mobile ").removesuffix(" WebView").removesuffix(" Mobile")
    return name or family


def _device(system: str | None, hardware: str, user_agent: str) -> str | None:
    if hardware == "Spider":
        return "bot"
    if system in _DESKTOPS:
        return "desktop"
    if system == "iPadOS" or (system == "Android" and "Mobile" not in user_agent):
        return "tablet"
    return "mobile" if system in ("iOS", "Android") or "Mobile" in user_agent else None


def _version(part: Any, places: int) -> str | None:
    if part is None or part.major is None:
        return None
    numbers = [part.major, part.minor][:places]
    return ".".join(number for number in numbers if number)
