"""The people of a company: when they came, from where, with what; and who may sign in to the demonstration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.business import AGENTS, ARRIVALS, COUNTRIES, GIVEAWAY, HOURS_WEST, LUMEN, PLACES
from demo.clock import DAY, HOUR, MINUTE, SECOND, Whole, day_number, day_weight, seconds_of_day
from demo.seeds import weighted
from demo.world import World

Code = npt.NDArray[np.int16]
Flag = npt.NDArray[np.bool_]

PLACE_COUNTRY = np.array([COUNTRIES.index(place.country) for place in PLACES], dtype=np.int16)
PLACE_LAG = np.array([HOURS_WEST.get(place.country, 0) for place in PLACES], dtype=np.int64) * HOUR
SAFARI = np.array([agent.browser == "Safari" for agent in AGENTS])
CHROME_DESKTOP = 0
VISITOR, INDIVIDUAL, OWNER, MEMBER = range(4)  # an owner signed a business up; members were invited


@dataclass(frozen=True)
class DemoActor:
    """Someone who can sign in to the demonstration; the password is meant to be printed."""

    email: str
    name: str
    roles: tuple[str, ...]
    tenant: str  # slug
    locale: str
    password: str


DEMO_ACTORS: tuple[DemoActor, ...] = (
    DemoActor("admin@lumen.example", "Alice Martin", ("admin",), "lumen", "en", "lumen-admin"),
    DemoActor("executive@lumen.example", "Élise Laurent", ("executive",), "lumen", "fr", "lumen-executive"),
    DemoActor("analyst@lumen.example", "Anton Weber", ("analyst",), "lumen", "en", "lumen-analyst"),
    DemoActor("viewer@lumen.example", "Bob Peeters", ("viewer",), "lumen", "en", "lumen-viewer"),
    DemoActor("admin@allo.example", "Charlie Dubois", ("admin",), "allo", "fr", "allo-admin"),
    DemoActor("executive@allo.example", "Chloé Bernard", ("executive",), "allo", "fr", "allo-executive"),
)


@dataclass
class Accounts:
    """Businesses, by founding time."""

    created: Whole
    place: Code
    arrival: Code
    seats: Whole

    @property
    def size(self) -> int:
        return len(self.created)


@dataclass
class Population:
    """Everyone ever seen, by `first_seen`; position i is user_key i + 1. Instants in microseconds, -1 is never."""

    first_seen: Whole
    signed_up: Whole
    part: Code  # VISITOR, INDIVIDUAL, OWNER or MEMBER
    account: npt.NDArray[np.int32]  # position in accounts, -1 for none
    place: Code
    agent: Code
    arrival: Code
    variant: Code  # of the onboarding experiment: 0 control, 1 treatment, -1 not in it
    activated: Flag
    hindered: Flag  # wanted to sign up and met the broken form
    device_print: npt.NDArray[np.int32]  # fingerprint numbers; a ring shares them
    card_print: npt.NDArray[np.int32]
    accounts: Accounts

    @property
    def size(self) -> int:
        return len(self.first_seen)

    @property
    def business(self) -> Flag:
        return self.part >= OWNER

    @property
    def ring(self) -> Flag:
        """Who belongs to the fraud ring: nobody else shares a device."""
        return self.device_print >= self.size

    @property
    def country(self) -> Code:
        return PLACE_COUNTRY[self.place]


def populate(world: World) -> Population:
    """Draw everyone, in the order they came."""
    rng = world.rng("people")
    accounts = _accounts(world, rng)
    people = _everyone(world, rng, accounts)
    if world.tenant == LUMEN:
        _giveaway(world, rng, people)
    else:
        _ring(world, rng, people)
    _sort(people)
    _sign_up(world, rng, people)
    if world.tenant == LUMEN:
        _broken_form(world, rng, people)
        _experiment(world, rng, people)
    return people


def arrivals(world: World, rng: np.random.Generator, size: int, *, tracked: bool) -> Whole:
    """Instants at which people come: growing, weekly, by hour. `tracked` keeps to the days with product events."""
    scale, last = world.scale, day_number(world.end)
    days = np.arange(last - scale.book_days + 1, last + 1, dtype=np.int32)
    weight = day_weight(days) * (1 + 1.6 * np.arange(len(days)) / len(days))
    old = days <= last - scale.event_days
    weight[old] *= 0.0 if tracked else scale.before / weight[old].sum()
    weight[~old] *= (1.0 if tracked else 1 - scale.before) / weight[~old].sum()
    day = days[np.searchsorted(np.cumsum(weight), rng.random(size) * weight.sum() * 0.999999)]
    return world.calendar.to_utc(day.astype(np.int64) * DAY + seconds_of_day(rng, size))


def _accounts(world: World, rng: np.random.Generator) -> Accounts:
    size = round(world.users * 0.36 / 3.4) if world.tenant == LUMEN else 0
    seats = 1 + rng.geometric(0.30, size) + np.where(rng.random(size) < 0.12, rng.integers(8, 60, size), 0)
    return Accounts(np.sort(arrivals(world, rng, size, tracked=False)), _places(rng, size), _arrivals(rng, size), seats)


def _everyone(world: World, rng: np.random.Generator, accounts: Accounts) -> Population:
    """Visitors, individuals, and each account's owner and members, unsorted."""
    members = np.repeat(np.arange(accounts.size), _members(world, rng, accounts))
    visitors = round(world.users * (0.34 if world.tenant == LUMEN else 0.45))
    individuals = world.users - visitors - accounts.size - len(members)
    joined = accounts.created[members] + (rng.exponential(60, len(members)) * DAY).astype(np.int64)
    first_seen = np.concatenate([
        arrivals(world, rng, visitors, tracked=True), arrivals(world, rng, individuals, tracked=False), accounts.created,
        np.where(joined < world.calendar.stop, joined, np.minimum(accounts.created[members] + HOUR, world.calendar.stop - SECOND)),
    ])  # fmt: skip
    part = np.repeat(np.arange(4, dtype=np.int16), [visitors, individuals, accounts.size, len(members)])
    account = np.concatenate([np.full(visitors + individuals, -1), np.arange(accounts.size), members]).astype(np.int32)
    size = len(part)
    place, arrival = _places(rng, size), _arrivals(rng, size)
    place[account >= 0] = accounts.place[account[account >= 0]]
    arrival[account >= 0] = accounts.arrival[account[account >= 0]]
    return Population(
        first_seen, np.full(size, -1), part, account, place, weighted(rng, [a.weight for a in AGENTS], size).astype(np.int16), arrival,
        np.full(size, -1, dtype=np.int16), np.zeros(size, dtype=bool), np.zeros(size, dtype=bool),
        np.arange(size, dtype=np.int32), np.arange(size, dtype=np.int32), accounts,
    )  # fmt: skip


def _members(world: World, rng: np.random.Generator, accounts: Accounts) -> Whole:
    """How many people each account invites: fewer than its seats, and 0.36 of all users together."""
    wanted = round(world.users * 0.36) - accounts.size if accounts.size else 0
    share = np.minimum(accounts.seats - 1, 14).astype(float) + 0.2
    whole = np.floor(share / share.sum() * wanted + rng.random(accounts.size)) if accounts.size else share
    return np.asarray(whole, dtype=np.int64)


def _places(rng: np.random.Generator, size: int) -> Code:
    return weighted(rng, [place.weight for place in PLACES], size).astype(np.int16)


def _arrivals(rng: np.random.Generator, size: int) -> Code:
    return weighted(rng, [arrival.weight for arrival in ARRIVALS], size).astype(np.int16)


def _giveaway(world: World, rng: np.random.Generator, people: Population) -> None:
    """The campaign: some individuals came in its two weeks and because of it."""
    story = world.stories["campaign"]
    takers = np.flatnonzero(people.part == INDIVIDUAL)[: round(world.users * story.size["share_of_users"])]
    start, stop = story.span
    people.first_seen[takers] = rng.integers(start, stop - HOUR, len(takers))
    people.arrival[takers] = GIVEAWAY


def _ring(world: World, rng: np.random.Generator, people: Population) -> None:
    """The fraud ring: accounts made within three days, on few devices, with few cards."""
    story = world.stories["fraud_ring"]
    members = np.flatnonzero(people.part == INDIVIDUAL)[: story.size["users"]]
    people.first_seen[members] = story.span[0] + rng.integers(HOUR, 3 * DAY, len(members))
    people.device_print[members] = people.size + np.arange(len(members)) % story.size["devices"]
    people.card_print[members] = people.size + np.arange(len(members)) % story.size["cards"]


def _sort(people: Population) -> None:
    # TRICKY: microsecond ties would make the order depend on the sort's implementation.
    order = np.argsort(people.first_seen, kind="stable")
    for name in ("first_seen", "part", "account", "place", "agent", "arrival", "device_print", "card_print"):
        setattr(people, name, getattr(people, name)[order])


def _sign_up(world: World, rng: np.random.Generator, people: Population) -> None:
    """Everyone but visitors signs up: most on their first visit, some after a few days."""
    later = (rng.random(people.size) < 0.3) & (people.part == INDIVIDUAL) & (people.arrival != GIVEAWAY) & ~people.ring
    wait = np.where(later, rng.lognormal(0.9, 0.9, people.size) * DAY + 3 * HOUR, 3 * MINUTE).astype(np.int64)
    at = people.first_seen + wait
    at = np.where(at < world.calendar.stop, at, np.minimum(people.first_seen + 3 * MINUTE, world.calendar.stop - 1))
    people.signed_up = np.where(people.part == VISITOR, -1, at)


def _broken_form(world: World, rng: np.random.Generator, people: Population) -> None:
    """In the broken browser most individuals give up; businesses take another browser."""
    story = world.stories["broken_form"]
    met = story.during(people.signed_up) & SAFARI[people.agent]
    people.hindered = met & (people.part == INDIVIDUAL) & (rng.random(people.size) < story.size["completion_lost"])
    people.signed_up[people.hindered] = -1
    people.part[people.hindered] = VISITOR
    people.agent[met & people.business] = CHROME_DESKTOP


def _experiment(world: World, rng: np.random.Generator, people: Population) -> None:
    """Who is in the onboarding test, and who gets going after sign-up."""
    story = world.stories["ab_test"]
    self_serve = (people.part == INDIVIDUAL) | (people.part == OWNER)
    inside = story.during(people.signed_up) & self_serve & (people.arrival != GIVEAWAY)
    people.variant = np.where(inside, rng.integers(0, 2, people.size), -1).astype(np.int16)
    chance = np.where(people.variant == 1, story.size["activation_treatment"], story.size["activation_control"])
    people.activated = self_serve & (rng.random(people.size) < chance * np.where(people.arrival == GIVEAWAY, 0.4, 1.0))
