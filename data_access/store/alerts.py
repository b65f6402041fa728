"""Rules, where each of their series stands, alerts with everything that happened to them, routing and silences."""

from __future__ import annotations

import sqlalchemy as sa

from data_access.store.base import Instant, identity, metadata

rules = sa.Table(
    "rules",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False),
    sa.Column("slug", sa.String(80), nullable=False),  # unique per tenant; of a shipped rule, its name in the catalogue
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("owner", sa.ForeignKey("actors.id", ondelete="SET NULL")),
    sa.Column("version", sa.Integer, nullable=False),  # grows with every change; who changes says which one they saw
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("updated_by", sa.String(80), nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("lease_until", Instant),
    sa.Column("leased_by", sa.String(80)),
    sa.Column("last_run_at", Instant),
    sa.Column("last_outcome", sa.String(10)),  # done, failed
    sa.Column("last_error", sa.String(500)),
    sa.Column("last_milliseconds", sa.Integer),
    sa.UniqueConstraint("tenant", "slug"),
    sa.Index("ix_rules_due", "enabled", "due_at"),
)

standings = sa.Table(
    "standings",
    metadata,
    sa.Column("rule", sa.ForeignKey("rules.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("series", sa.String(200), primary_key=True),  # "" where the rule has one
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("cause", sa.String(10), nullable=False),
    sa.Column("since", Instant),
    sa.Column("fired_at", Instant),
    sa.Column("clear_since", Instant),
    sa.Column("alert", sa.String(32)),  # the open one
    sa.Column("value", sa.Float),
    sa.Column("judged_at", Instant, nullable=False),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False),
    sa.Column("rule", sa.String(32)),  # no foreign key: the alert outlives its rule; None where another system raised it
    sa.Column("source", sa.String(40), nullable=False),  # vigie, alertmanager
    sa.Column("fingerprint", sa.String(64), nullable=False),  # of rule and series, to know the same alert again
    sa.Column("name", sa.JSON, nullable=False),  # {en, fr}
    sa.Column("series", sa.String(200), nullable=False),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("severity", sa.String(10), nullable=False),
    sa.Column("cause", sa.String(10), nullable=False),  # condition, no_data, error
    sa.Column("state", sa.String(12), nullable=False),  # pending, firing, acknowledged, silenced, resolved
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("fired_at", Instant),
    sa.Column("resolved_at", Instant),
    sa.Column("acknowledged_at", Instant),
    sa.Column("acknowledged_by", sa.String(32)),
    sa.Column("acknowledged_until", Instant),
    sa.Column("assigned_to", sa.String(32)),
    sa.Column("value", sa.Float),
    sa.Column("limit", sa.Float),
    sa.Column("money_per_hour_minor", sa.BigInteger),  # at risk, in minor units of the tenant's currency
    sa.Column("people", sa.Integer),  # who met it
    sa.Column("verdict", sa.String(20)),  # product, tracking, pipeline
    sa.Column("resolution", sa.String(40)),  # why it was resolved: recovered, fixed, rolled_back, false_positive, …
    sa.Column("note", sa.String(2000)),
    sa.Column("checklist", sa.JSON, nullable=False),  # steps that were ticked: {step: {by, at}}
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("ix_alerts_tenant_state", "tenant", "state", "updated_at"),
    sa.Index("ix_alerts_fingerprint", "tenant", "fingerprint"),
)

alert_steps = sa.Table(
    "alert_steps",
    metadata,
    identity(),
    sa.Column("alert", sa.ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("what", sa.String(20), nullable=False),  # transition, inhibited, silenced, grouped, throttled, routed, sent, hand, comment
    sa.Column("actor", sa.String(32)),  # None: the engine
    sa.Column("reason", sa.String(2000), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
)

alerting = sa.Table(
    "alerting",
    metadata,
    sa.Column("tenant", sa.ForeignKey("tenants.key"), primary_key=True),
    sa.Column("definition", sa.JSON, nullable=False),  # routes and inhibitions
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("updated_by", sa.String(80), nullable=False),
)

silences = sa.Table(
    "silences",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.ForeignKey("tenants.key"), nullable=False, index=True),
    sa.Column("matcher", sa.JSON, nullable=False),  # {label: value}, all of which must hold; {} matches everything
    sa.Column("author", sa.String(32), nullable=False),
    sa.Column("comment", sa.String(500), nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("every", sa.String(100)),  # cron of a recurring mute time; each lasts `minutes`
    sa.Column("minutes", sa.Integer),
    sa.Column("created_at", Instant, nullable=False),
)
