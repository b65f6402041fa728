"""The columns of fact rows that the writer gives: ids, days, keys, who the person was, amounts, sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access.dialects.columns import BadColumn
from data_access.schema import fx_rates, users
from data_access.warehouse import Transaction
from ingest import identity, sessions
from ingest.columns import Flags, Whole, cleaned, constant, instants, numbers, put, whole_array
from ingest.days import local_days
from ingest.ids import with_ids
from ingest.money import missing_amounts, monthly, with_base
from ingest.movements.ledger import Rates
from ingest.movements.rates import known_rates
from ingest.people import account_keys, user_keys

PERSON = ("account_key", "plan", "kind", "country", "channel")
MRR_FROM = ("amount_minor", "interval", "status")


def stamped(table: sa.Table, rows: pa.Table, tenant: Tenant) -> pa.Table:
    """Clean rows with `id`, `tenant`, `ts` and the tenant's `day`."""
    if "ts" not in rows.column_names or rows["ts"].null_count:
        raise BadColumn(f"{table.name}: every row needs its instant `ts`")
    rows = with_ids(cleaned(rows))
    rows = put(rows, "tenant", constant(tenant.key, pa.int32(), rows.num_rows))
    ts = instants(rows["ts"])
    rows = put(rows, "ts", pa.array(ts).cast(pa.timestamp("us")))
    return put(rows, "day", local_days(ts, tenant.time_zone))


def in_order(rows: pa.Table) -> pa.Table:
    """Rows by time: an engine skips what lies outside a period only where rows lie together in time."""
    ts = instants(rows["ts"])
    return rows if (ts[1:] >= ts[:-1]).all() else rows.take(pa.array(np.argsort(ts, kind="stable")))


class Facts:
    """What the rows of one write share: the people they are about, rates of exchange, `now`."""

    def __init__(self, tx: Transaction, tenant: Tenant, now: datetime) -> None:
        self._tx = tx
        self._tenant = tenant
        self._now = now
        self._people = pd.DataFrame()
        self._rates: Rates | None = None
        self._created: dict[int, int] = {}  # users made by this write: when first seen, microseconds
        self.made: set[str] = set()  # dimension tables that changed
        self._earlier: set[int] = set()  # those of them seen earlier than first thought

    def dimension(self, name: str, rows: pa.Table) -> Iterator[tuple[str, pa.Table]]:
        """(table, rows with keys) to merge for rows of a dimension table; a user's own id is an alias too."""
        rows = cleaned(rows)
        if name == "fx_rates":
            self._rates = None
        if name in ("users", "accounts", "aliases"):
            rows = self._with_account(rows) if name != "accounts" else _own_key(rows, "account_key", self._own_accounts)
        if name == "users":
            rows = _own_key(rows, "user_key", self._users)
            if "identified" not in rows.column_names:  # a list of users, whoever made it, is of known people
                rows = put(rows, "identified", constant(True, pa.bool_(), rows.num_rows))
        yield name, rows
        if name == "users" and "external_id" in rows.column_names:
            yield "aliases", rows.select(["external_id", "user_key"]).filter(pc.is_valid(rows["external_id"]))

    def linked(self, rows: pa.Table) -> identity.Links:
        """Ids paired with a `user_id`, resolved; new users and names are written, merges are for the caller."""
        links = identity.link(self._tx, self._tenant.key, cleaned(rows), self._now)
        identity.settle(self._tx, self._tenant.key, links)
        self._created |= {key: _micros(since or self._now) for key, (_, since) in links.made.items()}
        for old, new in links.into.items():
            if old in self._created:
                self._created[new] = min(self._created.get(new, self._created[old]), self._created.pop(old))
                self._earlier.add(new)
        return links

    def keyed(self, rows: pa.Table) -> pa.Table:
        """`user_id` and `account_id` become keys, new ones for ids not seen before."""
        if "user_id" in rows.column_names:
            rows = self._with_user(rows, instants(rows["ts"]))
        return self._with_account(rows)

    def _with_user(self, rows: pa.Table, seen: Whole) -> pa.Table:
        return _resolved(rows, "user_id", "user_key", lambda ids, known: self._users(ids, seen[known]))

    def _with_account(self, rows: pa.Table) -> pa.Table:
        return _resolved(rows, "account_id", "account_key", lambda ids, _: self._accounts(ids))

    def _accounts(self, ids: pa.Array) -> Whole:
        keys, added = account_keys(self._tx, self._tenant.key, ids, add=True)
        self.made |= {"accounts"} if added else set()
        return keys

    def _own_accounts(self, ids: pa.Array) -> Whole:
        return account_keys(self._tx, self._tenant.key, ids, add=False)[0]

    def _users(self, ids: pa.Array, seen: Whole | None = None) -> Whole:
        keys, created = user_keys(self._tx, self._tenant.key, ids, seen)
        if seen is not None:
            self.made |= {"users", "aliases"} if created else set()
            self._created.update(created)
            self._seen_earlier(keys, seen)
        return keys

    def _seen_earlier(self, keys: Whole, seen: Whole) -> None:
        """Files are seldom in order of time: a user made by this write was created when first seen in all of it."""
        if not self._created:
            return
        first = pd.Series(seen).groupby(keys).min()
        known = pd.Series(self._created)
        both = known.index.intersection(first.index)
        earlier = first[both][first[both] < known[both]]
        self._created.update({int(key): int(at) for key, at in earlier.items()})
        self._earlier.update(int(key) for key in earlier.index)

    def settle(self) -> None:
        """Write what was learnt about new users after their row was."""
        if not self._earlier:
            return
        keys = sorted(self._earlier)
        at = pa.array([self._created[key] for key in keys], pa.int64()).cast(pa.timestamp("us"))
        staged = self._tx.stage("earlier_users", pa.table({"user_key": pa.array(keys, pa.int64()), "at": at}))
        mine = sa.and_(users.c.tenant == self._tenant.key, users.c.user_key == staged.c.user_key, users.c.created_at > staged.c.at)
        self._tx.execute(sa.update(users).values(created_at=staged.c.at).where(mine))

    def meet(self, tables: Mapping[str, pa.Table]) -> None:
        """Read the people that rows are about, once for all tables, where a column is to be filled from them."""
        asking = [rows for rows in tables.values() if "user_key" in rows.column_names and _lacks_person(rows)]
        keys = [pc.unique(rows["user_key"].cast(pa.int64())) for rows in asking]
        if not keys:
            return
        everyone = pc.unique(pa.chunked_array([key.drop_null() for key in keys], pa.int64()))
        staged = self._tx.stage("met_users", pa.table({"user_key": everyone}))
        columns = [users.c[name] for name in ("user_key", *PERSON, "created_at")]
        mine = users.c.tenant == self._tenant.key, users.c.user_key.in_(sa.select(staged.c.user_key))
        self._people = self._tx.read(sa.select(*columns).where(*mine)).set_index("user_key")

    def filled(self, table: sa.Table, rows: pa.Table) -> pa.Table:
        """Every column that can be known and is absent from the batch."""
        if "user_key" in rows.column_names and len(self._people):
            rows = self._with_person(table, rows)
        for prefix in missing_amounts(table, rows):
            rows = with_base(rows, prefix, self._known_rates())
        if table.name == "subscriptions":
            rows = _subscribed(rows)
        if table.name == "events" and "received_at" not in rows.column_names:
            rows = put(rows, "received_at", constant(self._now, pa.timestamp("us"), rows.num_rows))
        return rows

    def _with_person(self, table: sa.Table, rows: pa.Table) -> pa.Table:
        place = self._places(rows)
        for name in PERSON:
            if name in table.c and name not in rows.column_names:
                rows = put(rows, name, _taken(self._people[name], place))
        return rows

    def _places(self, rows: pa.Table) -> Whole:
        """The position of each row's user among the people met, -1 where there is none."""
        keys, present = numbers(rows["user_key"])
        return np.where(present, self._people.index.get_indexer(keys), -1)

    def _known_rates(self) -> Rates:
        if self._rates is None:
            columns = sa.select(fx_rates.c.day, fx_rates.c.currency, fx_rates.c.rate)
            self._rates = known_rates(self._tx.read(columns.where(fx_rates.c.tenant == self._tenant.key)), self._tenant.currency)
        return self._rates

    def numbered(self, rows: pa.Table, first: int) -> pa.Table:
        """Events with their arrival order."""
        return rows if "seq" in rows.column_names else put(rows, "seq", pa.array(np.arange(first, first + rows.num_rows)))

    def in_sessions(self, rows: pa.Table, gap: timedelta) -> tuple[pa.Table, sessions.Runs | None]:
        """Events with session and the flags of new sessions and new users; events without a user have none."""
        user, known = numbers(rows["user_key"])
        if not known.any():
            return rows, None
        runs = sessions.assign(self._tx, self._tenant.key, user[known], instants(rows["ts"])[known], gap=gap)
        rows = put(rows, "session_key", _spread(runs.key, known))
        if "is_new_session" not in rows.column_names:
            rows = put(rows, "is_new_session", _spread(runs.opens, known))
        if "is_new_user" not in rows.column_names:
            rows = put(rows, "is_new_user", _spread(self._new_users(rows, known, runs.began), known))
        return rows, runs

    def _new_users(self, rows: pa.Table, known: Flags, began: Whole) -> Flags:
        """Sessions that began no later than the user was created."""
        created = self._people["created_at"] if len(self._people) else pd.Series(dtype="datetime64[us]")
        stamps = np.append(created.to_numpy().astype("datetime64[us]"), np.datetime64("NaT"))
        place = self._places(rows) if len(self._people) else np.full(rows.num_rows, -1)
        return began.view("datetime64[us]") <= stamps[place[known]]


def _micros(moment: datetime) -> int:
    return int(np.datetime64(moment, "us").astype(np.int64))


def _lacks_person(rows: pa.Table) -> bool:
    return not {*PERSON, "session_key"} <= set(rows.column_names)


def _resolved(rows: pa.Table, source: str, target: str, resolve: object) -> pa.Table:
    if source not in rows.column_names:
        return rows
    ids = rows[source].cast(pa.string()).combine_chunks()
    known = pc.is_valid(ids).to_numpy(zero_copy_only=False)
    keys = np.zeros(rows.num_rows, np.int64)
    if known.any():
        keys[known] = resolve(ids.drop_null(), known)  # type: ignore[operator]
    return put(rows.drop_columns([source]), target, whole_array(keys, known))


def _own_key(rows: pa.Table, key: str, resolve: object) -> pa.Table:
    if key in rows.column_names:
        return rows
    if "external_id" not in rows.column_names or rows["external_id"].null_count:
        raise BadColumn(f"every row needs {key} or external_id")
    return put(rows, key, pa.array(resolve(rows["external_id"].cast(pa.string()).combine_chunks())))  # type: ignore[operator]


def _taken(values: pd.Series, place: Whole) -> pa.Array:
    kind = pa.int64() if values.name == "account_key" else pa.string()
    whole = pa.array(values.astype("Int64") if kind == pa.int64() else values, kind, from_pandas=True)
    return whole.take(pa.array(place, mask=place < 0))


def _spread(values: np.ndarray[tuple[int], np.dtype[np.generic]], known: Flags) -> pa.Array:
    whole = np.zeros(len(known), values.dtype)
    whole[known] = values
    return pa.array(whole, mask=~known)


def _subscribed(rows: pa.Table) -> pa.Table:
    """Subscription rows with their `customer` and MRR."""
    if "customer" not in rows.column_names:
        rows = put(rows, "customer", _customer(rows))
    if "mrr_minor" not in rows.column_names and set(MRR_FROM) <= set(rows.column_names):
        rows = put(rows, "mrr_minor", monthly(rows))
    return rows


def _customer(rows: pa.Table) -> pa.Array:
    """A business where an account is known, the individual otherwise."""
    nothing = constant(None, pa.int64(), rows.num_rows)
    account, user = (rows[name].cast(pa.int64()) if name in rows.column_names else nothing for name in ("account_key", "user_key"))
    names = [pc.binary_join_element_wise(letter, keys.cast(pa.string()), "") for letter, keys in (("a", account), ("u", user))]
    return pc.coalesce(*names)
