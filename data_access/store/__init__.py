"""The application store: who may come in, who is here, what they did. One file per group of tables."""

from __future__ import annotations

from data_access.store.actors import actors, preferences
from data_access.store.alerts import alert_steps, alerting, alerts, rules, silences, standings
from data_access.store.analyses import analyses, favourites
from data_access.store.attempts import login_attempts
from data_access.store.audit import audit
from data_access.store.base import metadata
from data_access.store.delivery import channels, deliveries, outbox
from data_access.store.engine import StoreUnavailable, one_at_a_time, open_store, reading, shown, store_engine, writing
from data_access.store.keys import write_keys
from data_access.store.quarantine import quarantine
from data_access.store.segments import segment_versions, segments
from data_access.store.sessions import sessions
from data_access.store.tasks import tasks
from data_access.store.tenants import tenants
from data_access.store.tokens import tokens
from data_access.store.tracking_plan import ingest_hours, plan_violations, planned_events

__all__ = [
    "StoreUnavailable",
    "actors",
    "alert_steps",
    "alerting",
    "alerts",
    "analyses",
    "audit",
    "channels",
    "deliveries",
    "favourites",
    "ingest_hours",
    "login_attempts",
    "metadata",
    "one_at_a_time",
    "open_store",
    "outbox",
    "plan_violations",
    "planned_events",
    "preferences",
    "quarantine",
    "reading",
    "rules",
    "segment_versions",
    "segments",
    "sessions",
    "shown",
    "silences",
    "standings",
    "store_engine",
    "tasks",
    "tenants",
    "tokens",
    "write_keys",
    "writing",
]
