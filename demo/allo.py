"""Everything about Allo Expert that several tables need, worked out once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from demo import marketplace, sessions
from demo.allo_scripts import LIBRARY
from demo.bookings import Trade
from demo.clock import HOUR, MINUTE, Whole
from demo.marketing import Happened, Touches
from demo.marketplace import ABANDONED, COMPLETED, FAILED, Bookings
from demo.people import VISITOR, Code, Population, populate
from demo.seeds import weighted
from demo.sessions import BOOKING, FIRST, SIGN_UP, Planned, PlannedRows, Sessions
from demo.traffic import Traffic, arrived
from demo.world import World


class Allo:
    """The marketplace; each part is computed when first asked for."""

    mean_events = 6.5  # per casual visit

    def __init__(self, world: World) -> None:
        self.world = world

    @cached_property
    def people(self) -> Population:
        return populate(self.world)

    @cached_property
    def experts(self) -> marketplace.Experts:
        return marketplace.experts(self.world)

    @cached_property
    def bookings(self) -> Bookings:
        return marketplace.bookings(self.world, self.people, self.experts)

    @cached_property
    def sessions(self) -> Sessions:
        last = np.full(self.people.size, -1, dtype=np.int64)
        last[self.bookings.user] = self.bookings.ts  # bookings are by time: the last one wins
        life = sessions.lives(self.world, self.people, last, np.zeros(self.people.size, dtype=bool))
        return sessions.sessions(self.world, self.people, life, [self._visits], mean_events=self.mean_events)

    @property
    def _visits(self) -> Planned:
        return Planned(self.bookings.user, self.bookings.ts - 4 * MINUTE, BOOKING)

    @cached_property
    def booking_of(self) -> Whole:
        """The booking made in each session, -1 for none."""
        found = np.full(self.sessions.size, -1, dtype=np.int64)
        booking = np.flatnonzero(self.sessions.role == BOOKING)
        rows = PlannedRows(self.world, self._visits.user, self._visits.start)
        found[booking] = rows.find(self.sessions.user[booking], self.sessions.start[booking])
        return found

    @cached_property
    def traffic(self) -> Traffic:
        made = self.sessions
        plan = np.full(made.size, -1, dtype=np.int16)  # a marketplace has no plans
        return Traffic(self.world, self.people, LIBRARY, made, plan, arrived(self.people, made), self._scripts())

    def _scripts(self) -> Code:
        made, people, rng = self.sessions, self.people, self.world.rng("scripts")
        strangers = _choice(rng, {"browse": 50, "read": 22, "look": 18, "abandon": 10}, made.size)
        clients = _choice(rng, {"return": 62, "manage": 24, "booking_abandoned": 14}, made.size)
        script = np.where(people.part[made.user] == VISITOR, strangers, clients)
        fresh = people.signed_up[made.user] - made.start < HOUR
        signing = (people.signed_up[made.user] >= 0) & ((made.role == SIGN_UP) | ((made.role == FIRST) & fresh))
        script = np.where(made.role == FIRST, strangers, script)
        script = np.where(signing, LIBRARY.code("sign_up"), script)
        outcome = np.where(self.booking_of >= 0, self.bookings.outcome[self.booking_of], COMPLETED)
        ending = np.where(outcome == FAILED, LIBRARY.code("booking_failed"), LIBRARY.code("booking"))
        ending = np.where(outcome == ABANDONED, LIBRARY.code("booking_abandoned"), ending)
        return np.where(made.role == BOOKING, ending, script).astype(np.int16)

    @cached_property
    def trade(self) -> Trade:
        session = Touches(self.traffic).last(self.bookings.user, self.bookings.ts)
        return Trade(self.world, self.people, self.experts, self.bookings, session)

    def money(self, session: npt.NDArray[np.int64]) -> tuple[Whole, Code]:
        """What is held in each of these sessions in minor units, -1 for nothing, and in which of CURRENCIES."""
        booking = self.booking_of[session]
        return np.where(booking >= 0, self.bookings.held[booking], -1), self.bookings.currency[booking]

    @property
    def happened(self) -> list[Happened]:
        """Sign-ups, bookings, and calls that were paid for."""
        made, people = self.bookings, self.people
        signed = np.flatnonzero(people.signed_up >= 0)
        done, talked = np.flatnonzero(made.outcome == COMPLETED), np.flatnonzero(made.captured > 0)
        return [
            Happened.free("sign_up", signed, people.signed_up[signed]),
            Happened("booking", made.user[done], made.ts[done] + 3 * MINUTE, made.held[done], made.currency[done]),
            Happened("purchase", made.user[talked], made.called_at[talked] + 3 * MINUTE, made.captured[talked], made.currency[talked]),
        ]


def _choice(rng: np.random.Generator, shares: dict[str, float], size: int) -> Code:
    codes = np.array([LIBRARY.code(name) for name in shares], dtype=np.int16)
    return codes[weighted(rng, list(shares.values()), size)]
