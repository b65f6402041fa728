"""OpenTelemetry over HTTP, protobuf or JSON: metrics become samples, log records become rows of error_logs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics

from ingest.decode import Refused
from ingest.wire import keys
from ingest.wire.errors import fingerprint
from ingest.wire.wire import Answer, Envelope, Fact, Letter, Outcome, Wire

PROTOBUF, JSON = "application/x-protobuf", "application/json"
Attributes = dict[str, Any]
_SCALARS = ("string_value", "bool_value", "int_value", "double_value")


def opening(kind: Callable[[], Any], rows: Callable[[Any, bool], Iterator[dict[str, Any]]]) -> Callable[[Envelope], Letter]:
    """How a request of a message type is opened: every data point or log record is an item."""

    def opened(envelope: Envelope) -> Letter:
        message = kind()
        as_json = JSON in envelope.headers.get("content-type", "")
        try:
            if as_json:
                json_format.Parse(envelope.body, message, ignore_unknown_fields=True)
            else:
                message.ParseFromString(envelope.body)
        except (DecodeError, json_format.ParseError, UnicodeDecodeError, RecursionError):
            raise Refused(400, "malformed", f"not an {type(message).__name__}") from None
        return Letter(keys.presented(envelope, {}), list(rows(message, as_json)))

    return opened


def _points(request: Any, _as_json: bool) -> Iterator[dict[str, Any]]:
    for resource in request.resource_metrics:
        about = _attributes(resource.resource.attributes)
        source = str(about.get("service.name") or about.get("host.name") or "unknown")
        for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
            for name, value, point, more in _values(metric):
                labels = {**_attributes(point.attributes), **more}
                series = sorted(f"{key}={label}" for key, label in {**labels, **_instance(about)}.items())
                yield {
                    "id": "\x1f".join((source, name, str(point.time_unix_nano), *series)),
                    "ts": point.time_unix_nano or None,
                    "source": source,
                    "metric": name,
                    "unit": metric.unit or None,
                    "value": value,
                    "labels": {**labels, **_instance(about)},
                }


def _values(metric: Any) -> Iterator[tuple[str, float | None, Any, Attributes]]:
    """(name, value, data point, further labels) of each number in a metric."""
    kind = metric.WhichOneof("data")
    for point in getattr(metric, kind).data_points if kind else ():
        if kind in ("gauge", "sum"):
            yield metric.name, _number(point), point, {}
            continue
        yield f"{metric.name}.count", float(point.count), point, {}
        yield f"{metric.name}.sum", point.sum, point, {}
        if kind == "summary":
            for part in point.quantile_values:
                yield metric.name, part.value, point, {"quantile": part.quantile}


def _number(point: Any) -> float | None:
    """A NaN is a point without a value."""
    value = point.as_double if point.WhichOneof("value") == "as_double" else point.as_int
    return value if value == value else None


def _instance(about: Attributes) -> Attributes:
    """What tells one machine's series from another's."""
    return {name: about[name] for name in ("host.name", "service.instance.id", "deployment.environment") if name in about}


def _attributes(pairs: Iterable[Any]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind in _SCALARS:
        return getattr(value, kind)
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return base64.b64encode(value.bytes_value).decode() if kind == "bytes_value" else None


def _records(request: Any, as_json: bool) -> Iterator[dict[str, Any]]:
    for resource in request.resource_logs:
        about = _attributes(resource.resource.attributes)
        service = str(about.get("service.name") or "unknown")
        for scope in resource.scope_logs:
            for record in scope.log_records:
                yield _record(record, service, {**about, "scope": scope.scope.name}, as_json)


def _record(record: Any, service: str, about: Attributes, as_json: bool) -> dict[str, Any]:
    own = _attributes(record.attributes)
    body = _value(record.body)
    message = str(own.get("exception.message") or (body if body is not None else own.get("exception.type", "")))
    trace = _trace(record.trace_id, as_json)
    ts = record.time_unix_nano or record.observed_time_unix_nano
    return {
        "id": "\x1f".join((service, str(ts), trace or "", message, str(sorted(own.items(), key=lambda pair: pair[0])))),
        "ts": ts or None,
        "service": service,
        "severity": (record.severity_text or _severity(record.severity_number)).lower() or None,
        "message": message or None,
        "fingerprint": fingerprint(service, own.get("exception.type"), message),
        "trace_id": trace,
        "attributes": {**own, **{name: value for name, value in about.items() if value and not name.startswith("telemetry.")}},
    }


def _trace(identity: bytes, as_json: bool) -> str | None:
    # TRICKY: JSON carries ids in hexadecimal, which the protobuf library reads as base64; the way back gives the digits.
    return (base64.b64encode(identity).decode() if as_json else identity.hex()) or None


def _severity(number: int) -> str:
    """OpenTelemetry's twenty-four numbers, four to a word."""
    words = ("trace", "debug", "info", "warn", "error", "fatal")
    return words[(number - 1) // 4] if 1 <= number <= 24 else ""


def _samples(item: Any, _letter: Letter) -> Iterable[Fact]:
    if item["value"] is not None:
        yield Fact("samples", item)


def _lines(item: Any, _letter: Letter) -> Iterable[Fact]:
    yield Fact("error_logs", item)


def answering(response: Callable[[], Any], rejected: str) -> Callable[[Outcome], Answer]:
    """200 with an empty answer, or one that counts what was refused; in the encoding of the question."""

    def answer(outcome: Outcome) -> Answer:
        message = response()
        if outcome.errors:
            setattr(message.partial_success, rejected, len(outcome.errors))
            message.partial_success.error_message = outcome.errors[0][1]
        if JSON in outcome.asked_as:
            return Answer(200, json_format.MessageToJson(message, indent=None).encode(), JSON)
        return Answer(200, message.SerializeToString(), PROTOBUF)

    return answer


METRICS = Wire(
    "otlp_metrics",
    opening(metrics.ExportMetricsServiceRequest, _points),
    _samples,
    answering(metrics.ExportMetricsServiceResponse, "rejected_data_points"),
)
LOGS = Wire(
    "otlp_logs", opening(logs.ExportLogsServiceRequest, _records), _lines, answering(logs.ExportLogsServiceResponse, "rejected_log_records")
)
