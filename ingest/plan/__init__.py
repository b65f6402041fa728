"""The tracking plan: which events are meant to be sent, with which properties, and what broke it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.language import Text

STATUSES: dict[str, Text] = {
    "draft": Text("Draft", "Brouillon"),
    "active": Text("Active", "Actif"),
    "deprecated": Text("Deprecated", "Abandonné"),
}
TYPES: dict[str, Text] = {
    "text": Text("Text", "Texte"),
    "number": Text("Number", "Nombre"),
    "whole": Text("Whole number", "Entier"),
    "boolean": Text("Yes or no", "Oui ou non"),
    "instant": Text("Date or time", "Date ou heure"),
    "list": Text("List", "Liste"),
    "object": Text("Object", "Objet"),
    "any": Text("Anything", "Tout"),
}
PROBLEMS: dict[str, Text] = {
    "missing": Text("Missing", "Manquante"),
    "type": Text("Wrong type", "Mauvais type"),
    "unplanned": Text("Not in the plan", "Hors du plan"),
    "deprecated": Text("Deprecated event", "Événement abandonné"),
}
_WORDS = {"text": "string", "number": "number", "whole": "integer", "boolean": "boolean", "list": "array", "object": "object"}
MOST_PROPERTIES = 200
LONGEST_NAME = 200


class BadPlan(ValueError):
    """The event cannot be planned so; the message says what to change."""


@dataclass(frozen=True)
class Property:
    """One property of an event: its name, one of TYPES, whether it must be there."""

    name: str
    type: str = "any"
    required: bool = False


@dataclass(frozen=True)
class Planned:
    """An event of the plan. A draft is not held against what is sent."""

    event: str
    description: str = ""
    owner: str = ""
    status: str = "active"
    properties: tuple[Property, ...] = ()

    def checked(self) -> Planned:
        """Itself; raises BadPlan."""
        names = [one.name for one in self.properties]
        if not self.event.strip() or len(self.event) > LONGEST_NAME:
            raise BadPlan(f"an event has a name of 1 to {LONGEST_NAME} characters")
        if self.status not in STATUSES:
            raise BadPlan(f"status must be one of {', '.join(STATUSES)}")
        if len(names) != len(set(names)) or not all(name.strip() and len(name) <= LONGEST_NAME for name in names):
            raise BadPlan("each property has a name of its own")
        if len(names) > MOST_PROPERTIES or not all(one.type in TYPES for one in self.properties):
            raise BadPlan(f"at most {MOST_PROPERTIES} properties, each of a type among {', '.join(TYPES)}")
        return self

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its properties."""
        fields: dict[str, Any] = {one.name: {"type": word} if (word := _WORDS.get(one.type)) else {} for one in self.properties}
        for one in self.properties:
            if one.type == "instant":
                fields[one.name] = {"type": ["string", "number"], "description": "ISO 8601, or seconds or milliseconds since 1970."}
        required = [one.name for one in self.properties if one.required]
        return {"type": "object", "title": self.event, "description": self.description, "properties": fields, "required": required}
