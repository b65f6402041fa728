"""What can go wrong between the product and its warehouse, each with a message a reader can act on."""

from __future__ import annotations


class WarehouseError(RuntimeError):
    """The warehouse could not do what was asked."""


class WarehouseUnavailable(WarehouseError):
    """No connection: the server is down, the file is locked, the disk is full. Worth trying again."""


class SchemaMismatch(WarehouseError):
    """The warehouse's tables are of another version than this program's; the message names the command that mends it."""


class QueryBudgetExceeded(WarehouseError):
    """A question ran longer than its budget and was stopped."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"stopped after {seconds:g} s: ask for a shorter period, fewer breakdowns, or raise QUERY_BUDGET_SECONDS")
        self.seconds = seconds
