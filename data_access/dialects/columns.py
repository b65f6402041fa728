"""Arrow rows in the exact types of a warehouse table, ready to append."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

UUID = pa.uuid()


class BadColumn(ValueError):
    """A batch holds a column the table does not have, or values that do not fit its type."""


def arrow_type(column: sa.Column[object]) -> pa.DataType:
    """How a column of the schema travels in Arrow."""
    match column.type:
        case sa.Uuid():
            return UUID
        case sa.Double():
            return pa.float64()
        case sa.BigInteger():
            return pa.int64()
        case sa.Integer():
            return pa.int32()
        case sa.Boolean():
            return pa.bool_()
        case sa.DateTime():
            return pa.timestamp("us")
        case sa.Date():
            return pa.date32()
        case _:
            return pa.string()


def alchemy_type(kind: pa.DataType) -> sa.types.TypeEngine[Any]:
    """The other way round, for staged rows."""
    if kind == UUID:
        return sa.Uuid()
    if pa.types.is_integer(kind):
        return sa.BigInteger()
    if pa.types.is_floating(kind):
        return sa.Double()
    if pa.types.is_boolean(kind):
        return sa.Boolean()
    if pa.types.is_timestamp(kind):
        return sa.DateTime()
    return sa.Date() if pa.types.is_date(kind) else sa.Text()


def conform(table: sa.Table, rows: pa.Table) -> pa.Table:
    """`rows` in the table's column order and types; raises BadColumn. Absent columns stay absent."""
    unknown = set(rows.column_names) - set(table.c.keys())
    if unknown:
        raise BadColumn(f"{table.name} has no column {', '.join(sorted(unknown))}")
    names = [name for name in table.c.keys() if name in rows.column_names]  # noqa: SIM118 - an ordered collection, not a dict
    return pa.table([_cast(table, name, rows[name]) for name in names], names=names)


def _cast(table: sa.Table, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    wanted = arrow_type(table.c[name])
    if values.type == wanted or (wanted == pa.string() and _coded_text(values.type)):
        return values
    try:
        if wanted == UUID:
            return _uuids(values)
        return _plain_cast(values, wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise BadColumn(f"{table.name}.{name}: {error}") from error


def _coded_text(kind: pa.DataType) -> bool:
    """Dictionary columns stay coded: the embedded engine takes them as they are, several times faster."""
    return pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type)


def _plain_cast(values: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = values.cast(pa.timestamp(values.type.unit, "UTC")).cast(pa.timestamp(values.type.unit))
    if pa.types.is_timestamp(wanted) and pa.types.is_timestamp(values.type):
        return pc.cast(values, wanted, safe=False)
    return values.cast(wanted)


def _uuids(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Sixteen bytes each, or the usual text form with or without dashes."""
    chunks = values.chunks or [pa.array([], values.type)]
    return pa.chunked_array([pa.ExtensionArray.from_storage(UUID, _sixteen(chunk)) for chunk in chunks])


def _sixteen(values: pa.Array) -> pa.Array:
    if pa.types.is_fixed_size_binary(values.type) or pa.types.is_binary(values.type):
        return values.cast(pa.binary(16))
    digits = pc.replace_substring(values.cast(pa.string()), "-", "")
    if pc.all(pc.match_substring_regex(digits, "^[0-9a-fA-F]{32}$")).as_py() is False:
        raise ValueError("an id is not a UUID")
    return unhex(digits)


_NIBBLES = np.zeros(256, np.uint8)
for _digits in ("0123456789abcdef", "0123456789ABCDEF"):
    _NIBBLES[np.frombuffer(_digits.encode(), np.uint8)] = np.arange(16, dtype=np.uint8)


def unhex(digits: pa.StringArray) -> pa.FixedSizeBinaryArray:
    """Texts of 32 hexadecimal digits as 16 bytes each; NULL stays NULL."""
    present = digits.drop_null() if digits.null_count else digits
    text = np.frombuffer("".join(present.to_pylist()).encode(), np.uint8).reshape(-1, 32)
    halves = _NIBBLES[text]
    packed = np.ascontiguousarray(halves[:, 0::2] << 4 | halves[:, 1::2])
    dense = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(present), [None, pa.py_buffer(packed)])
    if not digits.null_count:
        return dense
    place = np.cumsum(np.asarray(digits.is_valid())) - 1
    return dense.take(pa.array(place, mask=~np.asarray(digits.is_valid())))


def hexed(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """UUIDs as texts of 32 hexadecimal digits."""
    letters = np.frombuffer(b"0123456789abcdef", np.uint8)
    chunks = []
    for chunk in ids.chunks:
        storage = chunk.storage
        raw = np.frombuffer(storage.buffers()[1], np.uint8).reshape(-1, 16)[storage.offset : storage.offset + len(storage)]
        text = np.stack([letters[raw >> 4], letters[raw & 15]], axis=2).reshape(-1, 32)
        offsets = np.arange(0, 32 * len(storage) + 1, 32, dtype=np.int32)
        whole = pa.StringArray.from_buffers(len(storage), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text)))
        chunks.append(pc.if_else(storage.is_valid(), whole, None) if storage.null_count else whole)
    return pa.chunked_array(chunks, pa.string())
