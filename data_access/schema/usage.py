"""AI and API usage, experiments."""

from data_access.schema.base import fact, flag, instant, json, money, number, person, text, whole

ai_generations = fact(
    "ai_generations",
    text("conversation_id"), text("provider"), text("model"), text("prompt_template"), text("prompt_version"),
    whole("input_tokens"), whole("output_tokens"), *money("cost"), number("latency_ms"), number("quality"), text("status"),
    whole("session_key"), *person(),
)  # fmt: skip

conversations = fact(
    "conversations",
    text("conversation_id"), text("provider"), text("model"), whole("messages"), number("duration_s"), number("rating"),
    flag("shared"), flag("exported"), whole("session_key"), *person(),
)  # fmt: skip

api_requests = fact(
    "api_requests",
    text("endpoint"), text("method"), whole("status"), number("latency_ms"), text("error_code"), text("request_id"),
    text("service"), text("region"), *person(),
)  # fmt: skip

experiments = fact("experiments", text("experiment"), text("hypothesis"), text("metric"), json("variants"), instant("ends_at"))

exposures = fact("exposures", text("experiment"), text("variant"), whole("session_key"), *person())
