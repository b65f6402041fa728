"""A funnel of five steps as SQL: nested windows for any engine, windowFunnel for ClickHouse's."""

from __future__ import annotations

STEPS = ("sign_up_started", "sign_up_email_entered", "sign_up_password_set", "sign_up_completed", "onboarding_started")
WINDOW_DAYS = 7
NAMES = ", ".join(f"'{name}'" for name in STEPS)


def _after(step: int, value: str) -> str:
    """The least `value` of the following rows of that step."""
    return f"min(CASE WHEN step = {step} THEN {value} END) OVER w"


def plain(where: str, slice_of: str, *, people: bool) -> str:
    """(slice, step, users), steps from 1: level by nested windows over the events of the five names.

    Exact where no two events of a user share an instant. `slice_of`: an aggregate over the user's rows, or a column of `users`.
    """
    number = "CASE name " + " ".join(f"WHEN '{name}' THEN {i}" for i, name in enumerate(STEPS, 1)) + " END"
    frame = "WINDOW w AS (PARTITION BY user_key ORDER BY ts ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
    layers = [
        {"n2": _after(2, "ts"), "n3": _after(3, "ts"), "n4": _after(4, "ts"), "n5": _after(5, "ts")},
        {"n23": _after(2, "n3"), "n34": _after(3, "n4"), "n45": _after(4, "n5")},
        {"n234": _after(2, "n34"), "n345": _after(3, "n45")},
        {"n2345": _after(2, "n345")},
    ]
    seen = "min(CASE WHEN browser <> '' THEN ts END) OVER (PARTITION BY user_key) AS first_seen"  # the first known value is the slice
    more = "" if people else f", browser, {seen}"
    inner = f"SELECT user_key, ts, {number} AS step{more} FROM events WHERE {where} AND name IN ({NAMES}) AND user_key IS NOT NULL"
    for layer in layers:
        inner = f"SELECT *, {', '.join(f'{sql} AS {name}' for name, sql in layer.items())} FROM ({inner}) x {frame}"
    reach = " + ".join(
        f"(CASE WHEN {name} <= ts + INTERVAL '{WINDOW_DAYS} days' THEN 1 ELSE 0 END)" for name in ("n2", "n23", "n234", "n2345")
    )
    level = f"max(CASE WHEN step = 1 THEN 1 + {reach} ELSE 0 END) AS level"
    per_user = f"SELECT user_key, {level}{'' if people else f', {slice_of} AS slice'} FROM ({inner}) y GROUP BY user_key"
    known = f"SELECT p.level, coalesce(u.{slice_of}, '') AS slice FROM ({per_user}) p LEFT JOIN users u"
    rows = f"{known} ON u.tenant = 1 AND u.user_key = p.user_key" if people else per_user
    steps = "(SELECT 1 AS k UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5)"
    return f"SELECT slice, k, count(CASE WHEN level >= k THEN 1 END) FROM ({rows}) z CROSS JOIN {steps} s WHERE level > 0 GROUP BY 1, 2"


def clickhouse(where: str, slice_of: str, *, people: bool) -> str:
    conditions = ", ".join(f"name = '{name}'" for name in STEPS)
    level = f"windowFunnel({WINDOW_DAYS * 86_400_000_000})(toUInt64(ts), {conditions}) AS level"
    what = level if people else f"{level}, {slice_of} AS slice"
    rows = f"SELECT user_key, {what} FROM events WHERE {where} AND name IN ({NAMES}) GROUP BY user_key"
    if people:
        rows = f"SELECT level, u.country AS slice FROM ({rows}) p LEFT JOIN people u ON u.user_key = p.user_key"
    return f"SELECT slice, k, countIf(level >= k) FROM ({rows}) ARRAY JOIN [1, 2, 3, 4, 5] AS k WHERE level > 0 GROUP BY slice, k"
