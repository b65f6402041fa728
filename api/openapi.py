"""GET /api/openapi.json: the API described from the same table that serves it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from analytics.kinds import KINDS
from api import collect_openapi
from api.answers import answer
from api.schemas import SCHEMAS

_LIST = (
    "/api/v1/metrics",
    "/api/v1/dimensions",
    "/api/v1/tokens",
    "/api/v1/audit",
    "/api/v1/query",
    "/api/v1/analyses",
    "/api/v1/analyses/{id}/result",
    "/api/v1/segments",
    "/api/v1/segments/{id}/members",
)
_BODIES = {
    "/api/v1/query": "Query",
    "/api/v1/tokens": "NewToken",
    "/api/v1/analyses": "NewAnalysis",
    "/api/v1/analyses/{id}": "NewAnalysis",
    "/api/v1/segments": "NewSegment",
    "/api/v1/segments/{id}": "NewSegment",
}
_ANSWERS = {
    ("POST", "/api/v1/query"): "ResultAnswer",
    ("GET", "/api/v1/metrics"): "MetricList",
    ("GET", "/api/v1/dimensions"): "DimensionList",
    ("GET", "/api/v1/tokens"): "TokenList",
    ("POST", "/api/v1/tokens"): "NewTokenAnswer",
    ("GET", "/api/v1/audit"): "AuditList",
    ("GET", "/api/v1/analyses"): "AnalysisList",
    ("POST", "/api/v1/analyses"): "NewAnalysisAnswer",
    ("GET", "/api/v1/analyses/{id}"): "AnalysisAnswer",
    ("PUT", "/api/v1/analyses/{id}"): "AnalysisAnswer",
    ("GET", "/api/v1/analyses/{id}/result"): "ResultAnswer",
    ("GET", "/api/v1/segments"): "SegmentList",
    ("POST", "/api/v1/segments"): "NewSegmentAnswer",
    ("GET", "/api/v1/segments/{id}"): "SegmentAnswer",
    ("PUT", "/api/v1/segments/{id}"): "SegmentAnswer",
    ("GET", "/api/v1/segments/{id}/members"): "ResultAnswer",
}
_PROBLEMS = {
    "400": "Malformed request",
    "401": "No valid token",
    "403": "The token may not do this",
    "404": "Not found",
    "413": "Too large",
    "422": "The question cannot be asked; the message says what to change",
    "429": "Too many requests; Retry-After says when to come back",
    "503": "The warehouse does not answer, or the question took too long",
}


async def document(_request: Request) -> Response:
    """The description, for people and generators alike."""
    return answer(description())


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """OpenAPI 3.1."""
    from api.routes import TABLE

    paths: dict[str, dict[str, Any]] = {}
    for entry in TABLE:
        if entry.documented:
            paths.setdefault(entry.path, {})[entry.method.lower()] = _operation(entry)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vigie", "version": "1", "description": "Every number of the cockpit, through the same question and answer."},
        "security": [{"token": []}],
        "paths": {**paths, collect_openapi.PATH: collect_openapi.path()},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`vigie token create` makes one."},
                "write_key": {"type": "http", "scheme": "bearer", "description": "`vigie key create` makes one."},
            },
            "schemas": {**SCHEMAS, **_query_schemas(), **collect_openapi.schemas()},
        },
    }


def _operation(entry: Any) -> dict[str, Any]:
    name = "_".join(part.strip("{}") for part in entry.path.replace(".", "_").strip("/").split("/"))
    operation: dict[str, Any] = {
        "operationId": f"{entry.method.lower()}_{name}",
        "summary": entry.summary,
        "parameters": _parameters(entry.path),
        "responses": _responses(entry),
    }
    if entry.permission:
        operation["description"] = f"Needs the permission `{entry.permission}`."
    if not entry.token:
        operation["security"] = []
    if entry.method in ("POST", "PUT") and entry.path in _BODIES:
        operation["requestBody"] = {"required": True, "content": _json(_BODIES[entry.path])}
    return operation


def _parameters(path: str) -> list[dict[str, Any]]:
    named = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}] if "{id}" in path else []
    if path not in _LIST:
        return named
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}, "description": "How many at most."}
    cursor = {"name": "cursor", "in": "query", "schema": {"type": "string"}, "description": "`next_cursor` of the page before."}
    return [*named, limit, cursor]


def _responses(entry: Any) -> dict[str, Any]:
    schema = _ANSWERS.get((entry.method, entry.path))
    good: dict[str, Any] = {"description": entry.summary}
    if schema:
        good["content"] = _json(schema)
    status = "201" if schema in ("NewTokenAnswer", "NewSegmentAnswer", "NewAnalysisAnswer") else "200"
    problems = _PROBLEMS if entry.token else {code: _PROBLEMS[code] for code in ("429", "503")}
    return {status: good, **{code: {"description": text, "content": _json("Problem")} for code, text in problems.items()}}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _query_schemas() -> dict[str, Any]:
    """One schema per shape of question, and `Query` as any of them by its kind."""
    shapes: dict[str, Any] = {}
    for kind in KINDS.values():
        schema = kind.query.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        shapes |= schema.pop("$defs", {})
        shapes[kind.query.__name__] = schema
    references = [{"$ref": f"#/components/schemas/{kind.query.__name__}"} for kind in KINDS.values()]
    return {**shapes, "Query": {"oneOf": references}}
