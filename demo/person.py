"""The columns that say who a fact is about, and the tables of people themselves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.business import ARRIVALS, CAMPAIGNS, CHANNELS, COUNTRIES, KINDS, PLANS
from demo.clock import Whole
from demo.columns import coded, dates, instants, joined, keys, numbered, one, whole
from demo.people import MEMBER, OWNER, PLACE_COUNTRY, VISITOR, Accounts, Code, Population
from demo.seeds import mixed
from demo.world import World

CHUNK = 500_000
FIRST_NAMES = (
    "Camille", "Louis", "Emma", "Hugo", "Léa", "Jules", "Chloé", "Lukas", "Anna", "Felix", "Sophie", "Oliver", "Amelia", "Jack", "Grace",
    "Liam", "Olivia", "Noah", "Ava", "Mateo", "Lucía", "Pablo", "Sofía", "Giulia", "Marco", "Sanne", "Daan", "Inês", "Yasmine", "Karim",
)  # fmt: skip
LAST_NAMES = (
    "Martin", "Bernard", "Dubois", "Moreau", "Laurent", "Simon", "Lefebvre", "Garnier", "Müller", "Schmidt", "Weber", "Wagner", "Becker",
    "Smith", "Jones", "Taylor", "Brown", "Wilson", "Johnson", "Miller", "Davis", "Peeters", "Janssens", "García", "López", "Rossi",
    "Bianchi", "de Vries", "Silva", "Benali",
)  # fmt: skip
FIRMS = (
    "Atelier",
    "Studio",
    "Nordlicht",
    "Meridian",
    "Blue Harbour",
    "Cobalt",
    "Verger",
    "Kestrel",
    "Luma",
    "Arcade",
    "Solane",
    "Brightwater",
)
TRADES = ("Conseil", "Design", "Analytics", "Logistik", "Partners", "Media", "Labs", "Architects", "Santé", "Legal", "Education", "Energy")
ROLES = ("owner", "member")
ARRIVAL_CHANNEL = np.array([CHANNELS.index(arrival.channel) for arrival in ARRIVALS], dtype=np.int16)
ARRIVAL_CAMPAIGN = np.array([CAMPAIGNS.index(arrival.campaign) if arrival.campaign else -1 for arrival in ARRIVALS], dtype=np.int16)


def channel_of(arrival: Code) -> Code:
    return ARRIVAL_CHANNEL[arrival]


def who(people: Population, user: npt.NDArray[np.integer], plan: Code) -> dict[str, pa.Array]:
    """The six columns about a person; `user` are positions in the population, `plan` positions in PLANS."""
    return {
        "user_key": keys(user),
        "account_key": keys(people.account[user]),
        "plan": coded(plan, PLANS),
        "kind": coded((people.part[user] >= OWNER).astype(np.int8), KINDS),
        "country": coded(PLACE_COUNTRY[people.place[user]], COUNTRIES),
        "channel": coded(ARRIVAL_CHANNEL[people.arrival[user]], CHANNELS),
    }


def shuffled(numbers: npt.NDArray[np.integer], words: int) -> npt.NDArray[np.int64]:
    """Numbers spread over `words` codes, the same every time."""
    return (mixed(numbers.astype(np.uint64)) % np.uint64(words)).astype(np.int64)


def users(world: World, people: Population, plan: Code, last_seen: Whole) -> Iterator[pa.Table]:
    """`users` in chunks, by key."""
    for first in range(0, people.size, CHUNK):
        yield _users(world, people, np.arange(first, min(first + CHUNK, people.size)), (plan, last_seen))


def _users(world: World, people: Population, user: Whole, latest: tuple[Code, Whole]) -> pa.Table:
    plan, last_seen = latest
    signed_up = people.signed_up[user]
    visitor = signed_up < 0
    first, last = shuffled(user, len(FIRST_NAMES)), shuffled(user + 7_777_777, len(LAST_NAMES))
    known = np.where(visitor, -1, user + 1)
    names = joined(coded(np.where(visitor, -1, first), FIRST_NAMES), coded(np.where(visitor, -1, last), LAST_NAMES), by=" ")
    part = people.part[user]
    columns = who(people, user, plan[user])
    return pa.table({
        "user_key": columns["user_key"],
        "external_id": joined(coded(visitor.astype(np.int8), ("u-", "anon-")), numbered("", user + 100_001)),
        "email": joined(numbered("user", known), "@example.com"),
        "name": names,
        "kind": columns["kind"],
        "account_key": columns["account_key"],
        "plan": columns["plan"],
        "country": columns["country"],
        "channel": columns["channel"],
        "campaign": coded(ARRIVAL_CAMPAIGN[people.arrival[user]], CAMPAIGNS),
        "role": coded(np.where(part == OWNER, 0, np.where(part == MEMBER, 1, -1)), ROLES),
        "created_at": instants(people.first_seen[user]),
        "signed_up_day": dates(np.where(visitor, -1, world.calendar.day(signed_up)).astype(np.int32)),
        "last_seen_at": instants(last_seen[user]),
        "properties": _signals(people, user),
        "identified": pa.array(~visitor),
    })  # fmt: skip


def _signals(people: Population, user: Whole) -> pa.Array:
    """JSON with the device and card fingerprints that fraud rules look at."""
    device = numbered("", mixed(people.device_print[user].astype(np.uint64)).astype(np.int64) & 0xFFFFFFFFFF)
    card = numbered("", mixed(people.card_print[user].astype(np.uint64) + np.uint64(1 << 40)).astype(np.int64) & 0xFFFFFFFFFF)
    return joined('{"device_fingerprint":"d', device, '","card_fingerprint":"c', card, '"}')


def accounts(people: Population, plan: Code) -> Iterator[pa.Table]:
    """`accounts` in chunks, by key; `plan` per account."""
    for first in range(0, people.accounts.size, CHUNK):
        yield _accounts(people.accounts, np.arange(first, min(first + CHUNK, people.accounts.size)), plan)


def _accounts(all_accounts: Accounts, account: Whole, plan: Code) -> pa.Table:
    firm, trade = coded(shuffled(account, len(FIRMS)), FIRMS), coded(shuffled(account + 999_983, len(TRADES)), TRADES)
    return pa.table({
        "account_key": keys(account),
        "external_id": numbered("acc-", account + 10_001),
        "name": joined(firm, trade, numbered("", account + 1), by=" "),
        "kind": one("business", len(account)),
        "plan": coded(plan[account], PLANS),
        "country": coded(PLACE_COUNTRY[all_accounts.place[account]], COUNTRIES),
        "channel": coded(ARRIVAL_CHANNEL[all_accounts.arrival[account]], CHANNELS),
        "seats": whole(all_accounts.seats[account]),
        "created_at": instants(all_accounts.created[account]),
    })  # fmt: skip


def aliases(people: Population) -> Iterator[pa.Table]:
    """`aliases`: the anonymous id under which half of the signed-up people were seen first."""
    had = np.flatnonzero((people.signed_up >= 0) & (people.part != VISITOR) & (np.arange(people.size) % 2 == 0))
    for first in range(0, len(had), CHUNK):
        user = had[first : first + CHUNK]
        yield pa.table(
            {"external_id": numbered("anon-", user + 100_001), "user_key": keys(user), "since": instants(people.first_seen[user])}
        )
