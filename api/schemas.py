"""What answers look like, as JSON Schema for the OpenAPI document; a test holds real answers against them."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
WORDS = {"type": ["string", "null"]}
NUMBER = {"type": ["number", "null"]}


def an_object(required: str, **properties: Any) -> dict[str, Any]:
    """A schema with these properties, of which those named in `required` (separated by spaces) must be there."""
    return {"type": "object", "required": required.split(), "properties": properties}


def a_list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def paged(name: str) -> dict[str, Any]:
    """A page of a list."""
    return an_object("data next_cursor", data=a_list(ref(name)), next_cursor=WORDS)


PERIOD = an_object("first last start end partial", first=TEXT, last=TEXT, start=TEXT, end=TEXT, partial={"type": "boolean"})
RESULT = an_object(
    "query period columns rows totals previous_totals currency warnings partial freshness",
    query={"type": "object"},
    period=ref("Period"),
    previous_period={"oneOf": [ref("Period"), {"type": "null"}]},
    columns=a_list(an_object("name label unit role", name=TEXT, label=TEXT, unit=TEXT, role=TEXT)),
    rows=a_list({"type": "object"}),
    totals={"type": "object", "additionalProperties": NUMBER},
    previous_totals={"type": "object", "additionalProperties": NUMBER},
    currency={**TEXT, "description": "Money is in minor units of it."},
    warnings=a_list(an_object("code text", code=TEXT, text=TEXT)),
    partial={**a_list(TEXT), "description": "Starts of the buckets that are not complete."},
    freshness=WORDS,
    sql={**a_list(TEXT), "description": "Only for tokens that may build."},
)
TOKEN = {
    "id": TEXT,
    "name": TEXT,
    "actor": TEXT,
    "permissions": a_list(TEXT),
    "created_at": TEXT,
    "expires_at": WORDS,
    "revoked_at": WORDS,
    "last_used_at": WORDS,
}
LINE = {
    "id": {"type": "integer"},
    "actor": WORDS,
    "details": {"type": "object"},
    **dict.fromkeys(("at", "action", "object", "outcome", "address", "trace"), TEXT),
}
ANALYSIS = {
    **dict.fromkeys(
        ("id", "page", "kind", "name", "description", "folder", "owner", "owner_name", "view", "created_at", "updated_at"), TEXT
    ),
    "version": {"type": "integer"},
    "favourite": {"type": "boolean"},
    "query": {"type": "object", "description": "A Query."},
    "scope": {"type": "object", "description": "Period, comparison, grain, filters and segment chosen for the page."},
}
SEGMENT = {
    **dict.fromkeys(("id", "name", "description", "sentence", "created_at", "updated_at"), TEXT),
    "version": {"type": "integer"},
    "owner": WORDS,
    "frozen_at": WORDS,
    "definition": {"type": "object", "description": "Groups of conditions, as docs/segments.md says."},
}

SCHEMAS: dict[str, Any] = {
    "Problem": an_object("error", error=an_object("code message trace_id", code=TEXT, message=TEXT, trace_id=TEXT)),
    "Period": PERIOD,
    "Result": RESULT,
    "ResultAnswer": an_object("data next_cursor", data=ref("Result"), next_cursor=WORDS),
    "Metric": an_object(
        "name label description group unit better change permission",
        **dict.fromkeys(("name", "label", "description", "group", "unit", "better", "change", "permission"), TEXT),
    ),
    "Dimension": an_object("name label values", name=TEXT, label=TEXT, values={"type": "object", "additionalProperties": TEXT}),
    "Token": an_object("id name actor permissions created_at", **TOKEN),
    "NewToken": an_object(
        "name permissions", name=TEXT, permissions=a_list(TEXT), days={"type": ["integer", "null"], "minimum": 1, "maximum": 3650}
    ),
    "NewTokenAnswer": an_object("data", data=an_object("id token", token=TEXT, **TOKEN)),
    "AuditLine": an_object("id at action object outcome", **LINE),
    "Analysis": an_object("id page kind name query scope version favourite", **ANALYSIS),
    "NewAnalysis": an_object(
        "name query",
        **{key: ANALYSIS[key] for key in ("name", "description", "folder", "query", "scope", "view", "page")},
        version={"type": "integer", "minimum": 1, "description": "When an analysis is changed: the one that was read."},
    ),
    "NewAnalysisAnswer": an_object("data", data=ref("Analysis")),
    "AnalysisAnswer": an_object("data", data=ref("Analysis")),
    "AnalysisList": paged("Analysis"),
    "Segment": an_object("id name version definition sentence", **SEGMENT),
    "NewSegment": an_object(
        "name definition",
        name=TEXT,
        description=TEXT,
        definition={"type": "object"},
        frozen={"type": "boolean"},
        version={"type": ["integer", "null"], "minimum": 1},
    ),
    "NewSegmentAnswer": an_object("data", data=ref("Segment")),
    "SegmentAnswer": an_object("data", data=an_object("id name version", **SEGMENT, size=NUMBER, share=NUMBER)),
    "SegmentList": paged("Segment"),
    "MetricList": paged("Metric"),
    "DimensionList": paged("Dimension"),
    "TokenList": paged("Token"),
    "AuditList": paged("AuditLine"),
}
