"""Who pays Lumen: businesses through their owner, individuals for themselves; and what they start with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.business import BUSINESS, COUNTRIES, CURRENCIES, CURRENCY_OF, ENTERPRISE, GIVEAWAY, SEAT_PRICE, SOLO, TEAM
from demo.clock import DAY, HOUR, Whole
from demo.people import INDIVIDUAL, OWNER, Code, Flag, Population
from demo.world import World

COUNTRY_CURRENCY = np.array([CURRENCIES.index(CURRENCY_OF.get(country, "EUR")) for country in COUNTRIES], dtype=np.int16)
PRICES = np.array([SEAT_PRICE[currency] for currency in CURRENCIES], dtype=np.int64)  # minor units by currency and plan, per seat and month
STRIPE, PAYPAL = range(2)


@dataclass
class Customers:
    """Everyone who ever started a subscription. Instants in microseconds."""

    user: npt.NDArray[np.int32]  # who pays, position in the population
    account: npt.NDArray[np.int32]  # -1 for an individual
    country: Code
    currency: Code
    provider: Code  # STRIPE or PAYPAL
    start: Whole
    plan: Code
    seats: Whole
    yearly: Flag
    discounted: Flag

    @property
    def size(self) -> int:
        return len(self.user)

    @property
    def business(self) -> Flag:
        return self.account >= 0


def customers(world: World, people: Population) -> Customers:
    """Choose payers and their first plan; a subscription starts days to weeks after sign-up, ordered by start."""
    rng = world.rng("customers")
    user = _payers(world, rng, people)
    start = people.signed_up[user] + (rng.gamma(1.3, 9.0, len(user)) * DAY).astype(np.int64) + HOUR
    user, start = user[start < world.calendar.stop], start[start < world.calendar.stop]
    order = np.argsort(start, kind="stable")
    user, start = user[order], start[order]
    account = people.account[user]
    seats = np.where(account >= 0, people.accounts.seats[np.maximum(account, 0)], 1)
    currency = COUNTRY_CURRENCY[people.country[user]]
    return Customers(
        user, account, people.country[user], currency, (rng.random(len(user)) < 0.2).astype(np.int16), start,
        _plans(rng, account >= 0, seats), seats, rng.random(len(user)) < np.where(account >= 0, 0.34, 0.2), rng.random(len(user)) < 0.18,
    )  # fmt: skip


def _payers(world: World, rng: np.random.Generator, people: Population) -> npt.NDArray[np.int32]:
    """Users who will pay: 56 in 100 are businesses; activated people pay more often, giveaway users hardly ever."""
    chosen = []
    for part, share in ((OWNER, 0.56), (INDIVIDUAL, 0.44)):
        pool = np.flatnonzero((people.part == part) & (people.signed_up >= 0))
        liking = np.where(people.activated[pool], 2.2, 1.0) * np.where(people.arrival[pool] == GIVEAWAY, 0.02, 1.0)
        wanted = min(round(world.scale.customers * share), round(len(pool) * 0.85))
        chosen.append(pool[np.argsort(rng.exponential(1, len(pool)) / liking, kind="stable")[:wanted]])
    return np.concatenate(chosen).astype(np.int32)


def _plans(rng: np.random.Generator, business: Flag, seats: Whole) -> Code:
    """Individuals take Solo; businesses Team, the larger ones Business or Enterprise."""
    draw = rng.random(len(seats))
    large = np.where(seats >= 25, np.where(draw < 0.45, ENTERPRISE, BUSINESS), np.where(draw < 0.3, BUSINESS, TEAM))
    return np.where(business, np.where(seats >= 8, large, np.where(draw < 0.08, BUSINESS, TEAM)), SOLO).astype(np.int16)
