"""The journal's files: numbered segments, a cursor that says what the warehouse has, a lock against a second owner."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import NamedTuple

from ingest.journal.records import HEAD, LARGEST, MAGIC, START, scanned

SUFFIX = ".journal"
CURSOR = "cursor"


class Position(NamedTuple):
    """A place between two records."""

    segment: int
    offset: int


class JournalInUse(RuntimeError):
    """Another process owns the folder."""


class Segments:
    """The folder. Not safe for threads by itself: one writes, one reads, and they meet only in whole records."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise JournalInUse(f"another process writes to the journal in {folder}") from None

    def path(self, number: int) -> Path:
        return self.folder / f"{number:010d}{SUFFIX}"

    def numbers(self) -> list[int]:
        """The segments there are, oldest first."""
        return sorted(int(path.stem) for path in self.folder.glob(f"*{SUFFIX}"))

    def create(self, number: int) -> int:
        """A new segment whose name survives a crash; its file descriptor."""
        handle = os.open(self.path(number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            os.write(handle, MAGIC)
            os.fsync(handle)
            self._sync_folder()
        except OSError:
            os.close(handle)
            raise
        return handle

    def _sync_folder(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def recover(self, number: int, start: int) -> int:
        """Cut off what a crash left half written at the end of a segment; the offset behind its last whole record."""
        data = self.path(number).read_bytes()
        if data[:START] != MAGIC:
            os.truncate(self.path(number), 0)
            return 0
        start = start if START <= start <= len(data) else START
        end = start
        for _, end in scanned(data, start):  # noqa: B007 - only the last offset is wanted
            pass
        if end < len(data):
            os.truncate(self.path(number), end)
        return end

    def read(self, at: Position, end: Position, limit: int) -> tuple[list[bytes], Position]:
        """Records from `at`, up to `end` or about `limit` bytes; and where they stop. None only where there are none."""
        bound = end.offset if at.segment == end.segment else None
        payloads, offset = self._within(at, limit, bound)
        here = Position(at.segment, offset)
        if payloads or at.segment >= end.segment:
            return payloads, here if payloads else max(here, end)  # a damaged record must not stop what comes after it
        later = [number for number in self.numbers() if number > at.segment]
        return ([], here) if not later else self.read(Position(later[0], START), end, limit)

    def _within(self, at: Position, limit: int, bound: int | None) -> tuple[list[bytes], int]:
        start = max(at.offset, START)
        try:
            with self.path(at.segment).open("rb") as file:
                size = os.fstat(file.fileno()).st_size if bound is None else bound
                data = _chunk(file.fileno(), start, size, limit)
        except FileNotFoundError:
            return [], start
        payloads, offset = [], start
        for payload, stop in scanned(data):
            payloads.append(bytes(payload))
            offset = start + stop
        return payloads, offset

    def cursor(self) -> Position:
        """What the warehouse has for certain; the beginning where nothing is known."""
        try:
            segment, offset = (self.folder / CURSOR).read_text().split()
            return Position(int(segment), int(offset))
        except (OSError, ValueError):
            return Position(0, START)

    def move_cursor(self, at: Position) -> None:
        """Not synced: an older cursor only means that some records are offered again, and they count once."""
        draft = self.folder / f"{CURSOR}.new"
        draft.write_text(f"{at.segment} {at.offset}\n")
        draft.replace(self.folder / CURSOR)

    def drop_before(self, number: int) -> None:
        """Remove segments the warehouse has whole."""
        for old in self.numbers():
            if old < number:
                self.path(old).unlink(missing_ok=True)

    def size(self, at: Position) -> int:
        """Bytes of records behind a place."""
        total = 0
        for number in self.numbers():
            if number >= at.segment:
                size = self.path(number).stat().st_size
                total += max(0, size - (max(at.offset, START) if number == at.segment else START))
        return total

    def close(self) -> None:
        os.close(self._lock)


def _chunk(handle: int, start: int, end: int, limit: int) -> bytes:
    """About `limit` bytes, and always the first record whole."""
    data = os.pread(handle, max(0, min(max(limit, HEAD.size), end - start)), start)
    if len(data) >= HEAD.size:
        first = HEAD.size + HEAD.unpack_from(data)[0]
        if len(data) < first <= LARGEST + HEAD.size:
            data = os.pread(handle, max(0, min(first, end - start)), start)
    return data
