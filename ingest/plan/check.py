"""An event against the plan. Nothing is refused for it: what breaks the plan is kept, flagged and counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ingest.decode_instants import instant_of
from ingest.decode_values import BadEvent
from ingest.plan import Planned

FLAGS = "$flags"
Plan = Mapping[str, Planned]
Problem = tuple[str, str]  # (property or "", code of PROBLEMS)


def problems(plan: Plan, name: str, properties: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with an event; nothing where there is no plan at all, or the event is a draft."""
    planned = plan.get(name)
    if planned is None:
        return [("", "unplanned")] if plan else []
    if planned.status == "draft":
        return []
    found: list[Problem] = [("", "deprecated")] if planned.status == "deprecated" else []
    for one in planned.properties:
        value = properties.get(one.name)
        if value is None:
            found += [(one.name, "missing")] if one.required else []
        elif not fits(value, one.type):
            found.append((one.name, "type"))
    return found


def fits(value: Any, kind: str) -> bool:
    """Whether a JSON value is of one of TYPES."""
    match kind:
        case "text":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "whole":
            return isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        case "boolean":
            return isinstance(value, bool)
        case "list":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case "instant":
            return _is_instant(value)
        case _:
            return True


def _is_instant(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and instant_of(value) is not None
    except BadEvent:
        return False


def flagged(row: dict[str, Any], plan: Plan) -> list[Problem]:
    """The problems of a row of `events`; they are written into its properties as `$flags`. Where a property of the plan
    is a column of events (page, path, value_minor, …) the column counts."""
    said = orjson.loads(row["properties"]) if row.get("properties") else {}
    found = problems(plan, row["name"], {**row, **said}) if row.get("name") else []
    if found:
        codes = sorted({*_codes(said.get(FLAGS)), *(code for _, code in found)})
        row["properties"] = orjson.dumps({**said, FLAGS: codes}).decode()
    return found


def _codes(value: Any) -> list[str]:
    return [code for code in value if isinstance(code, str)] if isinstance(value, list) else []
