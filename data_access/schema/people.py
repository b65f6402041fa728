"""Who the facts are about."""

import sqlalchemy as sa

from data_access.schema.base import date, flag, instant, json, metadata, tenant, text, whole

users = sa.Table(
    "users",
    metadata,
    tenant(),
    whole("user_key", nullable=False),
    text("external_id"),  # pseudonymous: the id the company's own systems use, or a keyed hash of it
    text("email"), text("name"),
    text("kind"),  # individual or business
    whole("account_key"), text("plan"), text("country"), text("channel"), text("campaign"), text("role"),
    instant("created_at"), date("signed_up_day"), instant("last_seen_at"),
    json("properties"),
    flag("identified"),  # an id was said to be theirs: by identify, by alias, or by a list of users
)  # fmt: skip

accounts = sa.Table(
    "accounts",
    metadata,
    tenant(),
    whole("account_key", nullable=False),
    text("external_id"), text("name"), text("kind"), text("plan"), text("country"), text("channel"), whole("seats"),
    instant("created_at"),
    json("properties"),
)  # fmt: skip

# Every id by which a user was ever known; anonymous ids move here to the user they turned out to be.
aliases = sa.Table(
    "aliases",
    metadata,
    tenant(),
    text("external_id"),
    whole("user_key", nullable=False),
    instant("since"),
    text("how"),  # identify or alias; NULL for the id under which the user was first met
)

# Users given up because they turned out to be another, oldest first: what moved, and when it was said.
identity_merges = sa.Table(
    "identity_merges",
    metadata,
    tenant(),
    instant("ts", nullable=False),
    whole("user_key", nullable=False), whole("into_key", nullable=False), text("external_id"), text("into_id"),
)  # fmt: skip
