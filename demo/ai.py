"""Lumen's assistant: conversations, and the generations of language models they are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo.clock import MINUTE, SECOND, Whole
from demo.columns import coded, dates, instants, keys, lookup, numbered, one, whole
from demo.person import who
from demo.seeds import ids, weighted
from demo.traffic import Traffic

GENERATIONS = 3.6  # per conversation, on average
AT_ONCE = 80_000  # conversations in one chunk


@dataclass(frozen=True)
class Model:
    """A language model with its prices in US dollars per million tokens."""

    provider: str
    name: str
    input_price: float
    output_price: float
    milliseconds_per_token: float
    weight: float


MODELS = (
    Model("anthropic", "claude-sonnet-4-5", 3.0, 15.0, 12, 30),
    Model("anthropic", "claude-haiku-4-5", 1.0, 5.0, 6, 26),
    Model("openai", "gpt-5", 1.25, 10.0, 11, 22),
    Model("openai", "gpt-5-mini", 0.25, 2.0, 6, 12),
    Model("mistral", "mistral-large-2", 2.0, 6.0, 9, 10),
)
PROVIDER, PROVIDERS = lookup([model.provider for model in MODELS])
NAME, NAMES = lookup([model.name for model in MODELS])
TEMPLATES = ("summarise", "draft", "research", "translate", "chat")
INPUT_TOKENS = np.array([38_000, 9_000, 52_000, 7_000, 12_000])  # medians by template: whole documents go in
OUTPUT_TOKENS = np.array([900, 1_300, 2_100, 1_500, 700])
VERSIONS = ("v6", "v7", "v8", "v3", "v4")
STATUSES = ("ok", "error", "timeout")


def conversations(traffic: Traffic) -> Iterator[tuple[str, pa.Table]]:
    """`conversations` and their `ai_generations`, alternating, by time."""
    world = traffic.world
    rng, where = world.rng("ai"), traffic.following("assist", "credits")
    wanted = world.events * world.scale.usage / GENERATIONS
    where = where[rng.random(len(where)) < wanted / max(len(where), 1)]
    first = generated = 0
    for first in range(0, len(where), AT_ONCE):
        chunk = _Chunk(traffic, rng, where[first : first + AT_ONCE], first)
        yield "conversations", chunk.conversations(rng)
        table = chunk.generations(rng, generated)
        generated += table.num_rows
        yield "ai_generations", table


class _Chunk:
    """Some conversations, each inside a session, with the choice of template and model."""

    def __init__(self, traffic: Traffic, rng: np.random.Generator, session: Whole, first: int) -> None:
        self.traffic, self.session, self.first = traffic, session, first
        size = len(session)
        self.count = 1 + rng.poisson(GENERATIONS - 1, size)
        self.start = traffic.sessions.start[session] + rng.integers(MINUTE, 3 * MINUTE, size)
        self.template = weighted(rng, [28, 24, 14, 10, 24], size)
        self.model = weighted(rng, [model.weight for model in MODELS], size)

    def conversations(self, rng: np.random.Generator) -> pa.Table:
        traffic, size = self.traffic, len(self.session)
        user = traffic.sessions.user[self.session]
        rated = rng.random(size) < 0.22
        return pa.table({
            "id": ids(traffic.world.salt("conversations"), self.first, size),
            "ts": instants(self.start),
            "day": dates(traffic.world.calendar.day(self.start)),
            "conversation_id": numbered("conv_", self.session),
            "provider": coded(PROVIDER[self.model], PROVIDERS),
            "model": coded(NAME[self.model], NAMES),
            "messages": whole(self.count * 2),
            "duration_s": pa.array(np.round(self.count * rng.uniform(35, 110, size), 1)),
            "rating": pa.array(weighted(rng, [4, 6, 14, 34, 42], size) + 1.0, mask=~rated),
            "shared": pa.array(rng.random(size) < 0.06),
            "exported": pa.array(rng.random(size) < 0.09),
            "session_key": keys(self.session),
            **who(traffic.people, user, traffic.plan[self.session]),
        })  # fmt: skip

    def generations(self, rng: np.random.Generator, first: int) -> pa.Table:
        of = np.repeat(np.arange(len(self.session)), self.count)
        turn = np.arange(len(of)) - (np.cumsum(self.count) - self.count)[of]
        ts = self.start[of] + turn * 50 * SECOND + rng.integers(0, 40 * SECOND, len(of))
        order = np.argsort(ts, kind="stable")
        of, ts = of[order], ts[order]
        session, model, version = self.session[of], self.model[of], self._version(rng, self.template[of], ts)
        used = self._tokens(rng, of, version)
        latency = (500 + used[1] * _of_model("milliseconds_per_token")[model]) * np.exp(rng.normal(0, 0.35, len(of)))
        status = weighted(rng, [970, 22, 8], len(of))
        user = self.traffic.sessions.user[session]
        return pa.table({
            "id": ids(self.traffic.world.salt("ai_generations"), first, len(of)),
            "ts": instants(ts),
            "day": dates(self.traffic.world.calendar.day(ts)),
            "conversation_id": numbered("conv_", session),
            "provider": coded(PROVIDER[model], PROVIDERS),
            "model": coded(NAME[model], NAMES),
            "prompt_template": coded(self.template[of], TEMPLATES),
            "prompt_version": coded(version, VERSIONS),
            "input_tokens": whole(used[0]),
            "output_tokens": whole(np.where(status == 0, used[1], 0)),
            "cost_minor": whole(_cost(rng, model, used[0], np.where(status == 0, used[1], 0))),
            "currency": one("USD", len(of)),
            "latency_ms": pa.array(np.where(status == 2, 60_000.0, np.round(latency, 1))),
            "quality": pa.array(np.round(np.clip(rng.normal(0.82, 0.09, len(of)), 0, 1), 3), mask=status > 0),
            "status": coded(status, STATUSES),
            "session_key": keys(session),
            **who(self.traffic.people, user, self.traffic.plan[session]),
        })  # fmt: skip

    def _version(self, rng: np.random.Generator, template: Whole, ts: Whole) -> Whole:
        """Summarise went from v6 to the expensive v7 for most people, then to v8; the others stay at v3 and v4."""
        story = self.traffic.world.stories["ai_overrun"]
        seven = story.during(ts) & (rng.random(len(ts)) < 0.85)
        summarise = np.where(seven, 1, np.where(ts >= story.span[1], 2, 0))
        return np.where(template == TEMPLATES.index(story.size["prompt_template"]), summarise, 3 + template % 2)

    def _tokens(self, rng: np.random.Generator, of: Whole, version: Whole) -> tuple[Whole, Whole]:
        """Tokens in and out; the bad version multiplies both (it repeats the document in its answer)."""
        factor = np.where(version == 1, self.traffic.world.stories["ai_overrun"].size["tokens_factor"], 1.0)
        spread = np.exp(rng.normal(0, 0.5, (2, len(of))))
        template = self.template[of]
        counts = (np.stack([INPUT_TOKENS[template], OUTPUT_TOKENS[template]]) * spread * factor).astype(np.int64)
        return counts[0], counts[1]


def _of_model(attribute: str) -> npt.NDArray[np.float64]:
    return np.array([getattr(model, attribute) for model in MODELS], dtype=float)


def _cost(rng: np.random.Generator, model: Whole, tokens_in: Whole, tokens_out: Whole) -> Whole:
    """US cents, rounded up or down by chance so that sums of many small amounts are right."""
    cents = (tokens_in * _of_model("input_price")[model] + tokens_out * _of_model("output_price")[model]) / 10_000
    return np.floor(cents + rng.random(len(cents))).astype(np.int64)
