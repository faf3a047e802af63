"""What is checked of an app, and what outcomes add up to: well, ill, and how long until the next round."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.core.health import (
    Outcome,
    Verdict,
    Watch,
    due_at,
    effective_checks,
    judge,
    names,
    own_database,
    printable,
    subject,
)
from protoddfd.wire.options import Check, Health
from protoddfd.wire.results import Ports, ServedBy

PORTS = Ports(frontend=4001, backend=4002)
OPTIONS = Health(period_min_s=5.0, period_max_s=60.0, failures=3)
WELL = Watch(state="well", in_a_row=(0,), wait_s=5.0)


def passed() -> Outcome:
    return Outcome(check="http", ok=True, detail="fine", took_s=0.001)


def failed(detail: str = "GET x answered 503", took_s: float = 0.001) -> Outcome:
    return Outcome(check="http", ok=False, detail=detail, took_s=took_s)


def not_asked() -> Outcome:
    return Outcome(check="http", ok=False, detail="no descriptor", took_s=0.0, asked=False)


def run(
    rounds: list[list[Outcome]], options: Health = OPTIONS, watch: Watch = WELL, jitter: float = 0.5
) -> tuple[Watch, list[Verdict | None], list[float]]:
    verdicts, delays = [], []
    for outcomes in rounds:
        watch, verdict, delay_s = judge(watch, outcomes, options, jitter)
        verdicts.append(verdict)
        delays.append(delay_s)
    return watch, verdicts, delays


# What is checked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("served_by", "default", "expected"),
    [
        ("zygote", "http", Check(kind="http", port=4002, path="/ping")),
        ("reflex", "http", Check(kind="http", port=4001, path="/")),
        ("command", "http", Check(kind="process")),
        ("zygote", "process", Check(kind="process")),
        ("reflex", "process", Check(kind="process")),
    ],
)
def test_an_app_without_checks_gets_what_suits_the_way_it_is_served(
    served_by: ServedBy, default: Any, expected: Check
) -> None:
    assert effective_checks(Health(), served_by, PORTS, default) == (expected,)


def test_no_checks_at_all_are_its_process() -> None:
    assert effective_checks(Health(checks=()), "zygote", PORTS, "http") == (Check(kind="process"),)


@pytest.mark.parametrize("served_by", ["zygote", "reflex", "command"])
def test_an_app_without_ports_is_checked_by_its_process(served_by: ServedBy) -> None:
    assert effective_checks(Health(), served_by, Ports(), "http") == (Check(kind="process"),)


@pytest.mark.parametrize(
    ("served_by", "port", "number"),
    [
        ("zygote", None, 4002),
        ("reflex", None, 4002),
        ("command", None, 4001),
        ("command", "backend", 4002),
        ("zygote", "frontend", 4001),
        ("zygote", 9000, 9000),
    ],
)
def test_ports_become_numbers(served_by: ServedBy, port: Any, number: int) -> None:
    health = Health(checks=(Check(kind="http", port=port), Check(kind="port", port=port)))
    assert [each.port for each in effective_checks(health, served_by, PORTS, "process")] == [number, number]


def test_a_port_that_the_app_has_not_stays_a_role() -> None:
    health = Health(checks=(Check(kind="port", port="backend"),))
    (check,) = effective_checks(health, "command", Ports(frontend=4001), "http")
    assert check.port == "backend"


def test_a_check_without_ports_is_left_as_it_is() -> None:
    check = Check(kind="command", argv=("true",))
    assert effective_checks(Health(checks=(check,)), "zygote", PORTS, "http") == (check,)


def test_checks_of_a_kind_are_numbered_from_the_second_on() -> None:
    checks = [Check(kind=kind) for kind in ("http", "port", "http", "http")]
    assert names(checks) == ("http", "port", "http 2", "http 3")


def test_an_apps_own_database_is_what_its_environment_says_or_the_file_that_it_makes() -> None:
    assert own_database("zygote", {"DATABASE_URL": "postgresql:///x"}) == "postgresql:///x"
    assert own_database("command", {"REFLEX_DB_URL": "sqlite:///x"}) == "sqlite:///x"
    assert own_database("zygote", {}) == "sqlite:///data/app.db"
    assert own_database("command", {"DATABASE_URL": ""}) is None


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (Check(kind="http", port=4002, path="/ping"), "GET http://127.0.0.1:4002/ping"),
        (Check(kind="port", port=4002), "connecting to 127.0.0.1:4002"),
        (Check(kind="command", argv=("pg_isready", "-q")), "`pg_isready -q`"),
        (Check(kind="database", url="postgresql://u:secret@h/d"), "SELECT 1 at its database"),
        (Check(kind="process"), "its process"),
    ],
)
def test_a_check_says_what_it_does(check: Check, text: str) -> None:
    assert subject(check) == text


def test_what_a_terminal_could_obey_is_not_shown() -> None:
    assert printable("a\x1b[2Jb\r\x07\nc\u202e\u00e9") == "a?[2Jb??\nc?\u00e9"


# Starting ------------------------------------------------------------------------------------------------


def test_it_is_well_once_every_check_has_passed_in_one_round() -> None:
    watch, verdicts, _ = run([[passed(), failed()], [passed(), passed()]], watch=Watch())
    assert verdicts == [None, Verdict(well=True)]
    assert watch.state == "well"


def test_nothing_is_ill_before_it_was_well() -> None:
    watch, verdicts, _ = run([[failed()]] * 50, watch=Watch())
    assert verdicts == [None] * 50
    assert watch.state == "starting"


def test_while_it_starts_it_is_asked_quickly_then_less_so() -> None:
    _, _, delays = run([[failed(took_s=0.0)]] * 30, watch=Watch())
    assert delays[0] == pytest.approx(0.05)
    assert delays == sorted(delays)
    assert delays[-1] == pytest.approx(0.5)
    assert sum(delays[:14]) < 3.0


def test_while_it_starts_a_wait_in_vain_is_followed_by_the_next_at_once() -> None:
    _, _, delays = run([[failed(took_s=5.0)]], watch=Watch())
    assert delays == [0.0]


def test_what_could_not_be_asked_while_it_starts_is_no_pass() -> None:
    watch, verdicts, _ = run([[not_asked()]], watch=Watch())
    assert (watch.state, verdicts) == ("starting", [None])


# Well and ill --------------------------------------------------------------------------------------------


def test_failures_in_a_row_make_it_ill_and_say_what_was_tried_and_what_came() -> None:
    detail = "GET http://127.0.0.1:4002/ping answered 503 in 12 ms, expected below 500"
    watch, verdicts, _ = run([[failed(detail)]] * 3)
    assert verdicts == [None, None, Verdict(well=False, reason=f"{detail}; 3 times in a row")]
    assert watch.state == "ill"


def test_one_failure_is_enough_where_that_is_wanted() -> None:
    _, verdicts, _ = run([[failed("no")]], options=Health(failures=1))
    assert verdicts == [Verdict(well=False, reason="no")]


def test_a_pass_between_failures_starts_the_count_anew() -> None:
    _, verdicts, _ = run([[failed()], [failed()], [passed()], [failed()], [failed()]])
    assert verdicts == [None] * 5


def test_each_check_has_a_count_of_its_own() -> None:
    watch = Watch(state="well", in_a_row=(0, 0), wait_s=5.0)
    rounds = [[failed("a"), passed()], [passed(), failed("b")], [failed("a"), failed("b")]]
    _, verdicts, _ = run([*rounds, [passed(), failed("b")]], watch=watch)
    assert verdicts == [None, None, None, Verdict(well=False, reason="b; 3 times in a row")]


def test_all_checks_that_are_beyond_the_limit_are_named() -> None:
    watch = Watch(state="well", in_a_row=(0, 0), wait_s=5.0)
    _, verdicts, _ = run([[failed("a"), failed("b")]] * 3, watch=watch)
    assert verdicts[-1] == Verdict(well=False, reason="a; 3 times in a row and b; 3 times in a row")


def test_ill_is_said_once() -> None:
    _, verdicts, _ = run([[failed()]] * 9)
    assert [verdict is None for verdict in verdicts] == [True, True, False, *[True] * 6]


def test_one_pass_makes_it_well_again() -> None:
    watch, verdicts, _ = run([*[[failed()]] * 5, [passed()], [passed()]])
    assert verdicts[-2:] == [Verdict(well=True), None]
    assert watch.in_a_row == (0,)


def test_what_could_not_be_asked_counts_for_nothing() -> None:
    _, verdicts, _ = run([[failed()], [not_asked()], *[[not_asked()]] * 9, [failed()], [failed()]])
    assert verdicts[:-1] == [None] * 12
    assert verdicts[-1] == Verdict(well=False, reason="GET x answered 503; 3 times in a row")


def test_one_that_has_answered_in_this_life_already_is_judged_from_the_first_round_on() -> None:
    watch = Watch(state="well", in_a_row=(0,))
    _, verdicts, delays = run([[passed()], [failed()], [failed()], [failed()]], watch=watch)
    assert [verdict is None for verdict in verdicts] == [True, True, True, False]
    assert delays[0] < 7


# The period ----------------------------------------------------------------------------------------------


def test_the_period_doubles_while_it_is_well_and_is_shortest_after_a_failure() -> None:
    watch, _, _ = run([[passed()]], watch=Watch())
    assert watch.wait_s == 5
    waits = []
    for outcome in [passed()] * 5 + [failed(), passed(), passed()]:
        watch, _, _ = judge(watch, [outcome], OPTIONS, 0.5)
        waits.append(watch.wait_s)
    assert waits == [10, 20, 40, 60, 60, 5, 10, 20]


def test_the_shortest_period_holds_while_it_is_ill() -> None:
    watch, _, delays = run([[failed()]] * 8)
    assert watch.wait_s == 5
    assert all(5.0 <= delay <= 6.25 for delay in delays)


def test_apps_that_came_up_together_are_not_asked_together() -> None:
    first = [judge(Watch(), [passed()], OPTIONS, place / 500)[2] for place in range(500)]
    assert max(first) - min(first) > 1.2
    assert len({round(each, 3) for each in first}) > 400


def test_a_fixed_period_is_spread_a_little_too() -> None:
    fixed = Health(period_min_s=60, period_max_s=60)
    assert [judge(WELL, [passed()], fixed, jitter)[2] for jitter in (0.0, 1.0)] == [54, 60]


def test_a_shortest_period_above_the_longest_wins() -> None:
    _, _, delays = run([[passed()]] * 4, options=Health(period_min_s=90, period_max_s=60), jitter=1.0)
    assert delays == [90.0] * 4


@given(
    rounds=st.lists(st.lists(st.sampled_from([passed(), failed(), not_asked()]), min_size=2, max_size=2)),
    jitter=st.floats(0, 1),
    failures=st.integers(1, 5),
)
def test_any_history_alternates_between_well_and_ill_and_keeps_the_period_in_its_bounds(
    rounds: list[list[Outcome]], jitter: float, failures: int
) -> None:
    options = Health(failures=failures)
    watch = Watch()
    said: list[bool] = []
    for outcomes in rounds:
        watch, verdict, delay_s = judge(watch, outcomes, options, jitter)
        if watch.state == "starting":
            assert 0 <= delay_s <= 0.5
        else:
            assert 5.0 <= delay_s <= 60.0
        if verdict is not None:
            assert verdict.well == all(each.ok for each in outcomes)
            assert bool(verdict.reason) != verdict.well
            said.append(verdict.well)
    assert said == [place % 2 == 0 for place in range(len(said))]


# The beat ------------------------------------------------------------------------------------------------


@given(now=st.floats(0, 1e7), delay_s=st.floats(0, 1e5))
def test_a_round_is_due_when_it_should_be_or_a_little_earlier(now: float, delay_s: float) -> None:
    assert now + delay_s * 31 / 32 - 1e-6 <= due_at(now, delay_s) <= now + delay_s


def test_apps_that_are_well_share_their_wake_ups() -> None:
    due = [due_at(1000.0 + place * 0.12, 60.0) for place in range(500)]
    assert len(set(due)) <= 62


def test_apps_that_came_up_together_stay_spread() -> None:
    due = [due_at(1000.0, judge(Watch(), [passed()], OPTIONS, place / 500)[2]) for place in range(500)]
    assert max(due.count(each) for each in set(due)) <= 50


def test_a_try_while_it_starts_waits_for_no_beat() -> None:
    assert due_at(1000.0, 0.05) == 1000.05
    assert due_at(1000.0, 0.0) == 1000.0
