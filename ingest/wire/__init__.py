"""WIRES: every address that takes events, and the format it speaks. Add one file and one line."""

from __future__ import annotations

from ingest.wire import cloudevents, log_lines, otlp, paypal, posthog, segment, sentry, stripe, twilio, vigie
from ingest.wire.wire import Wire

WIRES: dict[str, Wire] = {
    "/api/v1/events": vigie.WIRE,
    "/v1/batch": segment.BATCH,
    "/v1/import": segment.BATCH,
    **{f"/v1/{kind}": wire for kind, wire in segment.SINGLE.items()},
    **dict.fromkeys(("/batch", "/batch/", "/capture", "/capture/", "/e", "/e/", "/i/v0/e", "/i/v0/e/"), posthog.WIRE),
    "/v1/metrics": otlp.METRICS,
    "/v1/logs": otlp.LOGS,
    "/cloudevents": cloudevents.WIRE,
    "/api/{project}/envelope/": sentry.WIRE,
    "/v1/log-lines": log_lines.WIRE,
    "/webhooks/stripe/{key}": stripe.WIRE,
    "/webhooks/paypal/{key}": paypal.WIRE,
    "/webhooks/twilio/{key}": twilio.WIRE,
}
