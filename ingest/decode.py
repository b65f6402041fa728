"""From the bytes of a request to plain values, within limits that hold before anything is unpacked."""

from __future__ import annotations

import json
import zlib
from typing import Any

import brotli
import orjson

MOST_BYTES = 5 * 1024 * 1024  # of a body as it travels
MOST_INFLATED = 10 * 1024 * 1024
MOST_OF_ONE = 1024 * 1024  # of one event
_GZIP = b"\x1f\x8b"
_PLAIN = frozenset({"", "identity"})
_PACKED = frozenset({"gzip", "x-gzip"})
_BROTLI = "br"
_WINDOW = 31  # zlib's word for "with a gzip header"
_MARK = b"\xef\xbb\xbf"


class Refused(Exception):
    """A whole request is turned down: HTTP `status`, a short `code`, a message that says what to change."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after
        self.tenant = ""  # whose request it was, once that is known


def too_large(limit: int) -> Refused:
    return Refused(413, "too_large", f"a body may have at most {limit} bytes")


def inflated(body: bytes, encoding: str, limit: int = MOST_INFLATED) -> bytes:
    """The body without its gzip, whether or not the header says so: some clients pack and do not tell, and some
    proxies unpack and leave the header. Brotli, which has no magic bytes, only where the header says so.
    Raises Refused 415 for other or stacked encodings, 413 beyond the limit."""
    encoding = encoding.strip().lower()
    if encoding == _BROTLI:
        return _unbrotlied(body, limit)
    if encoding not in _PLAIN and encoding not in _PACKED:
        raise Refused(415, "unknown_encoding", "Content-Encoding may be gzip, br or identity")
    if not body.startswith(_GZIP):
        return body
    return _unpacked(body, limit)


def _unpacked(body: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj(_WINDOW)
    try:
        # One byte more than allowed tells a body at the limit from one beyond it.
        plain = stream.decompress(body, limit + 1)
    except zlib.error:
        raise Refused(400, "malformed", "the gzip body is damaged") from None
    if len(plain) > limit:
        raise Refused(413, "too_large", f"the unpacked body may have at most {limit} bytes")
    if not stream.eof or stream.unused_data:
        raise Refused(400, "malformed", "the gzip body is cut short or goes on after its end")
    if plain.startswith(_GZIP):
        raise Refused(415, "unknown_encoding", "the body is packed more than once")
    return plain


def _unbrotlied(body: bytes, limit: int) -> bytes:
    stream = brotli.Decompressor()
    try:
        plain: bytes = stream.process(body, output_buffer_limit=limit + 1)
    except brotli.error:
        raise Refused(400, "malformed", "the brotli body is damaged") from None
    if len(plain) > limit:
        raise Refused(413, "too_large", f"the unpacked body may have at most {limit} bytes")
    if not stream.is_finished():
        raise Refused(400, "malformed", "the brotli body is cut short")
    return plain


def parsed(body: bytes) -> Any:
    """The JSON of a body. Raises Refused 400 naming the byte where it stops making sense."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, "malformed", f"not JSON at byte {_offset(body, error)}: {error.msg}") from None


def _offset(body: bytes, error: json.JSONDecodeError) -> int:
    try:
        text = body.decode()
    except UnicodeDecodeError as wrong:
        return wrong.start
    if body.startswith(_MARK):
        return 0
    return len(text[: error.pos].encode())


def object_of(value: Any, what: str = "the body") -> dict[str, Any]:
    """`value` as an object; raises Refused 400."""
    if not isinstance(value, dict):
        raise Refused(400, "malformed", f"{what} must be a JSON object")
    return value
