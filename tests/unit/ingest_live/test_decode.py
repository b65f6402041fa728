"""Bad bytes, bad values and odd clocks: what is refused, what is mended, what is kept."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from datetime import datetime, timedelta
from pathlib import Path

import brotli
import orjson
import pytest

from ingest.decode import MOST_INFLATED, Refused, inflated, parsed
from ingest.decode_instants import EPOCH, instant_of, moment
from ingest.decode_letter import MOST_ITEMS
from ingest.decode_values import DEEPEST, LONGEST_TEXT, MOST_KEYS, BadEvent
from tests.unit.ingest_live.desks import NOW, RECEIVED, OpenDesk, reading

EVENTS = "/api/v1/events"
ROOT = Path(__file__).resolve().parents[3]
BROTLI_BOMB = brotli.compress(b"\0" * 60_000_000, quality=5)


def refusal(call, *arguments) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value


def track(**more):
    return {"type": "track", "name": "clicked", "user_id": "u1", **more}


def one(**more):
    rows = reading(EVENTS, track(**more))
    assert rows.outcome.errors == []
    return rows.rows["events"][0], rows.outcome


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"a":', 5),
        (b"", 0),
        (b'{"a":1', 6),
        ('{"é":1,}'.encode(), 7),
        (b"\xef\xbb\xbf{}", 0),
        ('{"name":"café"}'.encode("latin-1"), 12),
        (b'{"a":NaN}', 5),
        (b'{"a":Infinity}', 5),
        (b'{"a":1e999}', 5),
        (b'{"a":"\\ud800"}', 6),
    ],
)
def test_malformed_bodies_are_refused_naming_the_byte(body, where):
    error = refusal(parsed, body)
    assert error.status == 400
    assert f"byte {where}:" in error.message


def test_a_hundred_thousand_brackets_are_refused_and_do_not_overflow():
    assert refusal(parsed, b"[" * 100_000).status == 400


def test_gzip_is_known_by_its_magic_bytes_with_or_without_the_header():
    packed = gzip.compress(b'{"a":1}')
    assert inflated(packed, "") == inflated(packed, "gzip") == inflated(b'{"a":1}', "gzip") == b'{"a":1}'


@pytest.mark.parametrize("encoding", ["br, gzip", "zstd", "gzip, gzip", "gzip,br", "deflate", "x"])
def test_unknown_and_stacked_encodings_are_415(encoding):
    assert refusal(inflated, b"{}", encoding).status == 415


def test_a_body_packed_twice_is_415():
    assert refusal(inflated, gzip.compress(gzip.compress(b"{}")), "gzip").status == 415


def megabytes_to_refuse(body, encoding):
    """By how much a process that does nothing else grows: in this one other threads take memory too."""
    program = (
        "import resource, sys\n"
        "from ingest.decode import inflated\n"
        "body, peak = sys.stdin.buffer.read(), lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "try:\n    inflated(body, sys.argv[1])\n"
        "except Exception as error:\n    assert error.status == 413\n"
        "print((peak() - before) / 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, encoding], input=body, cwd=ROOT, capture_output=True, check=True)
    return float(done.stdout)


def test_a_bomb_is_413_and_costs_less_than_20_mb():
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(stream.compress(b"\0" * 1_000_000) for _ in range(200)) + stream.flush()
    assert len(bomb) < 250_000
    assert refusal(inflated, bomb, "gzip").status == 413
    assert megabytes_to_refuse(bomb, "gzip") < 20


def test_brotli_is_bounded_like_gzip():
    assert inflated(brotli.compress(b'{"a":1}'), "br") == b'{"a":1}'
    assert refusal(inflated, BROTLI_BOMB, "br").status == 413
    assert megabytes_to_refuse(BROTLI_BOMB, "br") < 20
    for damaged in (b"not brotli", brotli.compress(b"hello" * 1000)[:-3], brotli.compress(b"hello") + b"xx"):
        assert refusal(inflated, damaged, "br").status == 400


def test_a_body_at_the_limit_passes_and_one_byte_more_does_not():
    assert len(inflated(gzip.compress(b"a" * MOST_INFLATED), "gzip")) == MOST_INFLATED
    assert refusal(inflated, gzip.compress(b"a" * (MOST_INFLATED + 1)), "gzip").status == 413


@pytest.mark.parametrize("damage", [lambda b: b[:-4], lambda b: b + b"more", lambda b: b[:12] + b"\xff\xff" + b[14:]])
def test_damaged_gzip_is_400(damage):
    assert refusal(inflated, damage(gzip.compress(orjson.dumps(list(range(1000))))), "gzip").status == 400


def test_one_bad_event_is_named_by_index_and_the_others_stay():
    read = reading(EVENTS, {"events": [track(), {"type": "track"}, "text", track(name=["x"]), {"type": "nope"}, track()]})
    assert read.outcome.accepted == 2
    assert [index for index, _ in read.outcome.errors] == [1, 2, 3, 4]
    assert len(read.rows["events"]) == 2
    assert [item for _, item in read.bad] == [{"type": "track"}, "text", track(name=["x"]), {"type": "nope"}]


def deep(levels: int):
    value: object = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("properties", "limit"),
    [({f"k{i}": 1 for i in range(MOST_KEYS + 1)}, MOST_KEYS), ({"list": list(range(MOST_KEYS))}, MOST_KEYS), (deep(DEEPEST + 1), DEEPEST)],
)
def test_keys_and_depth_are_capped_and_the_limit_is_named(properties, limit):
    read = reading(EVENTS, track(properties=properties))
    assert str(limit) in read.outcome.errors[0][1]


def test_numbers_beyond_64_bits_become_null_with_a_warning():
    body = (
        b'{"name":"x","user_id":"u","properties":{"big":123456789012345678901234567890,"huge":1e300,"fine":12.5,"max":9223372036854775807}}'
    )
    read = reading(EVENTS, body)
    assert orjson.loads(read.rows["events"][0]["properties"]) == {"big": None, "huge": None, "fine": 12.5, "max": 2**63 - 1}
    assert read.outcome.notes == {"number_dropped"}


def test_nul_is_stripped_long_text_is_cut_and_the_rest_of_unicode_stays():
    row, outcome = one(name="a\0b", properties={"k\0": "x\0y", "rtl": "\u202eabc", "emoji": "🦊", "long": "x" * 1_000_000})
    assert row["name"] == "ab"
    kept = orjson.loads(row["properties"])
    assert kept["k"] == "xy"
    assert (kept["rtl"], kept["emoji"], len(kept["long"])) == ("\u202eabc", "🦊", LONGEST_TEXT)
    assert outcome.notes == {"nul_removed", "text_cut"}


AT = datetime.fromisoformat("2024-05-01T12:00:00+00:00")


@pytest.mark.parametrize(
    "sent",
    [
        "2024-05-01T12:00:00Z", "2024-05-01T12:00:00", "2024-05-01T14:00:00+02:00", "20240501T120000Z", "2024-05-01T12:00:00.000000999Z",
        1714564800, 1714564800.0, 1714564800000, 1714564800000000, 1714564800000000000, "1714564800", "1714564800000",
    ],
)  # fmt: skip
def test_every_usual_form_of_time_is_the_same_instant(sent):
    assert moment(instant_of(sent)) == AT


@pytest.mark.parametrize("sent", ["yesterday", "nan", "inf", True, [], {}, "2024-13-01"])
def test_what_is_no_time_is_a_bad_event(sent):
    with pytest.raises(BadEvent):
        instant_of(sent)


@pytest.mark.parametrize(
    ("sent", "flag"),
    [
        ("0001-01-01T00:00:00Z", "time_too_old"),
        ("0001-01-01T00:00:00+14:00", "time_too_old"),
        ("9999-12-31T23:59:59-12:00", "time_in_future"),
        ((NOW + timedelta(hours=2)).isoformat(), "time_in_future"),
        (-1e300, "time_too_old"),
    ],
)
def test_unbelievable_times_are_kept_at_the_time_of_receipt_and_flagged(sent, flag):
    row, outcome = one(ts=sent)
    assert row["ts"] == row["received_at"] == RECEIVED
    assert orjson.loads(row["properties"])["$flags"] == [flag]
    assert outcome.notes == {flag}


def test_the_senders_clock_is_corrected_by_sent_at():
    clock = NOW - timedelta(hours=5)  # the sender's clock is five hours slow
    events = [track(ts=(clock - timedelta(minutes=3)).isoformat())]
    read = reading(EVENTS, {"events": events, "sent_at": clock.isoformat()})
    assert moment(read.rows["events"][0]["ts"]) == NOW - timedelta(minutes=3)


def test_an_event_without_a_time_happened_when_it_was_received():
    assert one()[0]["ts"] == RECEIVED
    assert EPOCH + timedelta(microseconds=RECEIVED) == NOW


def test_the_same_id_twice_in_a_batch_counts_once():
    read = reading(EVENTS, [track(id="a"), track(id="a"), track(id="b"), track(), track()])
    assert (read.outcome.accepted, read.outcome.duplicates) == (4, 1)


def test_an_id_that_was_kept_before_is_a_duplicate():
    first = reading(EVENTS, track(id="a"))
    again = reading(EVENTS, track(id="a"), OpenDesk(set(first.ids)))
    assert (again.outcome.accepted, again.outcome.duplicates, again.rows) == (0, 1, {})


def test_too_many_events_and_one_too_large_are_413():
    assert refusal(reading, EVENTS, [track()] * (MOST_ITEMS + 1)).status == 413
    assert refusal(reading, EVENTS, track(properties={"a": "x" * 1_100_000})).status == 413


def test_typed_events_fill_their_table_and_nothing_else():
    payment = {"payment_id": "p1", "type": "captured", "amount_minor": 950, "currency": "EUR"}
    read = reading(EVENTS, {"type": "payment", "id": "p1-captured", "user_id": "u1", "data": payment})
    row = read.rows["payments"][0]
    assert {name: row[name] for name in payment} == payment
    assert row["user_id"] == "u1"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"payment_id": "p"}, "data.type is missing"),
        ({"payment_id": "p", "type": "captured", "amount_minor": 9.5, "currency": "EUR"}, "amount_minor must be a whole number"),
        ({"payment_id": "p", "type": "captured", "amount_minor": 1, "currency": "EUR", "tenant": 2}, "data.tenant is not a field"),
        ({"payment_id": "p", "type": "captured", "amount_minor": 1, "currency": "EUR", "amount_base_minor": 2}, "is not a field"),
        ({"payment_id": "p", "type": "captured", "amount_minor": True, "currency": "EUR"}, "amount_minor must be a number"),
    ],
)
def test_typed_events_are_checked_field_by_field(data, reason):
    assert reason in reading(EVENTS, {"type": "payment", "data": data}).outcome.errors[0][1]


@pytest.mark.parametrize("given", ["a", "order-5", "node-next-1795220899165-9e853c8b", "🦊", "g" * 32])
def test_an_id_that_is_no_uuid_becomes_the_one_the_writer_makes(given):
    from ingest.ids import uuid_of

    assert one(id=given)[0]["id"] == uuid_of(given).hex()
