"""Errors, measurements and checks."""

import sqlalchemy as sa

from data_access.schema.base import fact, instant, number, person, text, whole

error_logs = fact(
    "error_logs",
    text("service"), text("severity"), text("message"), text("fingerprint"), text("trace_id"), text("request_id"),
    whole("session_key"), *person(), sa.Column("attributes", sa.JSON),
)  # fmt: skip

samples = fact("samples", text("source"), text("metric"), text("unit"), number("value"), sa.Column("labels", sa.JSON))

checks = fact(
    "checks",
    text("target"),
    text("type"),  # service or integration
    text("state"),  # up, degraded, down
    number("latency_ms"), text("detail"), instant("certificate_expires_at"),
)  # fmt: skip
