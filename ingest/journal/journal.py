"""Appending: many requests share one fdatasync, and each is answered only after it."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.journal.records import START, framed
from ingest.journal.segments import Position, Segments

SEGMENT_BYTES = 32 * 1024 * 1024
ROTATE_WHEN_READ = 4 * 1024 * 1024
MOST_WAITING = 64 * 1024 * 1024  # bytes in memory that are not on disk yet
Future = asyncio.Future[None]


class JournalFull(RuntimeError):
    """Nothing more can be kept safely now: the disk or the backlog's bound is reached. Nothing was acknowledged."""


@dataclass(slots=True)
class _Waiting:
    record: bytes
    loop: asyncio.AbstractEventLoop
    future: Future


class Journal:
    """One folder, owned by this process. `limit` bounds what waits for the warehouse, in bytes on disk.

    Raises JournalInUse, and OSError where the folder cannot be used at all.
    """

    def __init__(self, folder: Path, limit: int, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.limit, self._segment_bytes = limit, segment_bytes
        self._segments = Segments(folder)
        self._handle = -1
        self.released = self._segments.cursor()
        self._end = self._recovered()
        self._backlog = self._segments.size(self.released)
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._closing = False
        self._changed = threading.Condition()
        self._grown = threading.Condition()
        self._writer = threading.Thread(target=self._run, name="journal", daemon=True)
        self._writer.start()

    def _recovered(self) -> Position:
        """The end of the last segment, its torn tail cut off. New records go to a new segment."""
        numbers = self._segments.numbers()
        if not numbers:
            return Position(max(self.released.segment, 0), START)
        last = numbers[-1]
        return Position(last, self._segments.recover(last, self.released.offset if last == self.released.segment else START))

    @property
    def backlog(self) -> int:
        """Bytes that the warehouse does not have yet."""
        return self._backlog + self._waiting_bytes

    @property
    def end(self) -> Position:
        """Behind the last durable record."""
        return self._end

    async def append(self, payload: bytes) -> None:
        """Returns once the payload is on disk; raises JournalFull where it cannot be."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(framed(payload), loop, loop.create_future())
        with self._changed:
            if self._closing:
                raise JournalFull("the collector is stopping")
            if self.backlog + len(waiting.record) > self.limit or self._waiting_bytes > MOST_WAITING:
                raise JournalFull("the backlog has reached its bound")
            self._waiting.append(waiting)
            self._waiting_bytes += len(waiting.record)
            self._changed.notify()
        await waiting.future

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                group, self._waiting = self._waiting, []
                if not group:
                    return
            error = self._commit(b"".join(waiting.record for waiting in group))
            with self._changed:
                self._waiting_bytes -= sum(len(waiting.record) for waiting in group)
            _answer(group, error)

    def _commit(self, data: bytes) -> JournalFull | None:
        """Write and sync; after any failure the file is as it was before."""
        try:
            if self._handle < 0 or self._end.offset >= self._segment_bytes or self._read_up():
                self._rotate()
            _write_all(self._handle, data)
            os.fdatasync(self._handle)
        except OSError as error:
            self._undo()
            return JournalFull(f"the journal cannot be written: {error.strerror}")
        with self._grown:
            self._end = Position(self._end.segment, self._end.offset + len(data))
            self._backlog += len(data)
            self._grown.notify_all()
        return None

    def _read_up(self) -> bool:
        """The warehouse has everything: a new segment lets this one go."""
        return self._backlog == 0 and self._end.offset > ROTATE_WHEN_READ

    def _rotate(self) -> None:
        handle = self._segments.create(self._end.segment + 1)
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = handle
        self._end = Position(self._end.segment + 1, START)

    def _undo(self) -> None:
        """TRICKY: after a failed sync the kernel may believe that lost pages are clean, so the segment is given up too."""
        if self._handle < 0:
            return
        try:
            os.ftruncate(self._handle, self._end.offset)
        except OSError:
            pass
        finally:
            os.close(self._handle)
            self._handle = -1

    def read(self, at: Position, limit: int) -> tuple[list[bytes], Position]:
        """Durable records from `at`, about `limit` bytes of them, and where the next begins."""
        return self._segments.read(at, self._end, limit)

    def wait(self, at: Position, seconds: float) -> bool:
        """Wait until there is something behind `at`; False after `seconds` without."""
        with self._grown:
            return self._grown.wait_for(lambda: self._end > at or self._closing, seconds)

    def release(self, upto: Position) -> None:
        """The warehouse has everything before `upto`."""
        # On a full disk the cursor stays behind, and letting segments go is what makes room.
        with suppress(OSError):
            self._segments.move_cursor(upto)
        self._segments.drop_before(upto.segment)
        with self._grown:
            self.released = upto
            self._backlog = max(0, self._segments.size(upto) if upto < self._end else 0)

    def close(self) -> None:
        """Write what waits, then let go of the folder."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        with self._grown:
            self._grown.notify_all()
        self._writer.join()
        if self._handle >= 0:
            os.close(self._handle)
        self._segments.close()


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _answer(group: list[_Waiting], error: JournalFull | None) -> None:
    """Wake those who wait, once per event loop."""
    for loop in {id(waiting.loop): waiting.loop for waiting in group}.values():
        futures = [waiting.future for waiting in group if waiting.loop is loop]
        try:
            loop.call_soon_threadsafe(_settle, futures, error)
        except RuntimeError:  # that loop has ended: nobody waits any more
            continue


def _settle(futures: list[Future], error: JournalFull | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
