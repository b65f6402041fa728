"""Lines to copy for each SDK, with the address of this server and a key. `HOST`, `KEY` and `TENANT` are filled in."""

from __future__ import annotations

from typing import NamedTuple

from accounts.language import Text


class Snippet(NamedTuple):
    """How one SDK is pointed here."""

    label: Text
    language: str
    lines: str


_ENDPOINT = '"HOST/v1/metrics", headers={"Authorization": "Bearer KEY"}'
SNIPPETS: dict[str, Snippet] = {
    "browser": Snippet(Text("Web page", "Page web"), "html", '<script defer src="HOST/sdk/vigie.js" data-key="KEY"></script>'),
    "steps": Snippet(
        Text("Funnel steps in a page", "Étapes d’entonnoir dans une page"),
        "javascript",
        """vigie.step("signup", "success", {plan: "pro"});
vigie.step("booking", "start", {provider: "p42"});
vigie.step("payment", "attempt", {method: "card"});
vigie.formErrors("signup", errors);   // react-hook-form, vee-validate: names of fields, never values
vigie.identify("u1", {plan: "pro"});""",
    ),
    "python": Snippet(
        Text("Python", "Python"),
        "python",
        """from vigie import Vigie   # ingest/sdk/vigie.py: one file, copy it into your project

client = Vigie("KEY", "HOST")
client.track("u1", "Signed Up", {"plan": "pro"})
client.typed("payment", {"payment_id": "p1", "type": "captured", "amount_minor": 950, "currency": "EUR"}, user_id="u1")""",
    ),
    "curl": Snippet(
        Text("curl", "curl"),
        "bash",
        """curl HOST/api/v1/events -H 'Authorization: Bearer KEY' -H 'Content-Type: application/json' \\
  -d '[{"name": "Signed Up", "user_id": "u1", "properties": {"plan": "pro"}}]'""",
    ),
    "segment_node": Snippet(
        Text("Segment, Node", "Segment, Node"),
        "javascript",
        """import { Analytics } from "@segment/analytics-node";
const analytics = new Analytics({ writeKey: "KEY", host: "HOST" });
analytics.track({ userId: "u1", event: "Signed Up", properties: { plan: "pro" } });""",
    ),
    "segment_python": Snippet(
        Text("Segment, Python", "Segment, Python"),
        "python",
        """import segment.analytics as analytics
analytics.write_key, analytics.host = "KEY", "HOST"
analytics.track("u1", "Signed Up", {"plan": "pro"})""",
    ),
    "posthog_node": Snippet(
        Text("PostHog, Node", "PostHog, Node"),
        "javascript",
        """import { PostHog } from "posthog-node";
const posthog = new PostHog("KEY", { host: "HOST" });
posthog.capture({ distinctId: "u1", event: "Signed Up", properties: { plan: "pro" } });""",
    ),
    "posthog_python": Snippet(
        Text("PostHog, Python", "PostHog, Python"),
        "python",
        """from posthog import Posthog
posthog = Posthog("KEY", host="HOST")
posthog.capture("Signed Up", distinct_id="u1", properties={"plan": "pro"})""",
    ),
    "sentry": Snippet(
        Text("Sentry", "Sentry"),
        "python",
        """import sentry_sdk
sentry_sdk.init(dsn="SCHEME://KEY@ADDRESS/TENANT", traces_sample_rate=1.0)""",
    ),
    "opentelemetry": Snippet(
        Text("OpenTelemetry", "OpenTelemetry"),
        "bash",
        """export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_ENDPOINT=HOST
export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer KEY\"""",
    ),
    "stripe": Snippet(Text("Stripe webhook", "Webhook Stripe"), "text", "HOST/webhooks/stripe/KEY"),
    "paypal": Snippet(Text("PayPal webhook", "Webhook PayPal"), "text", "HOST/webhooks/paypal/KEY"),
    "twilio": Snippet(Text("Twilio status callback", "Rappel d’état Twilio"), "text", "HOST/webhooks/twilio/KEY"),
    "logs": Snippet(
        Text("JSON log lines", "Lignes de log JSON"),
        "bash",
        """tail -F app.log | while read -r line; do echo "$line"; done | \\
  curl -T - HOST/v1/log-lines -X POST -H 'Authorization: Bearer KEY'""",
    ),
}
PLACEHOLDER = "vgw_YOUR_KEY"


def filled(name: str, host: str, key: str, tenant: int) -> str:
    """The lines of a snippet for this server."""
    scheme, _, address = host.partition("://")
    lines = SNIPPETS[name].lines
    for word, value in (("SCHEME", scheme), ("ADDRESS", address), ("HOST", host), ("TENANT", str(tenant)), ("KEY", key)):
        lines = lines.replace(word, value)
    return lines
