"""Where people come from and what they do that counts: conversions with their touchpoints, channel costs, the experiment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from demo.business import ARRIVALS, CAMPAIGNS, CHANNELS, CURRENCIES
from demo.clock import DAY, HOUR, Whole, day_number
from demo.columns import coded, dates, instants, joined, keys, lookup, numbered, one, whole
from demo.people import Code
from demo.person import ARRIVAL_CAMPAIGN, CHUNK, who
from demo.seeds import ids, mixed
from demo.traffic import Traffic

TOUCHES = 4  # the last visits before a conversion, at most
WINDOW = 30 * DAY  # how far back they reach
PLATFORM = {"google": "google_ads", "linkedin": "linkedin_ads", "meta": "meta_ads"}
PLATFORM_OF, PLATFORMS = lookup([PLATFORM.get(a.source or "") if a.medium in ("cpc", "paid_social") else None for a in ARRIVALS])
COST_PER_CLICK = {"brand-search": 70, "generic-search": 210, "linkedin-decision-makers": 480, "meta-retargeting": 95, "summer-giveaway": 40}
CLICKS_PER_VISIT = 16  # most people who click are never seen as a person


@dataclass(frozen=True)
class Happened:
    """Conversions of one type: who, when (microseconds), and the money (minor units, -1 for none; position in CURRENCIES)."""

    type: str
    user: npt.NDArray[np.integer]
    ts: Whole
    amount: Whole
    currency: Code

    @classmethod
    def free(cls, kind: str, user: npt.NDArray[np.integer], ts: Whole) -> Happened:
        """A conversion without money."""
        return cls(kind, user, ts, np.full(len(user), -1, dtype=np.int64), np.zeros(len(user), dtype=np.int16))


def conversions(traffic: Traffic, happened: list[Happened], plan: Code) -> Iterator[pa.Table]:
    """`conversions` by time; `plan` per person. Only those since tracking began."""
    types = [each.type for each in happened]
    columns = {
        "type": np.repeat(np.arange(len(types)), [len(each.user) for each in happened]),
        "user": np.concatenate([each.user for each in happened]),
        "ts": np.concatenate([each.ts for each in happened]),
        "amount": np.concatenate([each.amount for each in happened]),
        "currency": np.concatenate([each.currency for each in happened]),
    }
    calendar = traffic.world.calendar
    order = np.argsort(columns["ts"], kind="stable")
    order = order[(columns["ts"][order] >= calendar.events_from) & (columns["ts"][order] < calendar.stop)]
    touches = Touches(traffic)
    for first in range(0, len(order), CHUNK // 2):
        part = {name: column[order[first : first + CHUNK // 2]] for name, column in columns.items()}
        yield _conversions(touches, part, types, (plan, first))


def _conversions(touches: Touches, part: dict[str, npt.NDArray[np.int64]], types: list[str], rest: tuple[Code, int]) -> pa.Table:
    (plan, first), traffic = rest, touches.traffic
    people, user, ts = traffic.people, part["user"], part["ts"]
    arrival, size = people.arrival[user], len(user)
    paid = PLATFORM_OF[arrival] >= 0
    session = touches.last(user, ts)
    return pa.table({
        "id": ids(traffic.world.salt("conversions"), first, size),
        "ts": instants(ts),
        "day": dates(traffic.world.calendar.day(ts)),
        "type": coded(part["type"], types),
        "session_key": keys(session),
        **who(people, user, plan[user]),
        "campaign": coded(ARRIVAL_CAMPAIGN[arrival], CAMPAIGNS),
        "click_id": numbered("click-", np.where(paid, mixed(user.astype(np.uint64)).astype(np.int64) & 0x7FFFFFFFFFFF, -1)),
        "hashed_contact": pa.array(paid & (user % 5 != 0), mask=~paid),
        "ad_platform": coded(PLATFORM_OF[arrival], PLATFORMS),
        "value_minor": pa.array(part["amount"], mask=part["amount"] < 0),
        "currency": coded(np.where(part["amount"] >= 0, part["currency"], -1), CURRENCIES),
        "touchpoints": touches.before(user, ts),
    })  # fmt: skip


class Touches:
    """Every person's visits in order, to say how they came before an instant."""

    def __init__(self, traffic: Traffic) -> None:
        made = traffic.sessions
        self.traffic = traffic
        self._keys = np.sort((made.user.astype(np.int64) << 32) | np.arange(made.size))  # sessions are by time already
        words = [f'","channel":"{a.channel}","campaign":' + (f'"{a.campaign}"' if a.campaign else "null") + "}" for a in ARRIVALS]
        self._words = words

    def _position(self, user: npt.NDArray[np.integer], ts: Whole) -> Whole:
        """Where in the list of visits this person's last visit begun by `ts` is (or some other person's)."""
        begun = np.searchsorted(self.traffic.sessions.start, ts, side="right")
        return np.searchsorted(self._keys, (user.astype(np.int64) << 32) | begun) - 1

    def last(self, user: npt.NDArray[np.integer], ts: Whole) -> Whole:
        """The session each conversion falls in: the person's last one begun within two hours before, else -1."""
        session, right = self._session(user, self._position(user, ts))
        return np.where(right & (self.traffic.sessions.start[session] > ts - 2 * HOUR), session, -1)

    def _session(self, user: npt.NDArray[np.integer], position: Whole) -> tuple[Whole, npt.NDArray[np.bool_]]:
        found = self._keys[np.maximum(position, 0)]
        return found & 0xFFFFFFFF, (position >= 0) & (found >> 32 == user)

    def before(self, user: npt.NDArray[np.integer], ts: Whole) -> pa.Array:
        """JSON lists of up to four visits in the thirty days before, oldest first."""
        position = self._position(user, ts)
        parts = [self._touch(user, ts, position - back) for back in range(TOUCHES - 1, -1, -1)]
        return joined("[", pc.utf8_ltrim(joined(*parts), characters=","), "]")

    def _touch(self, user: npt.NDArray[np.integer], ts: Whole, position: Whole) -> pa.Array:
        session, right = self._session(user, position)
        start = self.traffic.sessions.start[session]
        seen = right & (start > ts - WINDOW)
        stamp = pc.strftime(instants(start // 1_000_000 * 1_000_000).cast(pa.timestamp("s")), "%Y-%m-%dT%H:%M:%SZ")
        said = joined(',{"ts":"', stamp, coded(self.traffic.arrived[session], self._words))
        return pc.if_else(pa.array(seen), said, pa.scalar(""))


def channel_costs(traffic: Traffic) -> pa.Table:
    """`channel_costs`: one row per day and paid campaign, in step with the first visits it brought."""
    world, people = traffic.world, traffic.people
    rng, calendar = world.rng("channel_costs"), world.calendar
    last = day_number(world.end)
    days, paid = np.arange(last - world.scale.event_days + 1, last + 1), np.flatnonzero(PLATFORM_OF >= 0)
    seen = people.first_seen >= calendar.events_from
    brought = np.zeros((len(days), len(ARRIVALS)))
    np.add.at(brought, (calendar.day(people.first_seen[seen]) - days[0], people.arrival[seen]), 1)
    smooth = np.apply_along_axis(lambda column: np.convolve(column, np.full(7, 1 / 7), mode="same"), 0, brought)
    clicks = np.round(smooth[:, paid] * CLICKS_PER_VISIT * rng.uniform(0.85, 1.15, (len(days), len(paid)))).astype(np.int64).ravel()
    arrival, day = np.tile(paid, len(days)), np.repeat(days, len(paid)).astype(np.int32)
    clicks, arrival, day = clicks[clicks > 0], arrival[clicks > 0], day[clicks > 0]
    ts = calendar.to_utc(day.astype(np.int64) * DAY + 12 * HOUR)
    price = np.array([COST_PER_CLICK.get(a.campaign or "", 0) for a in ARRIVALS])
    return pa.table({
        "id": ids(world.salt("channel_costs"), 0, len(ts)),
        "ts": instants(ts),
        "day": dates(day),
        "channel": coded(np.array([CHANNELS.index(a.channel) for a in ARRIVALS])[arrival], CHANNELS),
        "campaign": coded(ARRIVAL_CAMPAIGN[arrival], CAMPAIGNS),
        "cost_minor": whole(np.round(clicks * price[arrival] * rng.uniform(0.9, 1.1, len(ts)))),
        "currency": one(world.tenant.currency, len(ts)),
        "clicks": whole(clicks),
        "impressions": whole(clicks * rng.integers(28, 75, len(ts))),
    })  # fmt: skip


def experiments(traffic: Traffic) -> pa.Table:
    """`experiments`: the one onboarding test."""
    story = traffic.world.stories["ab_test"]
    start = np.array([story.span[0]])
    return pa.table({
        "id": ids(traffic.world.salt("experiments"), 0, 1),
        "ts": instants(start),
        "day": dates(traffic.world.calendar.day(start)),
        "experiment": one(story.size["experiment"], 1),
        "hypothesis": one("A checklist after sign-up gets more people to create their first project.", 1),
        "metric": one("engagement", 1),
        "variants": one('["control","treatment"]', 1),
        "ends_at": instants(np.array([story.span[1]])),
    })  # fmt: skip


def exposures(traffic: Traffic, plan: Code) -> pa.Table:
    """`exposures`: everyone in the test, when they signed up."""
    people, world = traffic.people, traffic.world
    user = np.flatnonzero(people.variant >= 0)
    user = user[np.argsort(people.signed_up[user], kind="stable")]
    ts = people.signed_up[user]
    return pa.table({
        "id": ids(world.salt("exposures"), 0, len(user)),
        "ts": instants(ts),
        "day": dates(world.calendar.day(ts)),
        "experiment": one(world.stories["ab_test"].size["experiment"], len(user)),
        "variant": coded(people.variant[user], ("control", "treatment")),
        "session_key": keys(Touches(traffic).last(user, ts)),
        **who(people, user, plan[user]),
    })  # fmt: skip
