"""What the posting lists of a tenant hold, and where they may no longer be believed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import sqlalchemy as sa

from accounts.actor import Tenant
from analytics.kernels.arrays import Ints
from analytics.lists.file import BadFile, ListFile
from data_access.schema import event_list_moves, event_lists
from data_access.warehouse import Warehouse

MARK = "place"  # the file that names the folder
NOBODY = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Part:
    """A file, and the users whose rows in it are void: later files or the raw table know better."""

    file: ListFile
    void: Ints


@dataclass(frozen=True)
class Coverage:
    """`parts` together hold every event with a user and a `seq` up to `upto`, except the events of the users `moved`.

    `worth`: amounts are still true.
    """

    parts: tuple[Part, ...]
    upto: int
    moved: Ints
    worth: bool


_open: WeakKeyDictionary[Warehouse, dict[tuple[int, str], ListFile]] = WeakKeyDictionary()
_opening = threading.Lock()


def place(folder: Path) -> str | None:
    """The name of a folder of lists, None where there are none. It stays when the folder is moved with its warehouse."""
    try:
        return (folder / MARK).read_text() or None
    except OSError:
        return None


def coverage(warehouse: Warehouse, tenant: Tenant) -> Coverage | None:
    """What lists there are; None where there are none, or a file is missing or torn, or they were made in another time zone."""
    here = place(warehouse.beside)
    if here is None:
        return None
    lists = event_lists.c
    rows = warehouse.read(sa.select(event_lists).where(lists.tenant == tenant.key, lists.place == here).order_by(lists.born))
    if not len(rows) or (rows["zone"] != tenant.time_zone).any():
        return None
    try:
        files = _files(warehouse, tenant.key, rows["file"].tolist())
    except BadFile:
        return None
    version = int(rows["version"].iloc[-1])
    moves = event_list_moves.c
    since = moves.version > int(rows["version"].min())
    changed = warehouse.read(sa.select(moves.user_key, moves.version).where(moves.tenant == tenant.key, since))
    later = changed[changed["version"] > version]["user_key"].dropna().to_numpy(np.int64)
    return Coverage(_parts(files, later), int(rows["upto_seq"].max()), np.unique(later), not changed["user_key"].isna().any())


def _parts(files: list[ListFile], void: Ints) -> tuple[Part, ...]:
    """From the last file to the first, each void for whom a later one replaces."""
    found = []
    for file in reversed(files):
        found.append(Part(file, void))
        if len(file["void"]):
            void = np.union1d(void, file["void"])
    return tuple(reversed(found))


def _files(warehouse: Warehouse, tenant: int, names: list[str]) -> list[ListFile]:
    """The files, each opened once for as long as it is listed."""
    with _opening:
        known = _open.setdefault(warehouse, {})
        wanted = {(tenant, name) for name in names}
        for gone in [key for key in known if key[0] == tenant and key not in wanted]:
            del known[gone]
        for key in wanted - known.keys():
            known[key] = ListFile(warehouse.beside / key[1])
        return [known[tenant, name] for name in names]
