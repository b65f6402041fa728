"""Kafka in and out, on brokers in memory that librdkafka itself brings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from accounts import tenants
from accounts.actor import Tenant
from data_access import schema
from data_access.clock import utc_now
from data_access.errors import WarehouseUnavailable
from data_access.settings import InvalidSettings, Settings
from data_access.store import open_store
from data_access.warehouse import open_warehouse
from ingest import quarantine
from ingest.kafka.client import options
from ingest.kafka.leaving import Exit
from ingest.kafka.map import BadMap, read_map
from ingest.live.opening import open_entrance, surroundings

kafka = pytest.importorskip("confluent_kafka", reason="needs the package confluent-kafka")
COMMERCE = Path(__file__).resolve().parents[2] / "docs" / "maps" / "kafka" / "commerce.toml"
AT = "2026-11-20T10:00:00Z"
OPERATION = {"id": "op1", "kind": "payment", "amount": 12.5, "currency": "EUR", "status": "DONE", "method": "card"}
MESSAGES: dict[str, dict[str, Any]] = {
    "commerce.operation.created": {"eventId": "1", "occurredAt": AT, "operation": OPERATION, "userId": "u1"},
    "user.created": {"eventId": "2", "occurredAt": AT, "user": {"id": "u1", "country": "FR", "kind": "individual"}},
    "user.updated": {"eventId": "3", "occurredAt": "2026-11-20T11:00:00Z", "user": {"id": "u1", "plan": "pro"}},
    "portfolio.funding-request.status-changed": {
        "eventId": "4", "occurredAt": AT, "userId": "u1",
        "request": {"id": "r1", "portfolioId": "p1", "from": "PENDING", "to": "FUNDED"},
    },
    "portfolio.contract.created": {
        "eventId": "5", "occurredAt": AT, "userId": "u1",
        "contract": {"id": "c1", "portfolioId": "p1", "amount": "1000.00", "currency": "EUR"},
    },
    "token.purchase.created": {
        "eventId": "6", "occurredAt": AT, "userId": "u1",
        "purchase": {"id": "t1", "token": "ABC", "quantity": 3, "total": 45, "currency": "EUR"},
    },
}  # fmt: skip


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture(scope="module")
def brokers() -> Iterator[str]:
    """Addresses of two brokers that live as long as this client."""
    client = kafka.Producer({"test.mock.num.brokers": 2, "log_level": 0})
    found = client.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in found)
    client.flush(0)  # until here: the brokers go with it


@pytest.fixture
def here(brokers, tmp_path, request):
    """(settings, store, warehouse, surroundings of an entrance)."""
    warehouse = open_warehouse(f"duckdb:///{tmp_path}/warehouse.duckdb")
    warehouse.migrate()
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    tenants.save(store, Tenant(1, "acme", "Acme"), utc_now())
    settings = Settings(
        data_dir=tmp_path,
        demo_mode=True,
        kafka_brokers=brokers,
        kafka_map=COMMERCE,
        kafka_group=request.node.name,
        kafka_exit=request.node.name,
    )
    yield settings, store, warehouse
    warehouse.close()
    store.dispose()


def send(brokers: str, messages: dict[str, dict[str, Any] | bytes]) -> None:
    producer = kafka.Producer({"bootstrap.servers": brokers, "log_level": 0})
    for topic, message in messages.items():
        producer.produce(topic, message if isinstance(message, bytes) else orjson.dumps(message), key="k")
    assert producer.flush(10) == 0


def committed(settings: Settings) -> dict[str, int]:
    client = kafka.Consumer({"bootstrap.servers": settings.kafka_brokers, "group.id": settings.kafka_group, "log_level": 0})
    metadata = client.list_topics(timeout=10).topics
    places = [kafka.TopicPartition(t, p) for t in MESSAGES if t in metadata for p in metadata[t].partitions]
    found = {one.topic: one.offset for one in client.committed(places, timeout=10) if one.offset > 0}
    client.close()
    return found


def count(warehouse, table) -> int:
    return int(warehouse.read(sa.select(sa.func.count()).select_from(table)).iat[0, 0])


def test_offsets_are_committed_only_once_the_warehouse_has_the_batch(here, brokers, monkeypatch):
    settings, store, warehouse = here
    real, tries = warehouse.transaction, []

    def away():
        tries.append(1)
        raise WarehouseUnavailable("gone")

    send(brokers, dict(MESSAGES))
    send(brokers, {"user.created": b"not json"})
    monkeypatch.setattr(warehouse, "transaction", away)
    entrance = open_entrance(settings, lambda: store, lambda: warehouse, utc_now)
    until(lambda: len(tries) > 1, "no try")
    assert committed(settings) == {}
    assert count(warehouse, schema.events) == 0
    monkeypatch.setattr(warehouse, "transaction", real)
    until(lambda: count(warehouse, schema.payments) == 2 and count(warehouse, schema.events) == 3, "not written")
    until(lambda: len(committed(settings)) == 6, "not committed")
    entrance.stop()
    payments = warehouse.read(sa.select(schema.payments).order_by(schema.payments.c.payment_id))
    assert payments[["payment_id", "type", "amount_minor"]].to_numpy().tolist() == [["op1", "captured", 1250], ["t1", "captured", 4500]]
    events = warehouse.read(sa.select(schema.events).order_by(schema.events.c.name))
    assert events["name"].tolist() == ["contract_created", "funding_request_status_changed", "token_purchased"]
    assert events["value_minor"].fillna(0).tolist() == [100_000, 0, 4500]
    users = warehouse.read(sa.select(schema.users))
    assert users[["external_id", "country", "plan", "kind"]].to_numpy().tolist() == [["u1", "FR", "pro", "individual"]]
    assert count(warehouse, schema.conversions) == 1
    aside = quarantine.listed(store, 1)
    assert [(one.source, one.event["message"]) for one in aside] == [("kafka", "not json")]
    repeated(settings, store, warehouse)


def repeated(settings, store, warehouse) -> None:
    """A group that begins anew reads every message again, and everything counts once."""
    again = settings.model_copy(update={"kafka_group": "anew"})
    entrance = open_entrance(again, lambda: store, lambda: warehouse, utc_now)
    until(lambda: sum(committed(again).values()) == 7, "not read again")
    entrance.stop()
    assert (count(warehouse, schema.payments), count(warehouse, schema.events), count(warehouse, schema.conversions)) == (2, 3, 1)


def test_what_the_warehouse_took_is_published(here, brokers):
    settings, store, warehouse = here
    around = surroundings(settings, lambda: store, lambda: warehouse, utc_now)
    around.publish(Tenant(1, "acme", "Acme"), {"events": [{"id": "a", "name": "bought", "ts": 5}]})
    around.finish()
    reader = kafka.Consumer({"bootstrap.servers": brokers, "group.id": "r", "auto.offset.reset": "earliest", "log_level": 0})
    reader.assign([kafka.TopicPartition(f"{settings.kafka_exit}.events", number, 0) for number in range(4)])
    found: list[Any] = []
    until(lambda: found.extend(one for one in reader.consume(1, 0.5) if one.error() is None) or found, "not published")
    reader.close()
    assert orjson.loads(found[0].value()) == {"tenant": "acme", "table": "events", "id": "a", "name": "bought", "ts": 5}
    assert found[0].key() == b"a"


def test_a_full_queue_drops_and_never_waits():
    class Full:
        def produce(self, *_arguments, **_more):
            raise BufferError

        def poll(self, _seconds):
            """Nothing."""

    Exit(Full(), "out").publish(Tenant(1, "acme", "Acme"), {"events": [{"id": "a"}]})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[["t"]]\ntype = "track"', "name the company"),
        ('tenant = "a"', "array of tables"),
        ('tenant = "a"\n[["t"]]\ntype = "colour"', "type must be one of"),
        ('tenant = "a"\n[["t"]]\ntype = "payment"\ndata.colour = "x"', "colour is not a field of payment"),
        ('tenant = "a"\n[["t"]]\nshape = "x"', "shape is not a field"),
        ("tenant = ", "map.toml"),
    ],
)
def test_a_bad_map_is_refused_in_words(tmp_path, text, why):
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(BadMap, match=why):
        read_map(path)


def test_a_map_that_is_not_there_stops_the_start_in_words(here):
    settings, store, warehouse = here
    gone = settings.model_copy(update={"kafka_map": Path("nowhere.toml")})
    with pytest.raises(InvalidSettings, match="KAFKA_MAP"):
        open_entrance(gone, lambda: store, lambda: warehouse, utc_now)


def test_sasl_settings_reach_the_client():
    chosen = Settings(kafka_brokers="b:9093", kafka_security="SASL_SSL", kafka_user="u", kafka_password="p", kafka_ca=Path("/ca.pem"))
    found = options(chosen)
    assert (found["security.protocol"], found["sasl.mechanism"], found["sasl.username"], found["sasl.password"]) == (
        "SASL_SSL", "SCRAM-SHA-512", "u", "p",
    )  # fmt: skip
    assert found["ssl.ca.location"] == "/ca.pem"
    assert "sasl.password" not in options(chosen.model_copy(update={"kafka_security": "SSL"}))
