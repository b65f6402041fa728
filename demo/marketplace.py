"""Allo's trade: experts, and every booking from its start to its call and its price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.business import COUNTRIES, PLACES
from demo.clock import DAY, HOUR, MINUTE, Whole, seconds_of_day
from demo.customers import COUNTRY_CURRENCY
from demo.people import INDIVIDUAL, PLACE_COUNTRY, PLACE_LAG, Code, Flag, Population
from demo.seeds import weighted
from demo.world import World

CATEGORIES = ("law", "tax", "wellbeing", "career", "it", "veterinary", "home", "languages")
RATES = np.array([330, 260, 180, 210, 160, 230, 120, 90])  # minor units per minute, the same number in each currency
COMPLETED, FAILED, ABANDONED, CANCELLED = range(4)  # what became of a booking
TALKED, NO_ANSWER, BUSY, BROKEN = range(4)  # what became of its call
HELD_MINUTES = 30  # how much is authorised before the call
MANY = 40  # bookings per expert


@dataclass
class Experts:
    """Position i is provider_id exp_{i + 1}."""

    country: Code
    category: Code
    rate: Whole  # minor units per minute
    rating: npt.NDArray[np.float64]
    top: Flag
    paypal: Flag  # how they are paid

    @property
    def size(self) -> int:
        return len(self.country)


@dataclass
class Bookings:
    """By start; position i is booking_id bk_{i + 1}. Instants in microseconds, money in minor units."""

    user: npt.NDArray[np.integer]
    ts: Whole
    expert: Whole
    scheduled: Whole
    outcome: Whole
    call: Whole  # meaningful where the booking was completed
    seconds: Whole
    held: Whole  # authorised
    captured: Whole  # 0 where no call took place
    currency: Code
    paypal: Flag
    refunded: Flag
    accomplice: Flag  # made by the fraud ring

    @property
    def called_at(self) -> Whole:
        """When the call ended."""
        return self.scheduled + self.seconds * 1_000_000


def experts(world: World) -> Experts:
    rng = world.rng("experts")
    size = max(40, world.scale.bookings // MANY)
    category = weighted(rng, [18, 14, 20, 12, 12, 8, 9, 7], size).astype(np.int16)
    rate = (RATES[category] * rng.uniform(0.75, 1.35, size)).astype(np.int64)
    country = PLACE_COUNTRY[weighted(rng, [place.weight for place in PLACES], size)]
    rating = np.round(np.clip(rng.normal(4.5, 0.3, size), 2.8, 5), 1)
    return Experts(country, category, rate, rating.astype(np.float64), rng.random(size) < 0.15, rng.random(size) < 0.35)


def bookings(world: World, people: Population, hired: Experts) -> Bookings:
    """Every booking: who, when, with whom, and how it went."""
    rng = world.rng("bookings")
    user, ts = _when(world, rng, people)
    order = np.argsort(ts, kind="stable")
    user, ts = user[order], ts[order]
    crooked = people.ring[user]
    expert = _with_whom(rng, people.country[user], hired)
    accomplices = world.stories["fraud_ring"].size["providers"]
    expert = np.where(crooked, hired.size - 1 - user % accomplices, expert)
    size = len(ts)
    soon = rng.random(size) < 0.6
    scheduled = ts + np.where(soon | crooked, rng.integers(4 * MINUTE, 15 * MINUTE, size), rng.integers(2 * HOUR, 60 * HOUR, size))
    outcome = np.where(crooked, COMPLETED, weighted(rng, [80, 6, 8, 6], size))
    call = np.where(crooked, TALKED, weighted(rng, [88, 6, 4, 2], size))
    return _priced(rng, people, hired, Bookings(user, ts, expert, scheduled, outcome, call, *_nothing(size), crooked))


def _nothing(size: int) -> tuple[Whole, Whole, Whole, Code, Flag, Flag]:
    """Durations, money, currency and flags before they are known."""
    zero = np.zeros(size, dtype=np.int64)
    return zero, zero, zero, zero.astype(np.int16), zero.astype(bool), zero.astype(bool)


def _when(world: World, rng: np.random.Generator, people: Population) -> tuple[Whole, Whole]:
    """Clients and instants: many book on their first day, regulars again over the following months."""
    clients = np.flatnonzero((people.part == INDIVIDUAL) & ~people.ring)
    begin = people.signed_up[clients]
    span = np.minimum(np.exp(rng.normal(4.9, 1.0, len(clients))) * DAY, world.calendar.stop - begin).astype(np.int64)
    fresh = begin >= world.calendar.events_from
    eager = fresh & (rng.random(len(clients)) < min(0.6, 0.5 * world.scale.bookings / max(fresh.sum(), 1)))
    tracked = np.maximum(span - np.maximum(world.calendar.events_from - begin, 0), 0)
    liking = rng.gamma(0.7, 1.0, len(clients)) * (0.2 + tracked / (90 * DAY)) * (tracked > 0)
    more = rng.poisson(liking * max(world.scale.bookings - eager.sum(), 0) / liking.sum())
    who = np.repeat(np.arange(len(clients)), more)
    wall = begin[who] + (span - tracked)[who] + (rng.random(len(who)) ** 1.15 * tracked[who]).astype(np.int64)
    later = world.calendar.to_utc(wall // DAY * DAY + seconds_of_day(rng, len(who))) + PLACE_LAG[people.place[clients[who]]]
    kept = (later > begin[who]) & (later < world.calendar.stop)
    ring = np.repeat(np.flatnonzero(people.ring), 4)
    start, stop = world.stories["fraud_ring"].span
    crooked = rng.integers(start + 3 * DAY + HOUR, stop, len(ring))
    user = np.concatenate([clients[eager], clients[who[kept]], ring])
    return user, np.concatenate([people.signed_up[clients[eager]] + 9 * MINUTE, later[kept], crooked])


def _with_whom(rng: np.random.Generator, country: Code, hired: Experts) -> Whole:
    """An expert for each client: mostly of the same country, the popular ones more often."""
    liked = 1 / (1 + np.arange(hired.size) % 97) ** 0.6 * np.where(hired.top, 2.5, 1.0)
    liked[-4:] = 1e-3  # the accomplices have hardly any honest clients
    expert = weighted(rng, liked, len(country))
    for code in range(len(COUNTRIES)):
        home = np.flatnonzero(hired.country == code)
        clients = np.flatnonzero((country == code) & (rng.random(len(country)) < 0.8))
        if len(home):
            expert[clients] = home[weighted(rng, liked[home], len(clients))]
    return expert


def _priced(rng: np.random.Generator, people: Population, hired: Experts, made: Bookings) -> Bookings:
    """Lengths of calls and money. The ring's calls are short, charged in full, and mostly taken back."""
    size, rate = len(made.ts), hired.rate[made.expert]
    took_place = (made.outcome == COMPLETED) & (made.call == TALKED)
    minutes = np.clip(np.exp(rng.normal(2.75, 0.55, size)), 1.5, HELD_MINUTES)
    made.seconds = np.where(took_place, np.where(made.accomplice, rng.integers(55, 80, size), (minutes * 60).astype(np.int64)), 0)
    made.held = rate * HELD_MINUTES
    made.captured = np.where(took_place, np.where(made.accomplice, made.held, -(-made.seconds // 60) * rate), 0)
    made.currency = COUNTRY_CURRENCY[people.country[made.user]]
    made.paypal = ~made.accomplice & (rng.random(size) < 0.3)
    made.refunded = (made.captured > 0) & (rng.random(size) < np.where(made.accomplice, 0.7, 0.018))
    return made
