"""Records on disk: four bytes of length, four of CRC-32, the payload. A file begins with eight bytes that name the format."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

MAGIC = b"VIGIEJ1\n"
START = len(MAGIC)
HEAD = struct.Struct("<II")
LARGEST = 64 * 1024 * 1024


def framed(payload: bytes) -> bytes:
    """A record. Empty payloads are not records: a run of zeros must not read as one."""
    if not 0 < len(payload) <= LARGEST:
        raise ValueError("a record holds 1 byte to 64 MB")
    return HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def scanned(data: bytes | memoryview, start: int = 0) -> Iterator[tuple[memoryview, int]]:
    """(payload, offset behind the record) of every whole record; stops at the first that is cut short or damaged."""
    view = memoryview(data)
    at = start
    while at + HEAD.size <= len(view):
        length, checksum = HEAD.unpack_from(view, at)
        end = at + HEAD.size + length
        if not 0 < length <= LARGEST or end > len(view):
            return
        payload = view[at + HEAD.size : end]
        if zlib.crc32(payload) != checksum:
            return
        yield payload, end
        at = end
