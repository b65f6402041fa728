"""Row ids: any text becomes a UUID, the same one every time."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_access.dialects.columns import UUID, unhex
from ingest.columns import put

_UUID_TEXT = r"^[0-9a-fA-F]{32}$"


def with_ids(rows: pa.Table) -> pa.Table:
    """`rows` with `id` as UUIDs. A row without one gets a new one, and so is never taken for a duplicate."""
    if "id" not in rows.column_names:
        return put(rows, "id", _wrapped(_new(rows.num_rows)))
    column = rows["id"]
    if column.type != UUID or column.null_count:
        rows = put(rows, "id", _filled(column))
    return rows


def uuid_of(*parts: str) -> bytes:
    """The sixteen bytes of an id made of texts, the same for the same texts."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def id_bytes(ids: pa.ChunkedArray) -> Any:
    """A column of UUIDs as an (n, 2) array of uint64."""
    storage = pa.concat_arrays([chunk.storage for chunk in ids.chunks]) if ids.num_chunks else pa.array([], pa.binary(16))
    raw = np.frombuffer(storage.buffers()[1] or b"", np.uint64)
    return raw.reshape(-1, 2)[storage.offset : storage.offset + len(storage)]


def _filled(column: pa.ChunkedArray) -> pa.Array:
    if column.type == UUID:
        storage = pa.concat_arrays([chunk.storage for chunk in column.chunks])
        return _wrapped(pc.if_else(pc.is_valid(storage), storage, _new(len(storage))))
    if pa.types.is_binary(column.type) or pa.types.is_fixed_size_binary(column.type):
        return _wrapped(column.cast(pa.binary(16)).combine_chunks())
    text = column.cast(pa.string()).combine_chunks()
    digits = pc.replace_substring(text, "-", "")
    proper = pc.match_substring_regex(digits, _UUID_TEXT)
    if pc.all(proper, skip_nulls=False).as_py():
        return _wrapped(unhex(digits))
    known = [None if value is None else uuid_of(value) for value in text.to_pylist()]
    parsed = [bytes.fromhex(d) if ok else k for d, ok, k in zip(digits.to_pylist(), proper.to_pylist(), known, strict=True)]
    stored = pa.array(parsed, pa.binary(16))
    return _wrapped(pc.if_else(pc.is_valid(stored), stored, _new(len(stored))) if stored.null_count else stored)


def _new(count: int) -> pa.Array:
    """Ids nobody else has: eight random bytes shared by all, then a count, which compresses to almost nothing."""
    ids = np.zeros((count, 2), ">u8")
    ids[:, 0] = int.from_bytes(os.urandom(8), "big")
    ids[:, 1] = np.arange(count)
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, pa.py_buffer(ids)])


def _wrapped(storage: pa.Array) -> pa.Array:
    return pa.ExtensionArray.from_storage(UUID, storage)
