"""The journal: what is acknowledged is on disk here first, until the warehouse has it."""

from __future__ import annotations

from ingest.journal.journal import Journal, JournalFull
from ingest.journal.segments import JournalInUse, Position

__all__ = ["Journal", "JournalFull", "JournalInUse", "Position"]
