"""Each plant of the true story can be found again in the data, with the size that stories.json states."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from math import sqrt

import duckdb
import pyarrow as pa
import pytest

from demo.business import SCALES, TENANTS
from demo.generate import tables
from demo.stories import FILE, REFERENCE_END, resolve

KEPT = {"events": ["ts", "day", "name", "user_key", "browser", "duration_ms", "session_key"]}
STORIES = {story.name: story for story in resolve(REFERENCE_END)}


@pytest.fixture(scope="module", params=[REFERENCE_END, date(2027, 3, 14)], ids=str)
def end(request) -> date:
    """The reference end, and a Sunday whose windows lie elsewhere in the week and over a change of clocks."""
    return request.param


@pytest.fixture(scope="module")
def lumen(end):
    with _database(0, end) as connection:
        yield connection


@pytest.fixture(scope="module")
def allo(end):
    with _database(1, end) as connection:
        yield connection


def _database(tenant: int, end: date) -> duckdb.DuckDBPyConnection:
    parts = defaultdict(list)
    for name, table in tables(SCALES["default"], end, TENANTS[tenant]):
        parts[name].append(table.select(KEPT[name]) if name in KEPT else table)
    connection = duckdb.connect()
    for name, chunks in parts.items():
        connection.register("chunk", pa.concat_tables(chunks))
        connection.execute(f"create table {name} as select * from chunk")
    return connection


@pytest.fixture
def story(end, request):
    return {story.name: story for story in resolve(end)}[request.param]


def about(name: str):
    """The test is about one plant, given to it as `story`."""
    return pytest.mark.parametrize("story", [name], indirect=True, ids=[name])


def one(connection, sql: str, *values) -> tuple:
    return connection.execute(sql, [_naive(value) for value in values]).fetchone()


def _naive(value):
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def test_there_are_eleven_plants_and_each_says_what_it_is():
    assert len(STORIES) == 11
    assert {story.tenant.slug for story in STORIES.values()} == {"lumen", "allo"}
    for story in STORIES.values():
        assert story.title.en
        assert story.title.fr
        assert story.seen_in
        assert story.size
        assert story.start < story.stop <= datetime.fromisoformat("2026-11-20T23:00:00+00:00")


def test_the_resolved_dates_in_the_file_are_those_of_the_reference_end():
    for row in json.loads(FILE.read_text(encoding="utf-8")):
        story = STORIES[row["name"]]
        assert row["reference"]["end"] == REFERENCE_END.isoformat()
        assert datetime.fromisoformat(row["reference"]["from"]) == story.start
        assert datetime.fromisoformat(row["reference"]["to"]) == story.stop


def test_the_story_moves_with_the_end():
    later = {story.name: story for story in resolve(REFERENCE_END + timedelta(days=7))}
    assert all((later[name].start - story.start) in (timedelta(days=7), timedelta(days=7, hours=1)) for name, story in STORIES.items())


@about("ab_test")
def test_the_experiment_has_its_effect_within_the_interval(lumen, story):
    sql = """select variant, count(*) n, avg((c.user_key is not null)::int) p from exposures e
        left join (select distinct user_key from conversions where type = 'engagement') c using (user_key) group by 1"""
    found = {variant: (n, p) for variant, n, p in lumen.execute(sql).fetchall()}
    (n0, p0), (n1, p1) = found["control"], found["treatment"]
    error = sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1)
    effect = story.size["activation_treatment"] - story.size["activation_control"]
    assert abs((p1 - p0) - effect) < 1.96 * error
    assert n0 + n1 > 300


@about("campaign")
def test_users_of_the_campaign_do_not_stay(lumen, story):
    sql = """select campaign is not distinct from ? taken, count(*), avg((exists (select 1 from events e
            where e.user_key = u.user_key and e.day between u.signed_up_day + 28 and u.signed_up_day + 34))::int)
        from users u where created_at >= ? and created_at < ? and signed_up_day is not null group by 1"""
    rows = lumen.execute(sql, [story.size["campaign"], _naive(story.start), _naive(story.stop)]).fetchall()
    found = {taken: (count, kept) for taken, count, kept in rows}
    assert found[True][0] > 300
    assert found[True][1] <= story.size["week4_retention_at_most"]
    assert found[False][1] > 0.15


@about("price_rise")
def test_the_team_plan_costs_more_after_the_rise(lumen, story):
    sql = """with s as (select customer, mrr_minor / quantity as seat, ts, change, lag(mrr_minor / quantity) over w as before
            from subscriptions where plan = ? and currency = 'EUR' and interval = 'month'
            window w as (partition by subscription_id order by ts))
        select count(*), median(seat / before) from s where change = 'price' and ts >= ? and ts < ?"""
    count, factor = one(lumen, sql, story.size["plan"], story.start, story.stop)
    assert count > 100
    assert factor == pytest.approx(story.size["factor"], abs=0.01)


@about("price_rise")
def test_revenue_per_team_customer_rises_with_it(lumen, story):
    def arpa(at: datetime) -> float:
        sql = """with now as (select arg_max(mrr_minor, ts) mrr, arg_max(plan, ts) plan from subscriptions
                where ts < ? and currency = 'EUR' and interval = 'month' group by subscription_id)
            select avg(mrr) from now where mrr > 0 and plan = ?"""
        return one(lumen, sql, at, story.size["plan"])[0]

    calm = arpa(story.start) / arpa(story.start - (story.stop - story.start))
    assert arpa(story.stop) / arpa(story.start) > calm * 1.08


@about("broken_form")
def test_sign_ups_break_off_in_the_broken_browser(lumen, story):
    sql = """select e.browser = ? hit, e.ts >= ? and e.ts < ? during, count(*), avg((exists (select 1 from events d
            where d.name = 'sign_up_completed' and d.session_key = e.session_key))::int)
        from events e where e.name = 'sign_up_started' and e.ts > ? group by 1, 2"""
    rows = lumen.execute(
        sql, [story.size["browser"], *map(_naive, (story.start, story.stop, story.start - timedelta(days=120)))]
    ).fetchall()
    share = {(hit, during): part for hit, during, _, part in rows}
    count = {(hit, during): number for hit, during, number, _ in rows}
    assert count[True, True] >= 10
    assert share[True, True] < 0.4 * share[True, False]
    assert share[False, True] > 0.85 * share[False, False]
    assert (
        one(
            lumen,
            "select count(*) from form_errors where form = ? and message like '%not be validated' and browser <> ?",
            "sign_up",
            "Safari",
        )[0]
        == 0
    )


@about("tracking_gap")
def test_payments_go_on_while_events_stop(lumen, story):
    events = one(lumen, "select count(*) from events where ts >= ? and ts < ?", story.start, story.stop)[0]
    paid = one(lumen, "select count(*) from payments where ts >= ? and ts < ? and type = 'captured'", story.start, story.stop)[0]
    usual = one(
        lumen,
        "select count(*) / 7.0 from payments where ts >= ?::timestamp - interval 7 day and ts < ? and type = 'captured'",
        story.start,
        story.start,
    )[0]
    assert events == 0
    assert paid > 0.5 * usual


@about("slow_database")
def test_the_database_is_slow_for_its_week(lumen, story):
    def factor(sql: str) -> float:
        inside = one(lumen, sql.format(where="ts >= ? and ts < ?"), story.start, story.stop)[0]
        before = one(lumen, sql.format(where="ts >= ?::timestamp - interval 14 day and ts < ?"), story.start, story.start)[0]
        return inside / before

    assert factor("select median(value) from samples where metric = 'db_query_p95_ms' and {where}") == pytest.approx(
        story.size["query_factor"], rel=0.15
    )
    assert factor("select quantile_cont(latency_ms, 0.95) from api_requests where {where}") == pytest.approx(
        story.size["request_factor"], rel=0.2
    )
    sql = "select quantile_cont(duration_ms, 0.95) from events where name = 'page_view' and {where}"
    assert factor(sql) == pytest.approx(story.size["page_factor"], rel=0.1)


@about("churn_wave")
def test_one_segment_cancels_in_a_wave(lumen, story):
    sql = """select count(*) filter (country = ? and kind = ?), count(*) filter (not (country = ? and kind = ?))
        from subscriptions where change = 'cancel' and ts >= ? and ts < ?"""
    segment = (story.size["country"], story.size["kind"]) * 2
    during = one(lumen, sql, *segment, story.start, story.stop)
    before = one(lumen, sql, *segment, story.start - (story.stop - story.start), story.start)
    assert during[0] >= 12
    assert during[0] > 4 * before[0]
    assert during[1] < 2.5 * before[1]


@about("ai_overrun")
def test_the_prompt_version_costs_a_multiple(lumen, story):
    sql = """select avg(cost_minor) filter (prompt_version = ?), avg(cost_minor) filter (prompt_version <> ?)
        from ai_generations where prompt_template = ?"""
    version = story.size["prompt_version"]
    bad, good = one(lumen, sql, version, version, story.size["prompt_template"])
    assert bad / good == pytest.approx(story.size["tokens_factor"], rel=0.2)
    first, last = one(lumen, "select min(ts), max(ts) from ai_generations where prompt_version = ?", version)
    assert _naive(story.start) <= first
    assert last < _naive(story.stop)


@about("fraud_ring")
def test_a_ring_shares_devices_and_cards(allo, story):
    sql = """with p as (select user_key, properties ->> '$.device_fingerprint' device, properties ->> '$.card_fingerprint' card from users),
            r as (select user_key, device, card from p where device in (select device from p group by 1 having count(*) > 1))
        select count(*), count(distinct device), count(distinct card) from r"""
    assert one(allo, sql) == (story.size["users"], story.size["devices"], story.size["cards"])


@about("fraud_ring")
def test_the_rings_money_goes_to_two_experts_and_is_taken_back(allo, story):
    sql = """with p as (select user_key, properties ->> '$.device_fingerprint' device from users),
            r as (select user_key from p where device in (select device from p group by 1 having count(*) > 1))
        select count(distinct b.provider_id), median(c.duration_s),
            count(*) filter (m.type = 'refunded') / count(*) filter (m.type = 'captured'), min(b.ts), max(b.ts)
        from bookings b join r using (user_key) left join calls c using (booking_id) left join payments m using (booking_id)
        where b.type = 'started'"""
    experts, seconds, refunded, first, last = one(allo, sql)
    assert experts == story.size["providers"]
    assert seconds < 80
    assert refunded > 0.5
    assert _naive(story.start) <= first
    assert last < _naive(story.stop)
    assert one(allo, "select count(*) filter (type = 'refunded') / count(*) filter (type = 'captured') from payments")[0] < 0.06


@about("payment_outage")
def test_card_payments_fail_in_the_outage(lumen, story):
    sql = """select count(*) filter (type = 'failed') / count(*) filter (type = 'attempt'), count(*) filter (type = 'attempt'),
        count(*) filter (decline_code = ?) from payments where provider = ? and ts >= ? and ts < ?"""
    of = (story.size["decline_code"], story.size["provider"])
    failing, tried, declined = one(lumen, sql, *of, story.start, story.stop)
    usual = one(lumen, sql, *of, story.start - timedelta(days=14), story.start)[0]
    assert tried > 50
    assert failing >= story.size["fail_share"] - 0.05
    assert usual < 0.1
    assert declined > 40


@about("payment_outage")
def test_what_failed_in_the_outage_is_paid_later(lumen, story):
    sql = """select count(*) from payments p where type = 'captured' and ts >= ? and ts < ?::timestamp + interval 30 hour
        and exists (select 1 from payments f where f.type = 'failed' and f.user_key = p.user_key
            and f.amount_minor = p.amount_minor and f.ts >= ? and f.ts < ?)"""
    assert one(lumen, sql, story.stop, story.stop, story.start, story.stop)[0] > 30


@about("failing_payouts")
def test_payouts_fail_for_a_week(allo, story):
    sql = """select count(*) filter (status = 'failed') / count(*), count(*) filter (reason = ?) from payouts
        where provider = ? and status <> 'pending' and ts >= ? and ts < ?"""
    of = (story.size["reason"], story.size["provider"])
    failing, named = one(allo, sql, *of, story.start, story.stop)
    usual = one(allo, sql, *of, story.start - timedelta(days=60), story.start)[0]
    assert named >= 8
    assert abs(failing - story.size["fail_share"]) < 0.25
    assert usual < 0.08
