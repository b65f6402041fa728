"""Arrow rows in the exact types of a warehouse table, ready to append."""

from __future__ import annotations

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


def alchemy_type(kind: pa.DataType) -> sa.types.TypeEngine[object]:
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
    if values.type == wanted:
        return values
    try:
        if wanted == UUID:
            return _uuids(values)
        return _plain_cast(values, wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise BadColumn(f"{table.name}.{name}: {error}") from error


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
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], whole.type)
    if pa.types.is_fixed_size_binary(whole.type) and whole.type.byte_width == 16:
        return pa.chunked_array([pa.ExtensionArray.from_storage(UUID, whole)])
    if pa.types.is_binary(whole.type):
        return pa.chunked_array([pa.ExtensionArray.from_storage(UUID, whole.cast(pa.binary(16)))])
    digits = pc.replace_substring(whole.cast(pa.string()), "-", "")
    raw = [None if text is None else bytes.fromhex(text) for text in digits.to_pylist()]
    return pa.chunked_array([pa.ExtensionArray.from_storage(UUID, pa.array(raw, pa.binary(16)))])
