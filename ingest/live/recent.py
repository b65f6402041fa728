"""Ids that were acknowledged a moment ago, so that a retry can be told so. The warehouse decides for good."""

from __future__ import annotations

GENERATION = 100_000


class Recent:
    """At least the last 100,000 ids, at most twice as many."""

    def __init__(self, generation: int = GENERATION) -> None:
        self._generation = generation
        self._new: set[bytes] = set()
        self._old: set[bytes] = set()

    def has(self, tenant: int, table: str, identity: bytes) -> bool:
        mark = _mark(tenant, table, identity)
        return mark in self._new or mark in self._old

    def add(self, tenant: int, ids: list[tuple[str, bytes]]) -> None:
        for table, identity in ids:
            self._new.add(_mark(tenant, table, identity))
        if len(self._new) >= self._generation:
            self._old, self._new = self._new, set()


def _mark(tenant: int, table: str, identity: bytes) -> bytes:
    return identity + b"%d" % tenant + table.encode()
