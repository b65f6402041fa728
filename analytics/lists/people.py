"""What people are like, by user key: the words of a person's property, kept as long as nobody's properties change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date

import sqlalchemy as sa

from analytics.dimensions import column
from analytics.lists.tables import Table, Words, by_user
from analytics.metric import Scan
from analytics.period import EARLIEST
from analytics.question import Question
from analytics.where import event_dimension
from data_access import versions
from data_access.schema import users

KEPT = 8  # properties in memory, one to four bytes a user each
Spoken = tuple[Table, tuple[str, ...]]
_known: OrderedDict[tuple[int, int, str, int], Spoken] = OrderedDict()
_lock = threading.Lock()


def spoken(question: Question, name: str) -> Spoken:
    """For each user the place of the property's word, and the words."""
    tenant = question.tenant.key
    version = versions.latest(question.warehouse, tenant, ["users"], EARLIEST, date.max).version
    key = (question.warehouse.serial, tenant, name, version)
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    found = _read(question, name, question.scan())
    with _lock:
        for old in [one for one in _known if one[:3] == key[:3]]:
            del _known[old]
        _known[key] = found
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return found


def _read(question: Question, name: str, scan: Scan) -> Spoken:
    words = Words()
    words.place("")
    said = sa.func.coalesce(sa.cast(column(users, event_dimension(name), scan), sa.Text), "").label("word")
    frame = question.read(sa.select(users.c.user_key, said).where(users.c.tenant == scan.tenant.key))
    table = by_user(frame["user_key"].to_numpy(), words.places(frame["word"]), 0)
    return table, tuple(words.known)
