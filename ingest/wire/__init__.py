"""WIRES: every address that takes events, and the format it speaks. Add one file and one line."""

from __future__ import annotations

from ingest.wire import posthog, segment, vigie
from ingest.wire.wire import Wire

WIRES: dict[str, Wire] = {
    "/api/v1/events": vigie.WIRE,
    "/v1/batch": segment.BATCH,
    "/v1/import": segment.BATCH,
    **{f"/v1/{kind}": wire for kind, wire in segment.SINGLE.items()},
    **dict.fromkeys(("/batch", "/batch/", "/capture", "/capture/", "/e", "/e/", "/i/v0/e", "/i/v0/e/"), posthog.WIRE),
}
