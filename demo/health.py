"""How the systems of a company do: samples of machines and databases, and checks of services and integrations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.business import LUMEN
from demo.clock import DAY, HOUR, HOURLY, MINUTE, Whole, weekday
from demo.columns import coded, dates, instants, lookup
from demo.seeds import ids
from demo.world import World


@dataclass(frozen=True)
class Series:
    """A measured value: its level at rest, what a busy hour adds, its noise (all in its unit), and its ceiling."""

    source: str
    metric: str
    unit: str
    rest: float
    busy: float
    noise: float
    labels: str = "{}"
    most: float = 1e9
    slows: bool = False  # rises in the slow database week


WEB, DATABASE = '{"role":"web"}', '{"role":"database"}'
SERIES: tuple[Series, ...] = (
    Series("app-1", "cpu_percent", "percent", 14, 46, 4, WEB, 100),
    Series("app-2", "cpu_percent", "percent", 13, 45, 4, WEB, 100),
    Series("app-1", "memory_percent", "percent", 48, 14, 2, WEB, 100),
    Series("app-2", "memory_percent", "percent", 47, 14, 2, WEB, 100),
    Series("db-1", "cpu_percent", "percent", 12, 34, 3, DATABASE, 100),
    Series("db-1", "memory_percent", "percent", 66, 6, 1, DATABASE, 100),
    Series("db-1", "disk_percent", "percent", 58, 0, 0.2, DATABASE, 100),
    Series("db-1", "db_connections", "count", 22, 60, 5, DATABASE, 200),
    Series("db-1", "db_query_p95_ms", "milliseconds", 24, 22, 3, DATABASE, slows=True),
    Series("db-1", "db_cache_hit_percent", "percent", 99.1, -0.6, 0.1, DATABASE, 100),
    Series("queue", "jobs_waiting", "count", 3, 30, 6, '{"queue":"default"}'),
    Series("gateway", "requests_per_second", "count", 6, 90, 5),
)


@dataclass(frozen=True)
class Target:
    """Something checked: where, of which type, how fast it usually answers, how often it does not."""

    name: str
    type: str
    latency: float
    failing: float = 0.0006
    certificate: bool = False


TARGETS: tuple[Target, ...] = (
    Target("website", "service", 110, certificate=True),
    Target("app", "service", 180, certificate=True),
    Target("api", "service", 90, certificate=True),
    Target("assistant", "service", 240),
    Target("search", "service", 60),
    Target("stripe", "integration", 310, 0.001),
    Target("paypal", "integration", 420, 0.002),
    Target("email", "integration", 260, 0.001),
    Target("openai", "integration", 640, 0.004),
    Target("anthropic", "integration", 590, 0.003),
)
MARKETPLACE_TARGETS: tuple[Target, ...] = (
    Target("website", "service", 120, certificate=True),
    Target("app", "service", 190, certificate=True),
    Target("api", "service", 95, certificate=True),
    Target("telephony", "integration", 210, 0.003),
    Target("sms", "integration", 330, 0.003),
    Target("stripe", "integration", 310, 0.001),
    Target("paypal", "integration", 430, 0.002),
)
STATES = ("up", "degraded", "down")


def _grid(world: World) -> Whole:
    """The instants of measurement, up to the end of the last day."""
    every = world.scale.health_minutes * MINUTE
    return np.arange(world.calendar.stop - world.scale.health_days * DAY, world.calendar.stop, every)


def _load(world: World, ts: Whole) -> npt.NDArray[np.float64]:
    """How busy the hour is, 0 to 1, quieter at the weekend."""
    wall = ts + world.calendar.offset(ts)
    hour = HOURLY[(wall // HOUR) % 24] / HOURLY.max()
    return hour * np.where(weekday((wall // DAY).astype(np.int32)) >= 5, 0.5, 1.0)


def samples(world: World) -> pa.Table:
    """`samples` of every series on the same grid, by time."""
    rng, grid = world.rng("samples"), _grid(world)
    load, slow = _load(world, grid), world.stories.get("slow_database")
    values = np.empty((len(grid), len(SERIES)))
    for column, series in enumerate(SERIES):
        factor = slow.size["query_factor"] if series.slows and slow is not None else 1.0
        level = (series.rest + series.busy * load) * np.where(slow.during(grid) if slow is not None else False, factor, 1.0)
        values[:, column] = np.clip(level + rng.normal(0, series.noise, len(grid)), 0, series.most)
    which, ts = np.tile(np.arange(len(SERIES)), len(grid)), np.repeat(grid, len(SERIES))
    taken = {name: lookup([getattr(series, name) for series in SERIES]) for name in ("source", "metric", "unit", "labels")}
    return pa.table({
        "id": ids(world.salt("samples"), 0, len(ts)),
        "ts": instants(ts),
        "day": dates(world.calendar.day(ts)),
        **{name: coded(codes[which], words) for name, (codes, words) in taken.items() if name != "labels"},
        "value": pa.array(np.round(values.ravel(), 2)),
        "labels": coded(taken["labels"][0][which], taken["labels"][1]),
    })  # fmt: skip


def checks(world: World) -> pa.Table:
    """`checks` of every target on the same grid, by time; Stripe is down in the payment outage."""
    rng, grid = world.rng("checks"), _grid(world)
    targets = TARGETS if world.tenant == LUMEN else MARKETPLACE_TARGETS
    which, ts = np.tile(np.arange(len(targets)), len(grid)), np.repeat(grid, len(targets))
    state = np.where(rng.random(len(ts)) < np.array([t.failing for t in targets])[which], rng.integers(1, 3, len(ts)), 0)
    state = _troubles(world, [target.name for target in targets], (which, ts), state)
    usual = np.array([target.latency for target in targets])[which]
    latency = usual * np.exp(rng.normal(0, 0.22, len(ts))) * np.where(state == 1, 4.0, 1.0)
    certified = np.array([target.certificate for target in targets])[which]
    expires = (ts // (90 * DAY) + 1) * 90 * DAY + 20 * DAY  # renewed every ninety days, twenty days early
    details = ("", "slow answer", "no answer within 10 s")
    return pa.table({
        "id": ids(world.salt("checks"), 0, len(ts)),
        "ts": instants(ts),
        "day": dates(world.calendar.day(ts)),
        "target": coded(which, [target.name for target in targets]),
        "type": coded(np.array([target.type == "integration" for target in targets])[which], ("service", "integration")),
        "state": coded(state, STATES),
        "latency_ms": pa.array(np.round(np.where(state == 2, 10_000.0, latency), 1)),
        "detail": coded(np.where(state > 0, state, -1), details),
        "certificate_expires_at": instants(np.where(certified, expires, -1)),
    })  # fmt: skip


def _troubles(world: World, names: list[str], checked: tuple[Whole, Whole], state: Whole) -> Whole:
    """The states with the story's troubles on top."""
    which, ts = checked
    outage, slow = world.stories.get("payment_outage"), world.stories.get("slow_database")
    if outage is not None:
        state = np.where(outage.during(ts) & (which == names.index("stripe")), 2, state)
    if slow is not None:
        # One check in six in that week, the same ones every time.
        state = np.where(slow.during(ts) & (which == names.index("app")) & (ts // HOUR % 6 == 0) & (state == 0), 1, state)
    return state
