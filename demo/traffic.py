"""The sessions of a company with all that is known of each: what its events and other facts are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.business import DIRECT, NEWSLETTER, ORGANIC
from demo.clock import Whole
from demo.people import Code, Population
from demo.scripts import Library
from demo.seeds import mixed
from demo.sessions import FIRST, Sessions
from demo.world import World


@dataclass
class Traffic:
    """Per session: `plan` and `arrived` are positions in PLANS and ARRIVALS, `script` in the library's scripts."""

    world: World
    people: Population
    library: Library
    sessions: Sessions
    plan: Code
    arrived: Code
    script: Code

    def following(self, *scripts: str) -> Whole:
        """Positions of the sessions that follow one of these scripts, in time order."""
        return np.flatnonzero(np.isin(self.script, [self.library.code(script) for script in scripts]))


def arrived(people: Population, made: Sessions) -> Code:
    """Where each session came from: a first visit from the person's own source, most later ones directly."""
    draw = (mixed(np.arange(made.size, dtype=np.uint64)) >> np.uint64(54)).astype(np.int64)  # 0 to 1023
    later = np.where(draw < 757, DIRECT, np.where(draw < 911, ORGANIC, NEWSLETTER))
    return np.where(made.role == FIRST, people.arrival[made.user], later).astype(np.int16)
