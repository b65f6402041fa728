"""A fuzzer over the decoder: whatever is posted in whatever format is read, put aside with a reason or refused; never an error.

`FUZZ=5000 pytest tests/unit/ingest_live/test_fuzz.py` looks longer.
"""

from __future__ import annotations

import gzip
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.decode import Refused, inflated
from ingest.decode_letter import read_letter
from ingest.live.batch import arrow
from ingest.live.parcel import Parcel, put_aside, unpacked
from ingest.wire import WIRES
from tests.unit.ingest_live.desks import RECEIVED, OpenDesk, envelope

EXAMPLES = int(os.environ.get("FUZZ", "30"))
JSON = ("/api/v1/events", "/v1/batch", "/v1/track", "/batch/", "/cloudevents", "/v1/metrics", "/v1/logs", "/v1/log-lines",
        "/webhooks/stripe/{key}", "/webhooks/paypal/{key}")  # fmt: skip
# Words that formats know, so that documents reach further than the first check.
NAMES = """type event events batch name properties userId user_id anonymousId distinct_id traits context timestamp ts id data object amount
value currency resource event_type source subject level message page track identify payment $set $identify sentAt api_key key items
price created
2026-05-01T12:00:00Z EUR 1e999 charge.succeeded PAYMENT.CAPTURE.COMPLETED resourceMetrics resourceLogs"""
WORDS = st.sampled_from(NAMES.split())
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=6), max_leaves=25
)
HEADERS = {"content-type": "application/json", "ce-type": "x", "ce-source": "y", "ce-id": "z"}


def fed(path: str, body: bytes, headers: dict[str, str]) -> int:
    """The way of a request up to the warehouse's own types; the status of its answer."""
    wire = WIRES[path]
    sent = envelope(body, headers=headers, params={"key": "k" * 20, "project": "1"}, query={}, url="https://x.test/y")
    try:
        plain = inflated(body, headers.get("content-encoding", ""))
        sent = envelope(plain, headers=headers, params=sent.params, query={}, url=sent.url)
        read = read_letter(wire, wire.open(sent), sent, OpenDesk())
    except Refused as refused:
        return refused.status
    parcel = unpacked(Parcel(1, wire.name, RECEIVED, read.rows, put_aside(read.bad)).packed())
    for name, rows in parcel.rows.items():
        arrow(name, [{k: v for k, v in row.items() if k != "_seen"} for row in rows])
    try:
        return wire.answer(read.outcome).status
    except Refused as refused:
        return refused.status


@pytest.mark.parametrize("path", JSON)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(document=DOCUMENTS)
@example(document={"batch": [{"type": "track", "event": "x", "userId": "u", "properties": {"revenue": 1e308, "currency": "JPY"}}]})
@example(document=[{"name": "\x00", "user_id": "u", "ts": -1e300}])
def test_any_document_is_read_or_refused(path, document):
    assert fed(path, json.dumps(document).encode(), HEADERS) in (200, 400, 413)


@pytest.mark.parametrize("path", WIRES)
@settings(max_examples=EXAMPLES // 2, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.binary(max_size=300),
    packed=st.booleans(),
    kind=st.sampled_from(["application/json", "application/x-protobuf", "text/plain", ""]),
)
@example(body=b'{"events":[{"name":123456789012345678901234567890}]}', packed=True, kind="application/json")
@example(body=b'[{"name":"\\ud800"}]', packed=False, kind="application/json")
@example(body=b"\xef\xbb\xbf{}", packed=False, kind="application/json")
def test_any_bytes_are_read_or_refused(path, body, packed, kind):
    assert fed(path, gzip.compress(body) if packed else body, {"content-type": kind}) in (200, 400, 413, 415)
