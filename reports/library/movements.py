"""What the MRR panels of several reports share: the five movements, their colours and short names."""

from __future__ import annotations

from typing import Any

from accounts.language import Text

GAINS = ("new_mrr", "expansion_mrr", "reactivation_mrr")
LOSSES = ("contraction_mrr", "churned_mrr")
SHORT = {
    "new_mrr": Text("New", "Nouveau"),
    "expansion_mrr": Text("Expansion", "Expansion"),
    "reactivation_mrr": Text("React.", "Réact."),
    "contraction_mrr": Text("Contract.", "Contract."),
    "churned_mrr": Text("Churn", "Attrition"),
}
COLOURS = {
    "new_mrr": "good",
    "expansion_mrr": "good_pale",
    "reactivation_mrr": "good_deep",
    "contraction_mrr": "bad_pale",
    "churned_mrr": "bad",
}
DRILL_TABLE: dict[str, Any] = {"columns": ("day", "name", "movement", "plan_from", "plan_to", "amount")}
