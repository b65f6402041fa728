"""Why a question has no answer, in the reader's words: a title, and what to do next."""

from __future__ import annotations

from accounts.language import Text
from analytics.filters import InvalidFilter
from analytics.period import InvalidPeriod
from analytics.query import InvalidQuery
from analytics.run import Forbidden
from data_access.errors import QueryBudgetExceeded, SchemaMismatch, WarehouseUnavailable

FORBIDDEN = Text("Not open to your role", "Non ouvert à votre rôle")
FORBIDDEN_NEXT = Text("An administrator can grant it.", "Un administrateur peut vous l’accorder.")
SLOW = Text("Stopped: it took too long", "Interrompu : trop long")
SLOW_NEXT = Text(
    "Choose a shorter period or fewer breakdowns, then try again.",
    "Choisissez une période plus courte ou moins de ventilations, puis réessayez.",
)
DOWN = Text("The warehouse does not answer", "L’entrepôt de données ne répond pas")
DOWN_NEXT = Text(
    "The page tries again when you reload it. `vigie check` says what is wrong.",
    "La page réessaie quand vous la rechargez. `vigie check` dit ce qui ne va pas.",
)
INVALID = Text("This question cannot be asked", "Cette question ne peut pas être posée")
FAILED = Text("This panel could not be drawn", "Ce panneau n’a pas pu être dessiné")
FAILED_NEXT = Text(
    "The others are not affected. The log has the details.", "Les autres ne sont pas touchés. Le journal contient les détails."
)

REASONS: dict[type[Exception], tuple[Text, Text]] = {
    Forbidden: (FORBIDDEN, FORBIDDEN_NEXT),
    QueryBudgetExceeded: (SLOW, SLOW_NEXT),
    WarehouseUnavailable: (DOWN, DOWN_NEXT),
    SchemaMismatch: (DOWN, DOWN_NEXT),
}
# The error itself says exactly what is wrong, in English; in French its type decides.
_INVALID_FR: dict[type[Exception], str] = {
    InvalidPeriod: "la période s’écrit 30d, 12w, mtd, last_month ou 2026-01-01~2026-01-31",
    InvalidFilter: 'un filtre s’écrit ["is", "country", ["FR"]], avec une condition et des valeurs connues',
    InvalidQuery: "ces mesures, cette période et ces filtres ne vont pas ensemble ; retirez un filtre ou changez la période",
}


def reason(error: Exception) -> tuple[Text, Text]:
    """The title and the advice for whatever kept a question from its answer."""
    if isinstance(error, tuple(_INVALID_FR)):
        return INVALID, _sentence(invalid(error))
    return REASONS.get(type(error), (FAILED, FAILED_NEXT))


def invalid(error: Exception) -> Text:
    """What is wrong with a period, a filter or a query that was written by somebody."""
    if french := getattr(error, "fr", ""):
        return Text(str(error), french)
    return Text(str(error), next((said for kind, said in _INVALID_FR.items() if isinstance(error, kind)), INVALID.fr))


def _sentence(text: Text) -> Text:
    """A clause as a sentence."""
    return Text(*(said[:1].upper() + said[1:].rstrip(".") + "." for said in (text.en, text.fr)))
