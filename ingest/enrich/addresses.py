"""Where an address is, and as little of it as possible."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger("ingest")
KEPT_BITS = {4: 24, 6: 48}


@lru_cache(maxsize=20_000)
def shortened(address: str) -> str | None:
    """The network of an address, /24 or /48; None for what is no address. Nothing finer is used for anything."""
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ip_network((parsed, KEPT_BITS[parsed.version]), strict=False).network_address)


class Countries:
    """A country database by path. Without one, or for an address it lacks, the country is unknown."""

    def __init__(self, path: Path | None) -> None:
        self._reader = _opened(path) if path else None
        self._of = lru_cache(maxsize=50_000)(self._looked_up)

    def of(self, address: str | None) -> str | None:
        """ISO 3166 code of a shortened address."""
        return self._of(address) if address and self._reader is not None else None

    def _looked_up(self, address: str) -> str | None:
        found: Any = self._reader.get(address) if self._reader is not None else None
        if not isinstance(found, dict):
            return None
        country = found.get("country")
        code = country.get("iso_code") if isinstance(country, dict) else found.get("country_code")
        return code.upper() if isinstance(code, str) and len(code) == 2 else None


def _opened(path: Path) -> Any:
    import maxminddb

    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        log.warning("geo_database_not_read", path=str(path), error=str(error)[:200])
        return None
