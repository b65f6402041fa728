"""The columns of `events` for any company: what is known of the moment, the person and the visit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.business import AGENTS, ARRIVALS, COUNTRIES, LANGUAGES, PLACES
from demo.clock import SECOND, Whole
from demo.columns import coded, dates, instants, lookup, one
from demo.people import OWNER, Code
from demo.person import who
from demo.seeds import ids
from demo.sessions import FIRST
from demo.traffic import Traffic

Rows = tuple[npt.NDArray[np.int64], Code, Whole]  # session position, moment, ts
OF_MOMENT = {"name": "name", "category": "category", "page": "page", "action": "action", "label": "label", "title": "page", "path": "path"}
OF_AGENT = ("device", "os", "os_version", "browser", "browser_version", "screen")
OF_ARRIVAL = ("source", "medium", "campaign", "referrer", "term", "content")


class EventColumns:
    """Dictionaries for one company's moments, and the tables made with them."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic, self.world, self.people = traffic, traffic.world, traffic.people
        moments = tuple(traffic.library.moments.values())
        self.moment = {column: lookup([getattr(m, attribute) for m in moments]) for column, attribute in OF_MOMENT.items()}
        self.agent = {name: lookup([getattr(agent, name) for agent in AGENTS]) for name in OF_AGENT}
        self.arrival = {name: lookup([getattr(arrival, name) for arrival in ARRIVALS]) for name in OF_ARRIVAL}
        self.place = {name: lookup([getattr(place, name) for place in PLACES]) for name in ("region", "city")}
        self.language = lookup([LANGUAGES[country] for country in COUNTRIES])
        self.loads = np.array([m.loads for m in moments])
        self.texts = tuple(text for m in moments for text in m.properties)
        self.text_count = np.array([len(m.properties) for m in moments])
        self.text_first = np.cumsum(self.text_count) - self.text_count

    def table(self, rng: np.random.Generator, rows: Rows, seq: int) -> pa.Table:
        """One chunk of `events`, without value and currency; `seq` is how many events came before it."""
        session, moment, ts = rows
        made, size = self.traffic.sessions, len(ts)
        user, arrived = made.user[session], self.traffic.arrived[session]
        return pa.table({
            "id": ids(self.world.salt("events"), seq, size),
            "ts": instants(ts),
            "day": dates(self.world.calendar.day(ts)),
            "seq": pa.array(np.arange(seq + 1, seq + size + 1)),
            "received_at": instants(ts + rng.integers(40_000, 2 * SECOND, size)),
            "session_key": pa.array(session + 1),
            **who(self.people, user, self.traffic.plan[session]),
            **{name: _taken(pair, moment) for name, pair in self.moment.items()},
            "search": one(None, size),
            **{name: _taken(pair, arrived) for name, pair in self.arrival.items()},
            **{name: _taken(pair, self.people.place[user]) for name, pair in self.place.items()},
            **{name: _taken(pair, self.people.agent[user]) for name, pair in self.agent.items()},
            "language": _taken(self.language, self.people.country[user]),
            "is_new_user": pa.array((made.role == FIRST)[session]),
            "is_new_session": pa.array(_opens(session)),
            "role": coded(np.where(self.people.part[user] >= OWNER, self.people.part[user] - OWNER, -1), ("owner", "member")),
            "duration_ms": self._durations(rng, moment, ts),
            "properties": self._properties(rng, moment),
        })  # fmt: skip

    def _durations(self, rng: np.random.Generator, moment: Code, ts: Whole) -> pa.Array:
        """Milliseconds waited for a page, a search, an answer; longer in the slow database week."""
        loads = self.loads[moment]
        wait = loads * np.exp(rng.standard_normal(len(moment), dtype=np.float32) * 0.45)
        slow = self.world.stories.get("slow_database")
        if slow is not None:
            wait = np.where(slow.during(ts), wait * slow.size["page_factor"], wait)
        return pa.array(np.round(wait, 1), mask=loads == 0)

    def _properties(self, rng: np.random.Generator, moment: Code) -> pa.Array:
        count = self.text_count[moment]
        pick = self.text_first[moment] + (rng.random(len(moment), dtype=np.float32) * count).astype(np.int64)
        return coded(np.where(count > 0, pick, -1), self.texts)


def _taken(pair: tuple[npt.NDArray[np.int16], list[str]], codes: Code) -> pa.Array:
    return coded(pair[0][codes], pair[1])


def _opens(session: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which rows open their session; rows are by time, so it is the first of each number."""
    first = np.full(session.max() - session.min() + 1, -1, dtype=np.int64)
    local = session - session.min()
    first[local[::-1]] = np.arange(len(session))[::-1]
    return first[local] == np.arange(len(session))
