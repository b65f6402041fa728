"""What the live path counts about itself; the API shows it at /metrics. Labels are closed sets: tenants and formats."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_WHO = ("tenant", "source")
RECEIVED = Counter("vigie_ingest_received_events", "Events received.", _WHO, registry=None)
ACKNOWLEDGED = Counter("vigie_ingest_acknowledged_events", "Events kept on disk and acknowledged.", _WHO, registry=None)
DUPLICATE = Counter("vigie_ingest_duplicate_events", "Events that were there already.", _WHO, registry=None)
DROPPED = Counter("vigie_ingest_dropped_events", "Events of people who asked not to be tracked.", _WHO, registry=None)
QUARANTINED = Counter("vigie_ingest_quarantined_events", "Events put aside with a reason.", _WHO, registry=None)
REFUSED = Counter(
    "vigie_ingest_refused_requests", "Requests refused, by reason; no tenant where the key is not known.", (*_WHO, "reason"), registry=None
)
WRITTEN = Counter("vigie_ingest_written_rows", "Rows the warehouse took.", ("tenant", "table"), registry=None)
FLUSH_ROWS = Histogram("vigie_ingest_flush_rows", "Rows of one flush.", registry=None, buckets=(1, 10, 100, 1_000, 10_000, 50_000, 100_000))
FLUSH_SECONDS = Histogram(
    "vigie_ingest_flush_seconds", "Time of one flush.", registry=None, buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
)
FAILURES = Counter("vigie_ingest_flush_failures", "Flushes that failed and are tried again.", registry=None)
LAG = Gauge("vigie_ingest_lag_seconds", "Age of the oldest event of the last flush when it became readable.", registry=None)
JOURNAL_BYTES = Gauge("vigie_ingest_journal_bytes", "Bytes that wait for the warehouse.", registry=None)
JOURNAL_AGE = Gauge("vigie_ingest_journal_age_seconds", "How long the oldest of them has waited.", registry=None)
MOST_TENANTS = 200  # with labels of their own; all further ones share a label
OTHER = "other"
_named: set[str] = set()


def label(slug: str) -> str:
    """The tenant's label: the set of labels stays small however many tenants there are."""
    if slug not in _named and len(_named) < MOST_TENANTS:
        _named.add(slug)
    return slug if slug in _named else OTHER


def of_tenant(counter: Counter, slug: str) -> dict[str, float]:
    """A counter of this process since its start, by source (or table), for one tenant."""
    found: dict[str, float] = {}
    for sample in next(iter(counter.collect())).samples:
        if sample.name.endswith("_total") and sample.labels["tenant"] == slug:
            key = sample.labels.get("reason") or sample.labels.get("source") or sample.labels["table"]
            found[key] = found.get(key, 0.0) + sample.value
    return found


ALL = (
    RECEIVED, ACKNOWLEDGED, DUPLICATE, DROPPED, QUARANTINED, REFUSED, WRITTEN, FLUSH_ROWS, FLUSH_SECONDS, FAILURES, LAG,
    JOURNAL_BYTES, JOURNAL_AGE,
)  # fmt: skip
