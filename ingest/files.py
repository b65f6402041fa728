"""Files as batches of rows: CSV, Parquet, JSON Lines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet

from ingest.mapping import Mapping

ROWS_AT_ONCE = 100_000
FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
Reject = Callable[[int, str, Any], None]  # line, reason, row


class UnreadableFile(ValueError):
    """The file is not what the map says, or not there."""


def batches(path: Path, mapping: Mapping, reject: Reject) -> Iterator[tuple[int, pd.DataFrame]]:
    """(number of the first row, rows) of a file; rows count from 0, also those that `reject` is told of.

    Raises UnreadableFile.
    """
    format_ = format_of(path, mapping)
    try:
        yield from READERS[format_](path, mapping, reject)
    except (OSError, pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError, LookupError) as error:
        raise UnreadableFile(f"cannot read {path.name} as {format_}: {error}") from error


def format_of(path: Path, mapping: Mapping) -> str:
    """The format the map states or the file's ending implies; raises UnreadableFile."""
    format_ = mapping.format or FORMATS.get(path.suffix.lower())
    if format_ is None:
        raise UnreadableFile(f'what is {path.name}? Say format = "csv", "parquet" or "jsonl" in the map')
    return format_


def first_line(path: Path, mapping: Mapping) -> int:
    """The line of row 0: a CSV begins with its header."""
    return 2 if format_of(path, mapping) == "csv" else 1


def file_hash(path: Path) -> str:
    """SHA-256 of the file's bytes: what makes a row number mean the same row again."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error


def _parquet(path: Path, mapping: Mapping, reject: Reject) -> Iterator[tuple[int, pd.DataFrame]]:
    first = 0
    for batch in arrow_parquet.ParquetFile(path).iter_batches(batch_size=ROWS_AT_ONCE):
        yield first, batch.to_pandas(ignore_metadata=True)
        first += batch.num_rows


def _csv(path: Path, mapping: Mapping, reject: Reject) -> Iterator[tuple[int, pd.DataFrame]]:
    """Every column as text: what a value means is the map's to say, not the first rows'."""
    names = _header(path, mapping)

    def invalid(row: Any) -> str:
        number = row.number if row.number is not None else 0
        reject(number, f"{row.actual_columns} columns where the header has {row.expected_columns}", row.text)
        return "skip"

    reader = arrow_csv.open_csv(
        path,
        # One thread, so that the reader knows line numbers.
        read_options=arrow_csv.ReadOptions(encoding=mapping.encoding, use_threads=False, block_size=8 << 20),
        parse_options=arrow_csv.ParseOptions(delimiter=mapping.delimiter, newlines_in_values=True, invalid_row_handler=invalid),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    first = 0
    for batch in reader:
        yield first, batch.to_pandas()
        first += batch.num_rows


def _header(path: Path, mapping: Mapping) -> list[str]:
    with path.open(encoding=mapping.encoding, newline="") as file:
        line = file.readline(1 << 20).lstrip("\ufeff").rstrip("\r\n")
    return [name.strip('"') for name in line.split(mapping.delimiter)]


def _jsonl(path: Path, mapping: Mapping, reject: Reject) -> Iterator[tuple[int, pd.DataFrame]]:
    rows: list[dict[str, Any]] = []
    first = 0
    with path.open("rb") as file:
        for number, line in enumerate(file):
            rows.append(_row(line, number, reject))
            if len(rows) == ROWS_AT_ONCE:
                yield first, _frame(rows)
                first, rows = number + 1, []
    if rows:
        yield first, _frame(rows)


def _row(line: bytes, number: int, reject: Reject) -> dict[str, Any]:
    if not line.strip():
        return {}
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        reject(number + 1, f"not JSON: {error}", line.decode("utf-8", "replace")[:2000])
        return {}
    if not isinstance(row, dict):
        reject(number + 1, "not a JSON object", row)
        return {}
    return _flat(row)


def _flat(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects by dotted names, and as JSON text under their own; lists as JSON text."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        flat[f"{prefix}{name}"] = orjson.dumps(value).decode() if isinstance(value, dict | list) else value
    return flat


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    # Columns of mixed kinds are read as text, so that one odd row does not spoil its neighbours.
    mixed = [name for name in frame.columns if frame[name].dtype == object]
    return frame.assign(**{name: frame[name].map(_text, na_action="ignore").astype("string") for name in mixed})


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


READERS: dict[str, Callable[[Path, Mapping, Reject], Iterator[tuple[int, pd.DataFrame]]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "jsonl": _jsonl,
}
