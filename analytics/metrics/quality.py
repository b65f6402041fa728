"""QUALITY: does the product answer, and how fast."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from accounts.language import Text
from analytics.metric import Metric, Unit, ratio
from analytics.sources.latency import API_LATENCY, PAGE_LATENCY, quantile
from analytics.sources.usage import API_REQUESTS, CHECKS

_HISTOGRAM = Text(
    "Read from a histogram of 1 % steps: right to half a percent.", "Lu dans un histogramme à pas de 1 % : juste à un demi pour cent."
)


def _failed(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((rows.c.status >= 500, 1), else_=0))


def _reachable(rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((rows.c.state == "down", 0), else_=1))


def _latency(name: str, percent: int) -> Metric:
    return Metric(
        f"latency_{name}",
        Text(f"API latency p{percent}", f"Latence API p{percent}"),
        Text(
            f"{percent} % of API requests were answered within this time.",
            f"{percent} % des requêtes API ont reçu réponse dans ce délai.",
        ),
        "quality", Unit.MILLISECONDS, "down", source=API_LATENCY, expression=quantile(name), footnote=_HISTOGRAM,
    )  # fmt: skip


QUALITY: tuple[Metric, ...] = (
    Metric(
        "api_requests",
        Text("API requests", "Requêtes API"),
        Text("Requests to the product’s API.", "Requêtes adressées à l’API du produit."),
        "usage", Unit.COUNT, "neutral", source=API_REQUESTS, expression=lambda rows: sa.func.count(), empty=0,
    ),
    Metric(
        "api_errors",
        Text("API errors", "Erreurs API"),
        Text("API requests answered with a status of 500 or more.", "Requêtes API ayant reçu un statut de 500 ou plus."),
        "quality", Unit.COUNT, "down", source=API_REQUESTS, expression=_failed, empty=0,
    ),
    Metric(
        "error_rate",
        Text("Error rate", "Taux d’erreur"),
        Text(
            "Share of API requests that failed on the server (status 500 or more).",
            "Part des requêtes API en échec côté serveur (statut 500 ou plus).",
        ),
        "quality", Unit.RATIO, "down", needs=("api_errors", "api_requests"),
        formula=lambda m: ratio(m["api_errors"], m["api_requests"]), change="points",
    ),
    _latency("p50", 50),
    _latency("p95", 95),
    _latency("p99", 99),
    Metric(
        "checks",
        Text("Health checks", "Contrôles de santé"),
        Text("Checks of services and integrations.", "Contrôles des services et des intégrations."),
        "quality", Unit.COUNT, "neutral", source=CHECKS, expression=lambda rows: sa.func.count(), empty=0, hidden=True,
    ),
    Metric(
        "reachable_checks",
        Text("Health checks that found the target up", "Contrôles ayant trouvé la cible disponible"),
        Text("Checks whose target was up or degraded.", "Contrôles dont la cible était disponible ou dégradée."),
        "quality", Unit.COUNT, source=CHECKS, expression=_reachable, empty=0, hidden=True,
    ),
    Metric(
        "uptime",
        Text("Uptime", "Disponibilité"),
        Text(
            "Share of health checks whose target was not down; degraded counts as up.",
            "Part des contrôles dont la cible n’était pas en panne ; dégradée vaut disponible.",
        ),
        "quality", Unit.RATIO, needs=("reachable_checks", "checks"),
        formula=lambda m: ratio(m["reachable_checks"], m["checks"]), change="points",
    ),
    Metric(
        "page_load",
        Text("Page load (p75)", "Chargement de page (p75)"),
        Text("Three page views out of four loaded within this time.", "Trois pages vues sur quatre ont été chargées dans ce délai."),
        "quality", Unit.MILLISECONDS, "down", source=PAGE_LATENCY, expression=quantile("p75"), footnote=_HISTOGRAM,
    ),
)  # fmt: skip
