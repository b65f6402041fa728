"""The settings as librdkafka has them."""

from __future__ import annotations

from typing import Any

from data_access.settings import InvalidSettings, Settings


def options(settings: Settings) -> dict[str, Any]:
    """Brokers, encryption and SASL."""
    found: dict[str, Any] = {"bootstrap.servers": settings.kafka_brokers, "security.protocol": settings.kafka_security, "log_level": 3}
    if settings.kafka_security.startswith("SASL"):
        found |= {
            "sasl.mechanism": settings.kafka_mechanism,
            "sasl.username": settings.kafka_user,
            "sasl.password": settings.kafka_password.get_secret_value(),
        }
    if settings.kafka_ca:
        found["ssl.ca.location"] = str(settings.kafka_ca)
    return found


def consumer(settings: Settings) -> Any:
    """A consumer that commits only when told to. Raises InvalidSettings without the extra."""
    own = {
        "group.id": settings.kafka_group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 10_000,  # a member that died holds its partitions no longer than this
        "partition.assignment.strategy": "cooperative-sticky",
    }
    return _library().Consumer(options(settings) | own)


def producer(settings: Settings) -> Any:
    """A producer that keeps the order and tells of each delivery. Raises InvalidSettings without the extra."""
    return _library().Producer(options(settings) | {"enable.idempotence": True, "linger.ms": 50, "queue.buffering.max.messages": 100_000})


def _library() -> Any:
    try:
        import confluent_kafka
    except ImportError as error:
        raise InvalidSettings("KAFKA_BROKERS needs the extra: pip install 'vigie[kafka]'") from error
    return confluent_kafka
