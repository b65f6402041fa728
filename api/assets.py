"""Static files from memory, compressed once: Streamlit's bundles, the product's own, and the page shell.

Streamlit serves its bundles uncompressed and from disk, several thread hops each; a first visit needs ninety of them.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

import brotli
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
_TEXT = (".js", ".css", ".html", ".json", ".svg", ".txt", ".map")
# Told where its server is, the front end need not find out by asking for addresses that do not exist; told its host's
# configuration, it connects at once. Nobody else may send it messages.
_WHERE = (
    b"window.__streamlit = { BACKEND_BASE_URL: window.location.origin, HOST_CONFIG: { allowedOrigins: [window.location.origin], "
    b'useExternalAuthToken: false, enableCustomParentMessages: false, metricsUrl: "" } };'
)
_SMALLEST = 500
_PAGE = re.compile(r"^/[a-z0-9-]*$")
_NOT_PAGES = frozenset({"/healthz", "/readyz", "/metrics", "/session"})


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: plain, and with brotli where that is smaller."""

    plain: bytes
    small: bytes | None
    kind: str
    etag: str


class Assets:
    """Answers GET and HEAD of `/static/*`, `/assets/*` and page addresses; passes everything else on."""

    def __init__(self, app: ASGIApp, folders: dict[str, Path], shell: bytes) -> None:
        self.app, self.folders = app, {prefix: folder.resolve() for prefix, folder in folders.items()}
        self.shell = packed(shell, "text/html; charset=utf-8")
        self.known: dict[str, Asset] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asset = await self._find(scope) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        if asset is None:
            await self.app(scope, receive, send)
            return
        scope["route_label"] = "page"
        await respond(asset, Headers(scope=scope), hashed=is_hashed(scope["path"]))(scope, receive, send)

    async def _find(self, scope: Scope) -> Asset | None:
        path: str = scope["path"]
        if path in self.known:
            return self.known[path]
        prefix = next((p for p in self.folders if path.startswith(p)), None)
        if prefix is None:
            return self.shell if is_page(path) else None
        asset = await run_in_threadpool(_load, self.folders[prefix], path.removeprefix(prefix))
        if asset is not None:
            self.known[path] = asset
        return asset


def is_page(path: str) -> bool:
    """An address a person may have in the address bar.

    TRICKY: a nested address must not get the shell. Streamlit's front end asks for `/account/_stcore/health` to find
    out where the server is, and believes any answer that is not 404.
    """
    return _PAGE.match(path) is not None and path not in _NOT_PAGES


def is_hashed(path: str) -> bool:
    """Streamlit's bundles carry their content's hash in their name, so they never change."""
    return path.startswith("/static/")


def _load(folder: Path, name: str) -> Asset | None:
    file = (folder / name).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        return None
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if file.suffix in _TEXT and "charset" not in kind:
        kind = ("text/javascript" if file.suffix == ".js" else kind) + "; charset=utf-8"
    return packed(file.read_bytes(), kind)


def packed(content: bytes, kind: str) -> Asset:
    """Compressed where that pays; the ETag is the content's."""
    import hashlib

    worth = "charset" in kind and len(content) > _SMALLEST
    small = brotli.compress(content, quality=6) if worth else None
    return Asset(content, small if small and len(small) < len(content) else None, kind, f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def respond(asset: Asset, asked: Headers, *, hashed: bool) -> Response:
    """200 with the best encoding the browser takes, or 304 where it already has it."""
    headers = {"Cache-Control": FOREVER if hashed else ASK_AGAIN, "ETag": asset.etag, "Vary": "Accept-Encoding"}
    if asked.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    if asset.small is not None and re.search(r"\bbr\b", asked.get("accept-encoding", "")):
        return Response(asset.small, headers=headers | {"Content-Encoding": "br"}, media_type=asset.kind)
    return Response(asset.plain, headers=headers, media_type=asset.kind)


def shell(index: bytes) -> bytes:
    """Streamlit's page shell with the product's name and icon, without the font and the links it does not use."""
    page = re.sub(rb"<!--.*?-->\s*", b"", index, flags=re.DOTALL)
    page = re.sub(rb"<link\s+rel=\"preload\"[^>]*SourceSans[^>]*>\s*", b"", page)
    page = re.sub(rb"<link rel=\"service-desc\"[^>]*>\s*", b"", page)
    page = re.sub(
        rb"<noscript>.*?</noscript>", b"<noscript>Vigie needs JavaScript. / Vigie a besoin de JavaScript.</noscript>", page, flags=re.DOTALL
    )
    page = page.replace(b"<title>Streamlit</title>", b"<title>Vigie</title>")
    page = page.replace(b'href="./favicon.png"', b'type="image/svg+xml" href="/assets/mark.svg"')
    page = page.replace(b"<script>", b"<script>" + _WHERE + b"</script>\n    <script>", 1)
    # TRICKY: the shell is served at every page address, also nested ones, where a relative address would point elsewhere.
    return page.replace(b'"./static/', b'"/static/')
