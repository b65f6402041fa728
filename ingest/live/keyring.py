"""Whose events a write key brings, from memory: the store is asked every few seconds, never for each request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from accounts.secret import digest
from accounts.write_keys import Holder

log = structlog.get_logger("ingest")
FRESH_SECONDS = 5.0
RETRY_SECONDS = 1.0  # a key made a moment ago is found after this long


class KeyRing:
    """`load` reads the active keys by hash. Unknown, revoked and malformed keys cost the same and find the same nothing."""

    def __init__(self, load: Callable[[], Mapping[str, Holder]], clock: Callable[[], float] = time.monotonic) -> None:
        self._load, self._clock = load, clock
        self._keys: Mapping[str, Holder] = {}
        self._loaded = float("-inf")
        self._loading = asyncio.Lock()

    async def holder(self, key: str) -> Holder | None:
        """Who holds the key. Raises whatever `load` raises where no keys were ever read."""
        age = self._clock() - self._loaded
        found = self._keys.get(digest(key))
        if age > FRESH_SECONDS or (found is None and age > RETRY_SECONDS):
            await self._refresh()
            found = self._keys.get(digest(key))
        return found

    async def _refresh(self) -> None:
        async with self._loading:
            if self._clock() - self._loaded <= RETRY_SECONDS:
                return
            try:
                self._keys = await asyncio.to_thread(self._load)
            except Exception:
                # The keys known so far go on working while the store is away.
                if self._loaded == float("-inf"):
                    raise
                log.exception("write_keys_not_read")
            self._loaded = self._clock()
