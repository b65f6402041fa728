"""USAGE: what artificial intelligence does, costs and takes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Metric, Unit
from analytics.sources.latency import AI_LATENCY, quantile
from analytics.sources.usage import AI_GENERATIONS


def _tokens(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.func.coalesce(rows.c.input_tokens, 0) + sa.func.coalesce(rows.c.output_tokens, 0))


USAGE: tuple[Metric, ...] = (
    Metric(
        "generations",
        Text("AI generations", "Générations IA"),
        Text("Answers asked of an AI model, failed ones included.", "Réponses demandées à un modèle d’IA, échecs compris."),
        "usage", Unit.COUNT, source=AI_GENERATIONS, expression=lambda rows: sa.func.count(), empty=0,
    ),
    Metric(
        "tokens",
        Text("AI tokens", "Jetons IA"),
        Text("Tokens read and written by AI models.", "Jetons lus et écrits par les modèles d’IA."),
        "usage", Unit.COUNT, "neutral", source=AI_GENERATIONS, expression=_tokens, empty=0,
    ),
    Metric(
        "ai_cost",
        Text("AI cost", "Coût de l’IA"),
        Text(
            "What AI providers charge for the generations, in the reporting currency.",
            "Ce que les fournisseurs d’IA facturent pour les générations, dans la devise de référence.",
        ),
        "usage", Unit.MONEY, "down", source=AI_GENERATIONS, expression=lambda rows: sa.func.sum(rows.c.cost_base_minor), empty=0,
        permission=Permission.READ_MONEY,
    ),
    Metric(
        "ai_latency",
        Text("AI latency (median)", "Latence IA (médiane)"),
        Text("Half of the generations were ready within this time.", "La moitié des générations étaient prêtes dans ce délai."),
        "usage", Unit.MILLISECONDS, "down", source=AI_LATENCY, expression=quantile("p50"),
    ),
)  # fmt: skip
