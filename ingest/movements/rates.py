"""Dated rates of exchange, ready to look up."""

from __future__ import annotations

import numpy as np
import pandas as pd
from babel.numbers import get_currency_precision

from ingest.movements.ledger import Rates


def known_rates(dated: pd.DataFrame, base: str) -> Rates:
    """Rows of `fx_rates` (`day`, `currency`, `rate`: 1 unit in units of `base`) as rates between minor units.

    A currency without cents, such as the yen, has a minor unit worth 100 times that of one with them.
    """
    usable = dated[pd.to_numeric(dated["rate"]) > 0].sort_values("day")
    found = {}
    for currency, rows in usable.groupby("currency"):
        scale = 10.0 ** (get_currency_precision(base) - get_currency_precision(str(currency)))
        days = pd.to_datetime(rows["day"]).to_numpy().astype("datetime64[D]")
        found[str(currency)] = (days, rows["rate"].to_numpy(dtype="float64") * np.float64(scale))
    return Rates(base, found)
