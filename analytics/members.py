"""Who is in a segment, as one flag per user key: keys are small and dense, so that a set of five million is 600 kB."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from data_access.functions import Bits, has_bit

Keys = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
LISTED = 200  # so few members are written as a list, which engines can look up in an index


@dataclass(frozen=True, eq=False)
class Members:
    """`flags[k]` says whether user k is in; users beyond the end are not."""

    flags: Flags

    @cached_property
    def size(self) -> int:
        return int(np.count_nonzero(self.flags))

    @cached_property
    def keys(self) -> Keys:
        """In ascending order."""
        return np.flatnonzero(self.flags).astype(np.int64)

    @cached_property
    def packed(self) -> bytes:
        return np.packbits(self.flags).tobytes()

    @cached_property
    def digest(self) -> str:
        """Equal for equal members: answers about them stay good as long as it does."""
        return hashlib.blake2b(np.packbits(np.trim_zeros(self.flags, "b")).tobytes(), digest_size=16).hexdigest()

    def holds(self, user: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether the user of a row is a member; never NULL."""
        if self.size <= LISTED:
            return sa.and_(user.is_not(None), user.in_(self.keys.tolist())) if self.size else sa.false()
        within = sa.and_(user.is_not(None), user >= 0, user < len(self.packed) * 8)
        # TRICKY: an AND may be evaluated in any order, and a bit beyond the end is an error.
        return sa.case((within, has_bit(sa.literal(self.packed, Bits()), user)), else_=sa.false())


def flagged(keys: Keys, length: int = 0) -> Members:
    """The members of these keys, none of them negative."""
    flags = np.zeros(max(length, int(keys.max(initial=-1)) + 1), bool)
    flags[keys] = True
    return Members(flags)


def united(parts: list[Flags]) -> Flags:
    """In any of them."""
    total = np.zeros(max(map(len, parts)), bool)
    for part in parts:
        total[: len(part)] |= part
    return total


def shared(parts: list[Flags]) -> Flags:
    """In all of them."""
    length = min(map(len, parts))
    total = parts[0][:length].copy()
    for part in parts[1:]:
        total &= part[:length]
    return total


def without(everybody: Flags, part: Flags) -> Flags:
    """Everybody but those."""
    rest = everybody.copy()
    length = min(len(rest), len(part))
    rest[:length] &= ~part[:length]
    return rest


Known = Mapping[str, Members]  # by segment id
