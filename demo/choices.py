"""Which script each of Lumen's sessions follows."""

from __future__ import annotations

import numpy as np

from demo.business import BUSINESS, FREE, GIVEAWAY
from demo.clock import SECOND
from demo.lumen_scripts import LIBRARY
from demo.people import MEMBER, VISITOR, Code, Population
from demo.seeds import weighted
from demo.sessions import CHECKOUT, CREDITS, FIRST, LEAVE, SIGN_UP, Sessions
from demo.world import World

SCRIPT = {name: LIBRARY.code(name) for name in LIBRARY.scripts}


def script_of(world: World, people: Population, made: Sessions, plan: Code) -> Code:
    """The script of every session, from why it is there, who comes, and their plan then."""
    rng = world.rng("scripts")
    user, role = made.user, made.role
    part, arrival = people.part[user], people.arrival[user]
    script = np.where(part == VISITOR, _visitor(rng, made.size), _member(rng, plan))
    signing = (role == SIGN_UP) | ((role == FIRST) & (people.signed_up[user] >= 0) & (people.signed_up[user] - made.start < 3_600 * SECOND))
    entry = np.where(people.activated[user], SCRIPT["sign_up_active"], SCRIPT["sign_up"])
    entry = np.where(arrival == GIVEAWAY, SCRIPT["giveaway"], np.where(part == MEMBER, SCRIPT["invited"], entry))
    script = np.where(signing, entry, script)
    script = np.where((role == FIRST) & ~signing, np.where(people.hindered[user], SCRIPT["broken"], _visitor(rng, made.size)), script)
    outage = world.stories["payment_outage"]
    failing = rng.random(made.size) < np.where(outage.during(made.start), outage.size["fail_share"], 0.03)
    script = np.where(role == CHECKOUT, np.where(failing, SCRIPT["checkout_failed"], SCRIPT["checkout"]), script)
    script = np.where(role == CREDITS, np.where(failing, SCRIPT["checkout_failed"], SCRIPT["credits"]), script)
    return np.where(role == LEAVE, SCRIPT["leave"], script).astype(np.int16)


def _visitor(rng: np.random.Generator, size: int) -> Code:
    choice = np.array([SCRIPT["browse"], SCRIPT["read"], SCRIPT["abandon"]], dtype=np.int16)
    return choice[weighted(rng, [56, 28, 16], size)]


def _member(rng: np.random.Generator, plan: Code) -> Code:
    """What a signed-up person comes for: free people glance, paying ones work, larger plans read reports."""
    names = ("write", "assist", "report", "manage", "glance", "ask", "checkout_abandon", "browse")
    choice = np.array([SCRIPT[name] for name in names], dtype=np.int16)
    free = choice[weighted(rng, [34, 20, 5, 7, 18, 6, 5, 5], len(plan))]
    paid = choice[weighted(rng, [40, 24, 9, 6, 15, 5, 0, 1], len(plan))]
    large = choice[weighted(rng, [36, 22, 17, 8, 12, 5, 0, 0], len(plan))]
    return np.where(plan == FREE, free, np.where(plan >= BUSINESS, large, paid))
