"""The oracles' steps and conditions in the product's words."""

from __future__ import annotations

from typing import Any

from analytics.filters import Filter
from analytics.matching import Event, Matcher
from analytics.period import Period
from analytics.where import Where
from tests.oracle.load import Desk, instant

OPERATORS = {
    None: "is", "exact": "is", "is_not": "is_not", "icontains": "contains", "not_icontains": "not_contains",
    "is_set": "is_set", "is_not_set": "is_not_set", "gt": "gt", "lt": "lt",
}  # fmt: skip


def where(*trees: dict[str, Any] | None) -> Where | None:
    """All of these trees at once; None where they say nothing."""
    parts = [part for tree in trees if tree and (part := _tree(tree)) is not None]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Where) else Where(type="and", values=tuple(parts))


def _tree(tree: dict[str, Any]) -> Where | Filter | None:
    if "values" not in tree:
        return _leaf(tree)
    parts = [part for value in tree["values"] if (part := _tree(value)) is not None]
    return Where(type=tree.get("type", "AND").lower(), values=tuple(parts)) if parts else None


def _leaf(leaf: dict[str, Any]) -> Filter:
    operator, value = OPERATORS[leaf.get("operator")], leaf.get("value")
    if value is None and operator in ("is", "is_not"):
        operator = "is_not_set" if operator == "is" else "is_set"
    values = () if operator in ("is_set", "is_not_set") else tuple(value) if isinstance(value, list) else (value,)
    kind = "person." if leaf.get("type") == "person" else "property."
    return Filter(operator, kind + leaf["key"], values)


def matcher(step: dict[str, Any], kind: type[Matcher] = Matcher, **more: Any) -> Any:
    options = tuple(Event(event=one["event"], where=where(one.get("where"))) for one in step.get("any_of", ()))
    return kind(event=None if options else step.get("event"), any_of=options, where=where(step.get("where")), **more)


def span(query: dict[str, Any], desk: Desk) -> dict[str, Any] | None:
    """The case's dates as a period of whole days narrowed to its instants; None where it ends before it begins."""
    since, until = instant(query["date_from"]), instant(query["date_to"])
    if until < since:
        return None
    first, last = (moment.astimezone(desk.tenant.zone).date() for moment in (since, until))
    return {"period": Period.between(first, last), "since": since, "until": until}
