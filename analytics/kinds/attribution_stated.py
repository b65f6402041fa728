"""Touchpoints that conversions state, as JSON lists of objects, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from analytics.kernels.arrays import Ints

SAID = ("channel", "campaign", "source", "medium")
NAMES = ("ts", *SAID)
_EACH = pa.struct([(name, pa.string()) for name in NAMES])
_OPTIONS = arrow_json.ParseOptions(explicit_schema=pa.schema([("t", pa.list_(_EACH))]), unexpected_field_behavior="ignore")


def touchpoints(documents: Sequence[str]) -> tuple[Ints, pd.DataFrame]:
    """For each touchpoint the place of its document, and its words by NAMES; "" where it does not say, or not in text.

    A document that is no list, and what in a list is no object, states nothing.
    """
    if not documents:
        return np.zeros(0, np.int64), pd.DataFrame({name: [] for name in NAMES}, dtype=object)
    try:
        return _at_once(documents)
    except pa.ArrowInvalid:  # some document is of another shape
        return _one_by_one(documents)


def _at_once(documents: Sequence[str]) -> tuple[Ints, pd.DataFrame]:
    # A line break can only stand between the tokens of a JSON document, where a space does as well.
    lines = "\n".join(f'{{"t":{document}}}'.replace("\n", " ") for document in documents).encode()
    size = max(len(lines) + 1, 1 << 20)  # one block: a document may be longer than the reader's usual ones
    table = arrow_json.read_json(BytesIO(lines), arrow_json.ReadOptions(block_size=size), _OPTIONS)
    if len(table) != len(documents):
        raise pa.ArrowInvalid("a document was read as several")
    lists = table["t"].combine_chunks()
    each = pc.list_flatten(lists)
    words = {name: pc.fill_null(pc.struct_field(each, name), "").to_pandas().astype(object) for name in NAMES}
    return pc.list_parent_indices(lists).to_numpy().astype(np.int64), pd.DataFrame(words)


def _one_by_one(documents: Sequence[str]) -> tuple[Ints, pd.DataFrame]:
    lists = [_list(document) for document in documents]
    told = [one for each in lists for one in each]
    words = {name: [_word(one.get(name)) for one in told] for name in NAMES}
    return np.repeat(np.arange(len(lists)), [len(each) for each in lists]), pd.DataFrame(words, dtype=object)


def _list(document: str) -> list[dict[str, Any]]:
    try:
        told = orjson.loads(document)
    except orjson.JSONDecodeError:
        return []
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
