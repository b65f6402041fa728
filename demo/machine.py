"""What machines and forms report: API requests, error logs, form errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo.business import AGENTS, FREE, LUMEN
from demo.clock import HOUR, MINUTE, SECOND, Whole
from demo.columns import coded, dates, instants, keys, lookup, numbered, whole
from demo.person import CHUNK, who
from demo.seeds import ids, mixed, weighted
from demo.traffic import Traffic


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    latency: float  # median milliseconds
    service: str
    weight: float


ENDPOINTS = (
    Endpoint("GET", "/v1/documents", 70, "documents", 26),
    Endpoint("GET", "/v1/documents/:id", 45, "documents", 24),
    Endpoint("POST", "/v1/documents", 120, "documents", 9),
    Endpoint("PATCH", "/v1/documents/:id", 105, "documents", 11),
    Endpoint("GET", "/v1/search", 160, "search", 12),
    Endpoint("POST", "/v1/generate", 1_900, "assistant", 8),
    Endpoint("GET", "/v1/reports/:id", 240, "reports", 6),
    Endpoint("POST", "/v1/exports", 620, "reports", 3),
    Endpoint("GET", "/v1/me", 25, "gateway", 1),
)
STATUS = np.array([200, 201, 400, 401, 404, 429, 500, 503])
CODES = ("", "", "invalid_request", "unauthorised", "not_found", "rate_limited", "internal_error", "unavailable")
REGIONS = ("eu-west-3", "us-east-1")


@dataclass(frozen=True)
class Fault:
    """A message that keeps coming back in the logs."""

    service: str
    severity: str
    message: str
    weight: float


FAULTS = (
    Fault("web", "warning", "Slow response from the document store", 30),
    Fault("web", "error", "TypeError: cannot read properties of undefined", 18),
    Fault("documents", "error", "Version conflict while saving a document", 14),
    Fault("assistant", "error", "Model provider answered 529 overloaded", 12),
    Fault("assistant", "warning", "Generation cut at the token limit", 10),
    Fault("search", "error", "Index shard not ready", 5),
    Fault("billing", "warning", "Webhook delivered twice, ignored", 6),
    Fault("mail", "error", "Recipient refused the message", 4),
    Fault("web", "critical", "Worker restarted after running out of memory", 1),
)
SLOW = Fault("documents", "error", "Query cancelled after 5 s: statement timeout", 0)
UNPAID = Fault("billing", "critical", "Stripe API: connection reset by peer", 0)
UNPAYABLE = Fault("payouts", "error", "PayPal refused a payout: receiver_unregistered", 0)
ALL_FAULTS = (*FAULTS, SLOW, UNPAID, UNPAYABLE)


def api_requests(traffic: Traffic) -> Iterator[pa.Table]:
    """`api_requests` of customers' programs, by time: in the hours after their own visits."""
    world, rng = traffic.world, traffic.world.rng("api_requests")
    able = np.flatnonzero(traffic.plan > FREE)
    count = round(world.events * world.scale.usage)
    session = able[rng.integers(0, len(able), count)]
    ts = traffic.sessions.start[session] + rng.integers(0, 5 * HOUR, count)
    order = np.argsort(ts, kind="stable")
    order = order[ts[order] < world.calendar.stop]
    for first in range(0, len(order), CHUNK):
        part = order[first : first + CHUNK]
        yield _requests(traffic, rng, (session[part], ts[part]), first)


def _requests(traffic: Traffic, rng: np.random.Generator, rows: tuple[Whole, Whole], first: int) -> pa.Table:
    (session, ts), size = rows, len(rows[0])
    user = traffic.sessions.user[session]
    endpoint = weighted(rng, [each.weight for each in ENDPOINTS], size)
    methods, paths, services = (lookup([getattr(each, name) for each in ENDPOINTS]) for name in ("method", "path", "service"))
    status = weighted(rng, [860, 80, 18, 8, 16, 10, 5, 3], size)
    story = traffic.world.stories["slow_database"]
    status = np.where(story.during(ts) & (rng.random(size) < 0.02), 7, status)
    latency = np.array([each.latency for each in ENDPOINTS])[endpoint] * np.exp(rng.normal(0, 0.55, size))
    latency *= np.where(story.during(ts), story.size["request_factor"], 1.0)
    return pa.table({
        "id": ids(traffic.world.salt("api_requests"), first, size),
        "ts": instants(ts),
        "day": dates(traffic.world.calendar.day(ts)),
        "endpoint": coded(paths[0][endpoint], paths[1]),
        "method": coded(methods[0][endpoint], methods[1]),
        "status": whole(STATUS[status]),
        "latency_ms": pa.array(np.round(latency, 1)),
        "error_code": coded(np.where(status < 2, -1, status), CODES),
        "request_id": numbered("req_", np.arange(first, first + size)),
        "service": coded(services[0][endpoint], services[1]),
        "region": coded((rng.random(size) < 0.22).astype(np.int8), REGIONS),
        **who(traffic.people, user, traffic.plan[session]),
    })  # fmt: skip


def error_logs(traffic: Traffic) -> Iterator[pa.Table]:
    """`error_logs`: the usual noise of one visit in fifty, and what the story's troubles write."""
    world, rng = traffic.world, traffic.world.rng("error_logs")
    usual = np.flatnonzero(rng.random(traffic.sessions.size) < 0.02)
    fault, session = [weighted(rng, [each.weight for each in FAULTS], len(usual))], [usual]
    for name, trouble, share in (("slow_database", SLOW, 0.3), ("payment_outage", UNPAID, 0.5), ("failing_payouts", UNPAYABLE, 0.01)):
        if name in world.stories:
            during = np.flatnonzero(world.stories[name].during(traffic.sessions.start))
            session.append(during[rng.random(len(during)) < share])
            fault.append(np.full(len(session[-1]), ALL_FAULTS.index(trouble)))
    rows, what = np.concatenate(session), np.concatenate(fault)
    ts = traffic.sessions.start[rows] + rng.integers(0, 4 * MINUTE, len(rows))
    order = np.argsort(ts, kind="stable")
    for first in range(0, len(order), CHUNK):
        part = order[first : first + CHUNK]
        yield _logs(traffic, rows[part], what[part], (ts[part], first))


def _logs(traffic: Traffic, session: Whole, fault: Whole, rest: tuple[Whole, int]) -> pa.Table:
    ts, first = rest
    size, user = len(ts), traffic.sessions.user[session]
    services, severities, messages = (lookup([getattr(each, name) for each in ALL_FAULTS]) for name in ("service", "severity", "message"))
    trace = mixed(np.arange(first, first + size, dtype=np.uint64)).astype(np.int64) & 0x7FFFFFFFFFFFFFFF
    return pa.table({
        "id": ids(traffic.world.salt("error_logs"), first, size),
        "ts": instants(ts),
        "day": dates(traffic.world.calendar.day(ts)),
        "service": coded(services[0][fault], services[1]),
        "severity": coded(severities[0][fault], severities[1]),
        "message": coded(messages[0][fault], messages[1]),
        "fingerprint": numbered("fault-", fault + 1),
        "trace_id": numbered("trace-", trace),
        "session_key": keys(session),
        **who(traffic.people, user, traffic.plan[session]),
    })  # fmt: skip


@dataclass(frozen=True)
class Slip:
    """A form field that people get wrong, and in which scripts."""

    form: str
    field: str
    message: str
    scripts: tuple[str, ...]
    share: float  # of the visits with such a script
    after: int  # seconds


SLIPS = (
    Slip("sign_up", "email", "Enter a valid email address", ("abandon", "sign_up"), 0.16, 70),
    Slip("sign_up", "password", "Use at least 12 characters", ("abandon", "sign_up", "sign_up_active"), 0.12, 110),
    Slip("sign_up", "email", "This field could not be validated", ("broken",), 1.0, 130),
    Slip("sign_up", "password", "This field could not be validated", ("broken",), 0.9, 190),
    Slip("checkout", "card_number", "The card was declined", ("checkout_failed",), 0.8, 240),
    Slip("checkout", "vat_number", "This VAT number does not exist", ("checkout", "checkout_abandon"), 0.07, 160),
    Slip("settings", "domain", "This domain is not verified", ("manage",), 0.02, 60),
)
MARKETPLACE_SLIPS = (
    Slip("sign_up", "phone", "Enter a valid telephone number", ("abandon", "sign_up"), 0.18, 80),
    Slip("booking", "card_number", "The card was declined", ("booking_failed",), 0.9, 150),
    Slip("booking", "time", "This time is no longer free", ("booking", "booking_abandoned"), 0.06, 110),
)


def form_errors(traffic: Traffic) -> Iterator[pa.Table]:
    """`form_errors`, by time, each inside the visit in which it happened."""
    rng, slips = traffic.world.rng("form_errors"), SLIPS if traffic.world.tenant == LUMEN else MARKETPLACE_SLIPS
    visits = [traffic.following(*slip.scripts) for slip in slips]
    visits = [where[rng.random(len(where)) < slip.share] for slip, where in zip(slips, visits, strict=True)]
    session, slip = np.concatenate(visits), np.repeat(np.arange(len(slips)), [len(where) for where in visits])
    after = np.array([each.after for each in slips])[slip] * SECOND
    ts = traffic.sessions.start[session] + after + rng.integers(0, 45 * SECOND, len(session))
    order = np.argsort(ts, kind="stable")
    for first in range(0, len(order), CHUNK):
        part = order[first : first + CHUNK]
        yield _form_errors(traffic, slips, (session[part], slip[part], ts[part]), first)


def _form_errors(traffic: Traffic, slips: tuple[Slip, ...], rows: tuple[Whole, Whole, Whole], first: int) -> pa.Table:
    session, slip, ts = rows
    user = traffic.sessions.user[session]
    said = {name: lookup([getattr(each, name) for each in slips]) for name in ("form", "field", "message")}
    using = {name: lookup([getattr(agent, name) for agent in AGENTS]) for name in ("device", "os", "browser")}
    return pa.table({
        "id": ids(traffic.world.salt("form_errors"), first, len(ts)),
        "ts": instants(ts),
        "day": dates(traffic.world.calendar.day(ts)),
        **{name: coded(codes[slip], words) for name, (codes, words) in said.items()},
        "session_key": keys(session),
        **who(traffic.people, user, traffic.plan[session]),
        **{name: coded(codes[traffic.people.agent[user]], words) for name, (codes, words) in using.items()},
    })  # fmt: skip
