"""From the journal to the warehouse: read, write as one batch per tenant, let go. Tried until it succeeds."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field

import structlog

from ingest.decode_instants import micros
from ingest.journal import Journal
from ingest.live import numbers
from ingest.live.flush import Flush
from ingest.live.parcel import unpacked
from ingest.live.surroundings import Surroundings

log = structlog.get_logger("ingest")
MOST_BYTES = 8 * 1024 * 1024  # of journal in one batch
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
PATIENCE = 3  # failures of a whole batch before its parts are tried alone


@dataclass(slots=True)
class _State:
    pause: float = FIRST_PAUSE
    failures: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)


class Drain:
    """One thread. What it has written it never writes again, and what it cannot write it keeps."""

    def __init__(self, journal: Journal, around: Surroundings) -> None:
        self._journal, self._around = journal, around
        self._flush = Flush(around)
        self._at = journal.released
        self._state = _State()
        self._thread = threading.Thread(target=self._run, name="drain", daemon=True)

    @property
    def failures(self) -> int:
        return self._state.failures

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """After the batch at hand; what is left stays in the journal."""
        self._state.stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._around.tally.keep(self._around.now())
        self._around.finish()

    def _run(self) -> None:
        if self._around.niceness:  # Linux keeps it per thread
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._around.niceness)
        while not self._state.stopping.is_set():
            if not self._journal.wait(self._at, 0.5):
                self._around.tally.keep(self._around.now())
                continue
            self._state.stopping.wait(self._around.linger)
            try:
                self.step()
                self._state.pause, self._state.failures = FIRST_PAUSE, 0
            except Exception as error:
                self._rest(error)

    def _rest(self, error: Exception) -> None:
        numbers.FAILURES.inc()
        self._state.failures += 1
        log.warning("flush_failed", error=str(error)[:300], tries=self._state.failures, backlog=self._journal.backlog)
        self._state.stopping.wait(self._state.pause)
        self._state.pause = min(self._state.pause * 2, LONGEST_PAUSE)

    def step(self) -> int:
        """Write what waits, up to a batch; the rows written. Raises what the warehouse raises, and then nothing is let go."""
        payloads, after = self._journal.read(self._at, MOST_BYTES)
        if not payloads:
            self._at = after
            return 0
        parcels = [unpacked(payload) for payload in payloads]
        numbers.JOURNAL_AGE.set(max(0.0, (micros(self._around.now()) - parcels[0].received) / 1e6))
        rows = self._flush.write(parcels, patient=self._state.failures < PATIENCE)
        self._journal.release(after)
        self._at = after
        numbers.JOURNAL_AGE.set(0)
        numbers.LAG.set(max(0.0, (micros(self._around.now()) - parcels[0].received) / 1e6))
        return rows
