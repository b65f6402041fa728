"""Vigie's Python client: one file, nothing but the standard library. Copy it into your project, or import it from here.

    client = Vigie("vgw_…", "https://vigie.example.com")
    client.track("u1", "Signed Up", {"plan": "pro"})
    client.step("u1", "payment", "attempt", {"method": "card"})

Events are sent from a thread, in batches, and sent again with the same ids until they are acknowledged.
"""

from __future__ import annotations

import atexit
import json
import queue
import threading
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

Event = dict[str, Any]
MOST_WAITING = 10_000
BATCH = 200
LONGEST_PAUSE = 30.0


class Vigie:
    """A client of one write key. Never raises into the caller's code, and never waits for the network there."""

    def __init__(self, key: str, host: str, *, timeout: float = 10.0) -> None:
        self._url, self._key, self._timeout = f"{host.rstrip('/')}/api/v1/events", key, timeout
        self._events: queue.Queue[Event] = queue.Queue(MOST_WAITING)
        self.dropped = 0  # events for which there was no room, or that the server refused for good
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vigie", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def track(self, user_id: str, name: str, properties: Event | None = None, **fields: Any) -> None:
        """Something a user did. `fields`: account_id, value_minor, currency, category, context, …"""
        self.send({"type": "track", "user_id": user_id, "name": name, "properties": properties or {}, **fields})

    def identify(self, user_id: str, traits: Event, **fields: Any) -> None:
        """What is known of a user. `fields`: anonymous_id, account_id."""
        self.send({"type": "identify", "user_id": user_id, "traits": traits, **fields})

    def step(self, user_id: str, funnel: str, step: str, properties: Event | None = None) -> None:
        """One step of a funnel: signup, booking or payment, and start, attempt, success or error."""
        self.track(user_id, f"{funnel}_{step}", properties)

    def form_error(self, user_id: str | None, form: str, errors: dict[str, Any]) -> None:
        """The fields a form refused, by name and reason: what a form library calls its errors. Never the values."""
        for field, reason in errors.items():
            said = reason[0] if isinstance(reason, (list, tuple)) and reason else reason
            code = getattr(said, "code", None) or "invalid"
            self.send({"type": "form_error", "user_id": user_id, "data": {"form": form, "field": field, "message": str(code)}})

    def typed(self, kind: str, data: Event, **fields: Any) -> None:
        """A row of another table: payment, booking, call, ai_generation, sample, …"""
        self.send({"type": kind, "data": data, **fields})

    def send(self, event: Event) -> None:
        """Any event of the format; it gets an id and a time where it has none."""
        given = {name: value for name, value in event.items() if value is not None}
        whole = {"id": str(uuid.uuid4()), "ts": time.time_ns() // 1_000_000, **given}
        try:
            self._events.put_nowait(whole)
        except queue.Full:
            self.dropped += 1

    def flush(self) -> None:
        """Wait until everything was acknowledged or given up."""
        self._events.join()

    def close(self) -> None:
        """Send what waits, once more at most, and stop."""
        self._closing.set()
        self._thread.join(self._timeout + 1)

    def _run(self) -> None:
        while not (self._closing.is_set() and self._events.empty()):
            batch = self._batch()
            if batch:
                self._deliver(batch)
                for _ in batch:
                    self._events.task_done()

    def _batch(self) -> list[Event]:
        batch: list[Event] = []
        try:
            batch.append(self._events.get(timeout=0.2))
            while len(batch) < BATCH:
                batch.append(self._events.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _deliver(self, batch: list[Event]) -> None:
        pause = 0.5
        while (wait := self._post(batch)) is not None:
            if self._closing.is_set():
                self.dropped += len(batch)
                return
            self._closing.wait(max(wait, pause))
            pause = min(pause * 2, LONGEST_PAUSE)

    def _post(self, batch: list[Event]) -> float | None:
        """None once the batch is settled, else the seconds to wait before it is sent again."""
        body = json.dumps({"events": batch, "sent_at": time.time_ns() // 1_000_000}, default=str).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", "User-Agent": "vigie-python/1"}
        try:
            urllib.request.urlopen(urllib.request.Request(self._url, body, headers), timeout=self._timeout).close()  # noqa: S310
        except urllib.error.HTTPError as error:
            if error.code == 429 or error.code >= 500:
                asked = error.headers.get("Retry-After") or ""
                return float(asked) if asked.isdigit() else 0.0
            self.dropped += len(batch)
        except OSError:
            return 0.0
        return None
