"""Durable acknowledgement under a steady rate: `python -m bench.collector [WAREHOUSE_URL]`.

Starts `vigie collect` on a folder of its own and sends batches on a schedule that does not wait for answers; an answer's
time counts from when it was due. Prints the disk's own fdatasync, the sender's share of a core and the load beside it.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import orjson

from accounts import tenants, write_keys
from accounts.actor import Tenant
from data_access.clock import utc_now
from data_access.store import open_store

PORT = 8597
START = "import typer; from cli.collect import collect; typer.run(collect)"
# (events a second, events a batch, seconds, connections)
ROUNDS = ((10_000, 100, 5, 8), (30_000, 100, 5, 16), (300, 1, 5, 8))


@dataclass
class Sent:
    seconds: list[float]
    refused: int
    elapsed: float
    sender_cpu: float

    def row(self, rate: int, batch: int) -> str:
        times = sorted(self.seconds)
        p50, p95, p99 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.95, 0.99))
        return (
            f"{rate:>7}/s in batches of {batch:<4} achieved {len(times) * batch / self.elapsed:>8.0f}/s  refused {self.refused}  "
            f"p50 {p50:6.2f}  p95 {p95:6.2f}  p99 {p99:6.2f} ms  sender {self.sender_cpu:.0%} of a core"
        )


def request(key: str, batch: int) -> bytes:
    now = time.time()
    names = ("page_view", "click", "search", "purchase")
    events = [
        {
            "id": os.urandom(16).hex(), "name": random.choice(names), "user_id": f"u{random.randrange(5000)}", "ts": now,
            "properties": {"amount": 9.5, "plan": "pro", "items": 3},
        }
        for _ in range(batch)
    ]  # fmt: skip
    body = orjson.dumps({"events": events, "sent_at": now})
    head = f"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def sender(waiting: asyncio.Queue[tuple[float, bytes] | None], sent: Sent) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    while (item := await waiting.get()) is not None:
        due, raw = item
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        sent.seconds.append(time.perf_counter() - due)
        sent.refused += b" 200 " not in head[:15]
    writer.close()


async def one_round(key: str, rate: int, batch: int, seconds: int, connections: int) -> Sent:
    bodies = [request(key, batch) for _ in range(rate * seconds // batch)]
    waiting: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    sent = Sent([], 0, 0, 0)
    tasks = [asyncio.create_task(sender(waiting, sent)) for _ in range(connections)]
    await asyncio.sleep(0.2)
    started, cpu = time.perf_counter(), time.process_time()
    for number, body in enumerate(bodies):
        due = started + number * batch / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        waiting.put_nowait((due, body))
    for _ in tasks:
        waiting.put_nowait(None)
    await asyncio.gather(*tasks)
    sent.elapsed = time.perf_counter() - started
    sent.sender_cpu = (time.process_time() - cpu) / sent.elapsed
    return sent


def disk(folder: Path) -> str:
    times = []
    with (folder / "probe").open("wb", buffering=0) as file:
        for _ in range(300):
            file.write(b"x" * 20_000)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    times.sort()
    return f"fdatasync p50 {times[150] * 1000:.2f}  p99 {times[297] * 1000:.2f} ms"


def get(path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=10) as answer:
        return answer.read().decode()


def wait_for_server() -> float:
    started = time.perf_counter()
    while time.perf_counter() - started < 60:
        try:
            get("/healthz")
            return time.perf_counter() - started
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise SystemExit("the collector does not answer")


def backlog() -> float:
    return float(next(line for line in get("/metrics").splitlines() if line.startswith("vigie_ingest_journal_bytes ")).split()[1])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = sys.argv[1] if len(sys.argv) > 1 else f"duckdb:///{folder}/warehouse.duckdb"
        env = {
            **os.environ, "DATA_DIR": name, "WAREHOUSE_URL": url, "STORE_URL": f"sqlite:///{folder}/store.sqlite",
            "SECRET_KEY": "bench-0123456789-abcdefghijklmnopqrstuvwxyz", "INGEST_EVENTS_PER_SECOND": "10000000",
        }  # fmt: skip
        store = open_store(env["STORE_URL"])
        tenant = Tenant(1, "bench", "Bench")
        tenants.save(store, tenant, utc_now())
        key = write_keys.create(store, tenant, write_keys.NewKey("bench"), now=utc_now())
        server = subprocess.Popen([sys.executable, "-c", START, "--port", str(PORT)], env=env, stdout=subprocess.DEVNULL)
        try:
            print(f"accepting after {wait_for_server():.2f} s; {disk(folder)}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            asyncio.run(one_round(key, 2_000, 100, 2, 4))
            for rate, batch, seconds, connections in ROUNDS:
                print(asyncio.run(one_round(key, rate, batch, seconds, connections)).row(rate, batch), flush=True)
                started = time.perf_counter()
                while backlog() and time.perf_counter() - started < 30:
                    time.sleep(0.1)
                print(f"        backlog in the warehouse after {time.perf_counter() - started:.1f} s")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
