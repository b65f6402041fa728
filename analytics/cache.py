"""Answers kept in memory under everything they depend on, oldest use dropped first; one computation per key at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from analytics.result import Result


@dataclass
class _Slot:
    lock: threading.Lock
    waiting: int = 0


class AnswerCache:
    """A byte-bounded LRU of Results. Results are frozen; their frames must not be changed by readers."""

    def __init__(self, megabytes: int) -> None:
        self.capacity = megabytes * 1_000_000
        self.size = 0
        self.hits = self.misses = 0
        self._answers: OrderedDict[tuple[Hashable, Hashable], tuple[Result, int]] = OrderedDict()
        self._newest: dict[Hashable, tuple[Hashable, Hashable]] = {}  # by who asked what, the key of the last answer
        self._slots: dict[Hashable, _Slot] = {}
        self._lock = threading.Lock()

    def get(self, key: tuple[Hashable, Hashable], compute: Callable[[], Result]) -> Result:
        """The answer under `key`, computed once even when several readers ask at the same time.

        A key has two parts: who asks what, and the state of the world it was asked in.
        """
        if (found := self._look(key)) is not None:
            return found
        slot = self._enter(key)
        try:
            with slot.lock:
                if (found := self._look(key, count=False)) is not None:
                    return found
                answer = compute()
                self._keep(key, answer)
                return answer
        finally:
            self._leave(key, slot)

    def last(self, asked: Hashable) -> Result | None:
        """The newest answer still kept to what was asked, in whatever state of the world."""
        with self._lock:
            found = self._newest.get(asked)
            return self._answers[found][0] if found is not None and found in self._answers else None

    def clear(self) -> None:
        with self._lock:
            self._answers.clear()
            self._newest.clear()
            self.size = 0

    def _look(self, key: tuple[Hashable, Hashable], *, count: bool = True) -> Result | None:
        with self._lock:
            found = self._answers.get(key)
            if count:
                self.hits, self.misses = self.hits + (found is not None), self.misses + (found is None)
            if found is None:
                return None
            self._answers.move_to_end(key)
            return found[0]

    def _enter(self, key: Hashable) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot(threading.Lock()))
            slot.waiting += 1
            return slot

    def _leave(self, key: Hashable, slot: _Slot) -> None:
        with self._lock:
            slot.waiting -= 1
            if not slot.waiting:
                self._slots.pop(key, None)

    def _keep(self, key: tuple[Hashable, Hashable], answer: Result) -> None:
        weight = 2_000 + int(answer.frame.memory_usage(index=True).sum())
        with self._lock:
            if weight > self.capacity:
                return
            self._answers[key] = (answer, weight)
            self._newest[key[0]] = key
            self.size += weight
            while self.size > self.capacity:
                old, (_, dropped) = self._answers.popitem(last=False)
                self.size -= dropped
                if self._newest.get(old[0]) == old:
                    del self._newest[old[0]]
