"""/demo/site: in demonstration mode a small marketplace whose visitors' events are real, sent by the shipped SDK."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from accounts import tenants, write_keys
from accounts.secret import secret_of
from api.answers import ApiError
from api.assets import Asset, packed, respond
from data_access.clock import utc_now
from data_access.connections import store
from data_access.settings import settings
from demo.business import ALLO, TENANTS

FOLDER = Path(__file__).resolve().parent.parent / "demo" / "site"
KEY_NAME = "Demonstration site"
_FILES = {"site.css": "text/css; charset=utf-8", "site.js": "text/javascript; charset=utf-8"}


async def page(request: Request) -> Response:
    """The page at every address below /demo/site, its style sheet and script by name; 404 outside demonstrations.
    `?company=` names whose key the visitor's events are sent with."""
    if not settings().demo_mode:
        raise ApiError(404, "not_found", "there is nothing at this address")
    name = str(request.path_params.get("rest", ""))
    if name in _FILES:
        return respond(_file(name), request.headers, hashed=False)
    asked = request.query_params.get("company", ALLO.slug)
    company = asked if asked in {tenant.slug for tenant in TENANTS} else ALLO.slug
    key = await run_in_threadpool(_key, store(), company)
    body = (FOLDER / "index.html").read_text("utf-8").replace("{{key}}", key)
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="text/html")


@lru_cache(maxsize=4)
def _file(name: str) -> Asset:
    return packed((FOLDER / name).read_bytes(), _FILES[name])


def _key(engine: sa.Engine, company: str) -> str:
    """The company's key for this page, made when it is first asked for."""
    tenant, secret = tenants.by_slug(engine, company), secret_of(settings())
    for one in write_keys.listed(engine, tenant.key):
        if one.name == KEY_NAME and one.revoked_at is None and one.sealed_key:
            return write_keys.unseal(secret, one.sealed_key) or ""
    return write_keys.create(engine, tenant, write_keys.NewKey(KEY_NAME), secret, now=utc_now())
