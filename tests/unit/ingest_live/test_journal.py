"""The journal: durable in order, torn tails cut, a full disk survived, what is read is let go."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from ingest.journal import Journal, JournalFull, JournalInUse, Position
from ingest.journal import journal as appending
from ingest.journal.records import MAGIC, framed, scanned

PLENTY = 1 << 30
START = Position(0, 0)


def append(journal: Journal, *payloads: bytes) -> list[BaseException | None]:
    async def all_of_them():
        return await asyncio.gather(*(journal.append(payload) for payload in payloads), return_exceptions=True)

    return asyncio.run(all_of_them())


def everything(journal: Journal, at: Position = START, limit: int = 1 << 20) -> list[bytes]:
    found: list[bytes] = []
    while True:
        payloads, after = journal.read(at, limit)
        if not payloads:
            return found
        found += payloads
        at = after


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "j", PLENTY)
    yield opened
    opened.close()


def test_records_come_back_in_order(journal):
    sent = [os.urandom(random.Random(i).randint(1, 5000)) for i in range(300)]
    assert append(journal, *sent) == [None] * 300
    assert everything(journal) == sent
    assert everything(journal, limit=1) == sent  # a record larger than the chunk is still read whole


def test_many_requests_share_one_sync(tmp_path, monkeypatch):
    syncs = []
    real = os.fdatasync
    monkeypatch.setattr(appending.os, "fdatasync", lambda handle: (syncs.append(handle), real(handle)))
    journal = Journal(tmp_path, PLENTY)
    append(journal, *[b"x" * 100] * 500)
    journal.close()
    assert 1 <= len(syncs) < 100


def test_nothing_is_acknowledged_before_the_sync(tmp_path, monkeypatch):
    order = []
    real = os.fdatasync
    monkeypatch.setattr(appending.os, "fdatasync", lambda handle: (real(handle), order.append("synced")))

    async def one():
        await journal.append(b"a")
        order.append("answered")

    journal = Journal(tmp_path, PLENTY)
    asyncio.run(one())
    journal.close()
    assert order == ["synced", "answered"]


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_torn_tail_is_cut_off_and_the_rest_stays(tmp_path, cut):
    journal = Journal(tmp_path, PLENTY)
    append(journal, b"first" * 10, b"second" * 10, b"third")
    path = next(tmp_path.glob("*.journal"))
    journal.close()
    os.truncate(path, path.stat().st_size - cut)
    again = Journal(tmp_path, PLENTY)
    kept = [b"first" * 10, b"second" * 10]
    assert everything(again)[:2] == kept
    append(again, b"fourth")
    assert everything(again) == [*kept, b"fourth"]
    again.close()


def test_a_damaged_record_ends_its_segment_and_later_segments_are_read(tmp_path):
    journal = Journal(tmp_path, PLENTY, segment_bytes=100)
    for name in (b"a" * 50, b"b" * 50, b"c" * 50, b"d" * 50):
        append(journal, name)
    first = sorted(tmp_path.glob("*.journal"))[0]
    data = bytearray(first.read_bytes())
    data[-1] ^= 1
    first.write_bytes(data)
    assert everything(journal) == [b"a" * 50, b"c" * 50, b"d" * 50]
    journal.close()


@pytest.mark.parametrize("tail", [b"", b"\0" * 64, MAGIC, framed(b"x")[:-1], b"\xff" * 16])
def test_scanning_stops_at_anything_that_is_no_record(tail):
    assert [bytes(payload) for payload, _ in scanned(framed(b"one") + framed(b"two") + tail)] == [b"one", b"two"]


def test_after_a_restart_only_what_was_not_released_is_read(tmp_path):
    journal = Journal(tmp_path, PLENTY)
    append(journal, b"1", b"2", b"3")
    payloads, _ = journal.read(START, 1 << 20)
    assert len(payloads) == 3
    _, after_one = journal.read(START, 9)
    journal.release(after_one)
    journal.close()
    again = Journal(tmp_path, PLENTY)
    assert everything(again, again.released) == [b"2", b"3"]
    assert again.backlog == 2 * 9
    again.close()


def test_segments_that_were_read_are_removed(tmp_path):
    journal = Journal(tmp_path, PLENTY, segment_bytes=200)
    for _ in range(20):
        append(journal, b"x" * 90)
    assert len(list(tmp_path.glob("*.journal"))) > 5
    journal.release(journal.end)
    assert len(list(tmp_path.glob("*.journal"))) == 1
    assert journal.backlog == 0
    append(journal, b"later")
    assert everything(journal, journal.released) == [b"later"]
    journal.close()


def test_the_backlog_is_bounded_and_room_comes_back(tmp_path):
    journal = Journal(tmp_path, limit=1000)
    answers = append(journal, *[b"x" * 100] * 20)
    refused = [answer for answer in answers if isinstance(answer, JournalFull)]
    assert len(refused) == 11  # 9 records of 108 bytes fit
    journal.release(journal.end)
    assert append(journal, b"x" * 100) == [None]
    journal.close()


def test_a_failed_write_leaves_no_trace_and_the_next_one_works(tmp_path, monkeypatch):
    journal = Journal(tmp_path, PLENTY)
    append(journal, b"before")
    real = os.write

    def half(handle, data):
        if len(data) < 20:
            return real(handle, data)
        real(handle, data[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(appending.os, "write", half)
    answer = append(journal, b"x" * 1000)[0]
    assert isinstance(answer, JournalFull)
    assert "No space left" in str(answer)
    monkeypatch.undo()
    assert append(journal, b"after") == [None]
    assert everything(journal) == [b"before", b"after"]
    journal.close()


def test_a_failed_sync_is_not_trusted_again(tmp_path, monkeypatch):
    journal = Journal(tmp_path, PLENTY)
    append(journal, b"before")

    def fails(handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(appending.os, "fdatasync", fails)
    assert isinstance(append(journal, b"lost")[0], JournalFull)
    monkeypatch.undo()
    append(journal, b"after")
    assert everything(journal) == [b"before", b"after"]
    assert len(list(tmp_path.glob("*.journal"))) == 2
    journal.close()


def test_one_process_owns_the_folder(tmp_path):
    journal = Journal(tmp_path, PLENTY)
    with pytest.raises(JournalInUse):
        Journal(tmp_path, PLENTY)
    journal.close()
    Journal(tmp_path, PLENTY).close()


def test_closing_writes_what_waits(tmp_path):
    journal = Journal(tmp_path, PLENTY)

    async def racing():
        tasks = [asyncio.create_task(journal.append(b"%d" % i)) for i in range(50)]
        await asyncio.sleep(0)
        await asyncio.to_thread(journal.close)
        return await asyncio.gather(*tasks, return_exceptions=True)

    answers = asyncio.run(racing())
    again = Journal(tmp_path, PLENTY)
    assert len(everything(again)) == answers.count(None)
    again.close()
