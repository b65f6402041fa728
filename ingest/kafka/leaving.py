"""Kafka as an exit: what the warehouse took is also published, one message a row, keyed by its id.

At most as good as the broker: rows wait in memory while it is away and are dropped, and counted, when the queue is full or a day has
passed. The warehouse never waits for it.
"""

from __future__ import annotations

from typing import Any

import orjson
from prometheus_client import Counter

from accounts.actor import Tenant

PUBLISHED = Counter(
    "vigie_kafka_published_rows", "Rows that a broker confirmed, or that were lost on the way.", ("outcome",), registry=None
)


class Exit:
    """`client` is a producer of confluent_kafka. A row of table events of tenant acme goes to PREFIX.events."""

    def __init__(self, client: Any, prefix: str) -> None:
        self._client, self._prefix = client, prefix

    def publish(self, tenant: Tenant, tables: dict[str, list[dict[str, Any]]]) -> None:
        """Never raises, never waits."""
        for name, rows in tables.items():
            for row in rows:
                self._one(tenant, name, row)
        self._client.poll(0)

    def _one(self, tenant: Tenant, table: str, row: dict[str, Any]) -> None:
        key = str(row.get("id") or row.get("external_id") or "")
        body = orjson.dumps({"tenant": tenant.slug, "table": table, **row})
        try:
            self._client.produce(f"{self._prefix}.{table}", body, key, on_delivery=_delivered)
        except BufferError:
            PUBLISHED.labels("dropped").inc()

    def close(self) -> None:
        """Wait a little for what is on its way."""
        if left := self._client.flush(5):
            PUBLISHED.labels("dropped").inc(left)


def _delivered(error: object, _message: object) -> None:
    PUBLISHED.labels("failed" if error else "delivered").inc()
