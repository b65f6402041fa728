"""Rows of users, accounts and aliases from the traits that clients send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.wire.wire import BadEvent, Fact

# How clients call what has a column of its own.
_USER = {
    "email": "email", "name": "name", "kind": "kind", "plan": "plan", "country": "country", "role": "role",
    "createdAt": "created_at", "created_at": "created_at", "account_id": "account_id",
}  # fmt: skip
_ACCOUNT = {
    "name": "name", "kind": "kind", "plan": "plan", "country": "country", "seats": "seats", "employees": "seats",
    "createdAt": "created_at", "created_at": "created_at",
}  # fmt: skip


def user(message: Mapping[str, Any], user_id: str, traits: Any, account: str | None = None, *, identified: bool = False) -> Fact:
    """What is known of a user. `message` holds the `id` and `ts` of what said so. `identified`: the id is said to be a user's own."""
    row = _row(traits, _USER)
    if identified:
        row["identified"] = True
    if account:
        row["account_id"] = account
    return Fact("users", {**row, "external_id": user_id, "id": message.get("id"), "ts": message.get("ts")})


def account(message: Mapping[str, Any], account_id: str, traits: Any) -> Fact:
    """What is known of an account."""
    return Fact("accounts", {**_row(traits, _ACCOUNT), "external_id": account_id, "id": message.get("id"), "ts": message.get("ts")})


def alias(message: Mapping[str, Any], known_as: str | None, user_id: str | None, how: str = "identify") -> Iterator[Fact]:
    """`known_as` is this user too; nothing where they are the same or one is missing. `how`: identify, which joins an anonymous id
    to a user, or alias, which joins two users as well."""
    if known_as and user_id and known_as != user_id:
        yield Fact("aliases", {"external_id": known_as, "user_id": user_id, "how": how, "id": message.get("id"), "ts": message.get("ts")})


def _row(traits: Any, columns: Mapping[str, str]) -> dict[str, Any]:
    if traits is None:
        return {}
    if not isinstance(traits, dict):
        raise BadEvent("traits must be an object")
    row = {column: traits[name] for name, column in columns.items() if traits.get(name) is not None}
    if "name" not in row and (parts := [traits[n] for n in ("firstName", "lastName") if isinstance(traits.get(n), str)]):
        row["name"] = " ".join(parts)
    rest = {name: value for name, value in traits.items() if name not in columns}
    if rest:
        row["properties"] = rest
    return row
