"""Errors, measurements and checks."""

from data_access.schema.base import fact, instant, json, number, person, text, whole

error_logs = fact(
    "error_logs",
    text("service"), text("severity"), text("message"), text("fingerprint"), text("trace_id"), text("request_id"),
    whole("session_key"), *person(), json("attributes"),
)  # fmt: skip

samples = fact("samples", text("source"), text("metric"), text("unit"), number("value"), json("labels"))

checks = fact(
    "checks",
    text("target"),
    text("type"),  # service or integration
    text("state"),  # up, degraded, down
    number("latency_ms"), text("detail"), instant("certificate_expires_at"),
)  # fmt: skip
