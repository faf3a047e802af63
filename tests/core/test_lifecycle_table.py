"""The life of an instance: single steps that matter, and every short history."""

import msgspec
import pytest

from protoddfd.core import facts
from protoddfd.core.lifecycle import STATES, TABLE, Draw, Instance, Policy, backoff_s, step

POLICY = Policy()


def run(
    *history: facts.Fact, policy: Policy = POLICY, at: float = 0.0
) -> tuple[Instance, list[facts.Effect]]:
    """Replay facts a second apart; return the instance and every effect."""
    it, effects = Instance(), list[facts.Effect]()
    for number, fact in enumerate(history):
        it, more = step(it, fact, policy, Draw(at + number))
        effects.extend(more)
    return it, effects


def kinds(effects: list[facts.Effect]) -> list[str]:
    return [type(effect).__name__ for effect in effects]


def test_a_start_listens_before_it_spawns_so_that_clients_wait_instead_of_being_refused() -> None:
    it, effects = run(facts.Start())
    assert it.state == "starting"
    assert kinds(effects) == ["Listen", "Spawn", "Check", "SetTimer"]


def test_an_answer_makes_it_ready() -> None:
    it, _ = run(facts.Start(), facts.Answered(life=1))
    assert it.state == "ready"


def test_news_of_an_older_life_changes_nothing() -> None:
    it, _ = run(facts.Start(), facts.Exited(life=1, status=1))
    assert it.life == 2
    after, effects = step(it, facts.Exited(life=1, status=9), POLICY, Draw(5.0))
    assert after == it
    assert effects == ()


def test_the_first_restart_is_immediate_and_the_second_waits() -> None:
    it, _ = run(facts.Start(), facts.Answered(life=1), facts.Exited(life=1, status=1))
    assert (it.state, it.life) == ("starting", 2)
    it, effects = step(it, facts.Exited(life=2, status=1), POLICY, Draw(3.0))
    assert it.state == "backoff"
    assert facts.SetTimer("backoff", 2, 0.5) in effects


def test_more_than_five_exits_in_the_window_fail_with_a_reason() -> None:
    history: list[facts.Fact] = [facts.Start()]
    for life in range(1, 7):
        history += [facts.Exited(life=life, status=3), facts.TimerOver(life=life, timer="backoff")]
    it, effects = run(*history)
    assert it.state == "failed"
    assert it.reason == "exited with status 3; 6 exits in 180 s"
    assert it.wanted == "up"
    assert sum(isinstance(effect, facts.Spawn) for effect in effects) == 6


def test_thirty_seconds_up_make_the_next_restart_immediate_again() -> None:
    it, _ = run(facts.Start(), facts.Exited(life=1, status=1), facts.Answered(life=2))
    it, _ = step(it, facts.Exited(life=2, status=1), POLICY, Draw(1.0 + 31.0))
    assert (it.state, it.attempt) == ("starting", 1)


def test_a_stop_during_the_wait_wins_over_the_timer() -> None:
    it, _ = run(facts.Start(), facts.Exited(life=1, status=1), facts.Exited(life=2, status=1), facts.Stop())
    assert it.state == "down"
    after, effects = step(it, facts.TimerOver(life=2, timer="backoff"), POLICY, Draw(9.0))
    assert (after.state, effects) == ("down", ())


def test_a_stop_asks_then_kills_when_the_grace_is_over() -> None:
    it, effects = run(facts.Start(), facts.Answered(life=1), facts.Stop())
    assert kinds(effects)[-2:] == ["Terminate", "SetTimer"]
    it, effects2 = step(it, facts.TimerOver(life=1, timer="grace"), POLICY, Draw(13.0))
    assert effects2 == (facts.Kill(1),)
    it, effects3 = step(it, facts.Exited(life=1, status=-9), POLICY, Draw(13.1))
    assert it.state == "down"
    assert effects3 == (facts.Refuse(),)


def test_a_start_during_a_stop_is_carried_out_after_it() -> None:
    it, _ = run(facts.Start(), facts.Stop(), facts.Start(), facts.Exited(life=1, status=0))
    assert (it.state, it.life, it.wanted) == ("starting", 2, "up")


def test_a_restart_is_a_stop_and_a_spawn_and_is_no_failure() -> None:
    it, _ = run(facts.Start(), facts.Answered(life=1), facts.Restart(), facts.Exited(life=1, status=-15))
    assert (it.state, it.life, it.exits) == ("starting", 2, ())


def test_a_start_that_takes_too_long_is_ended_and_says_so() -> None:
    it, effects = run(facts.Start(), facts.TimerOver(life=1, timer="start"))
    assert effects[-1] == facts.Kill(1)
    it, _ = step(it, facts.Exited(life=1, status=-9), POLICY, Draw(31.0))
    it, _ = step(it, facts.TimerOver(life=2, timer="start"), POLICY, Draw(62.0))
    it, _ = step(it, facts.Exited(life=2, status=-9), POLICY, Draw(62.1))
    assert it.reason == "did not answer within 30 s"


def test_on_demand_it_listens_until_somebody_comes() -> None:
    policy = Policy(on_demand=True)
    it, effects = run(facts.Start(), policy=policy)
    assert it.state == "listening"
    assert kinds(effects) == ["Listen", "Watch"]
    it, _ = step(it, facts.Touched(), policy, Draw(2.0))
    assert it.state == "starting"


@pytest.mark.parametrize(
    ("policy", "status", "state"),
    [
        ("always", 0, "starting"),
        ("on-failure", 0, "down"),
        ("on-failure", 1, "starting"),
        ("never", 0, "down"),
        ("never", 1, "failed"),
    ],
)
def test_the_restart_policy_decides_after_an_exit(policy: str, status: int, state: str) -> None:
    chosen = msgspec.convert({"restart": policy}, Policy)
    it, _ = run(facts.Start(), facts.Answered(life=1), facts.Exited(life=1, status=status), policy=chosen)
    assert it.state == state


def test_what_is_broken_fails_with_the_reason_and_can_be_started_again() -> None:
    it, effects = run(facts.Start(), facts.Answered(life=1), facts.Broken(reason="its folder has vanished"))
    assert (it.state, it.reason) == ("stopping", "its folder has vanished")
    assert kinds(effects)[-2:] == ["Refuse", "Kill"]
    it, _ = step(it, facts.Exited(life=1, status=-9), POLICY, Draw(8.0))
    assert (it.state, it.reason) == ("failed", "its folder has vanished")
    it, _ = step(it, facts.Start(), POLICY, Draw(9.0))
    assert it.state == "starting"


def test_an_adopted_process_keeps_its_life_number() -> None:
    wanted = msgspec.structs.replace(Instance(), wanted="up")
    it, effects = step(wanted, facts.Adopted(life=7), POLICY, Draw(0.0))
    assert (it.state, it.life) == ("starting", 7)
    assert kinds(list(effects)) == ["Check", "SetTimer"]


def test_backoff_doubles_from_half_a_second_to_thirty() -> None:
    assert [backoff_s(n, POLICY, 0.0) for n in range(1, 10)] == [0, 0.5, 1, 2, 4, 8, 16, 30, 30]
    assert backoff_s(2, POLICY, 1.0) == pytest.approx(0.55)


ALPHABET: tuple[facts.Fact, ...] = (
    facts.Start(), facts.Stop(), facts.Restart(), facts.Touched(), facts.SpawnFailed(reason="x"),
    facts.Answered(), facts.Unanswered(reason="x"), facts.TimerOver(timer="start"),
    facts.TimerOver(timer="grace"), facts.TimerOver(timer="backoff"), facts.Exited(status=0),
    facts.Exited(status=1), facts.Broken(reason="x"), facts.Adopted(life=1), facts.Idle(),
    facts.Waits(reason="x"), facts.Overrun(reason="x"), facts.TimerOver(timer="sick"),
)  # fmt: skip


def can_happen(fact: facts.Fact, it: Instance, running: bool) -> bool:
    """Tell whether the world can bring this fact: no exit without a process, no adopting beside one."""
    match fact:
        case facts.Exited():
            return running
        case facts.SpawnFailed():
            return running and it.state in ("starting", "stopping")
        case facts.Adopted():
            return not running and it.state in ("down", "failed", "listening")
        case _:
            return True


def check_step(it: Instance, running: bool, fact: facts.Fact, policy: Policy) -> tuple[Instance, bool]:
    """Take one step and check the promises; return the instance and whether a process runs."""
    ended = isinstance(fact, facts.Exited | facts.SpawnFailed)
    running = (running or isinstance(fact, facts.Adopted)) and not ended
    it, effects = step(it, fact, policy, Draw(1.0))
    spawns = sum(isinstance(effect, facts.Spawn) for effect in effects)
    assert spawns <= (0 if running else 1), "two processes at once"
    lives = {
        effect.life for effect in effects if isinstance(effect, facts.Spawn | facts.Terminate | facts.Kill)
    }
    assert lives <= {it.life}, "an effect meant for another life"
    assert it.state != "listening" or policy.on_demand, "waiting for a client that wakes nobody"
    waits = it.state in ("listening", "starting", "ready", "unhealthy", "backoff") and it.wanted == "up"
    assert not waits or not effects or not isinstance(effects[-1], facts.Refuse), "clients refused, though up"
    running = running or spawns == 1
    assert not (running and it.state in ("down", "listening", "backoff", "failed")), (
        "a process in a resting state"
    )
    assert running or it.state not in ("starting", "ready", "unhealthy", "stopping"), "a ghost"
    assert it.wanted == "down" or not isinstance(fact, facts.Stop), "a stop that was not heard"
    return it, running


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(on_demand=True),
        Policy(restart="never"),
        Policy(restart="on-failure"),
        Policy(restart="never", on_demand=True),
        Policy(exits_limit=0),
    ],
    ids=["always", "on demand", "never", "on failure", "never, on demand", "fails at once"],
)
def test_every_short_history_keeps_the_promises(policy: Policy) -> None:
    """Replay every history of six facts; those that lead to the same instance go on as one."""
    tried = 0
    reached = {(Instance(), False)}
    for _ in range(6):
        pairs = [
            (it, running, fact)
            for it, running in reached
            for fact in ALPHABET
            if can_happen(fact, it, running)
        ]
        reached = {check_step(it, running, fact, policy) for it, running, fact in pairs}
        tried += len(pairs)
    assert tried > 1_000


ON_DEMAND = Policy(on_demand=True)


def awake(policy: Policy = ON_DEMAND) -> Instance:
    """Return an instance that a client has woken and that answered."""
    return run(facts.Start(), facts.Touched(), facts.Answered(life=1), policy=policy)[0]


def test_nobody_there_for_long_puts_it_to_rest_and_the_next_client_wakes_it() -> None:
    it, effects = step(awake(), facts.Idle(life=1), ON_DEMAND, Draw(50.0))
    assert (it.state, it.wanted) == ("stopping", "up")
    it, effects = step(it, facts.Exited(life=1, status=0), ON_DEMAND, Draw(51.0))
    assert (it.state, kinds(list(effects)), it.exits) == ("listening", ["Listen", "Watch"], ())
    it, _ = step(it, facts.Touched(), ON_DEMAND, Draw(52.0))
    assert (it.state, it.life) == ("starting", 2)


def test_only_what_a_client_can_wake_is_put_to_rest() -> None:
    it, _ = run(facts.Start(), facts.Answered(life=1), facts.Idle(life=1))
    assert it.state == "ready"


def test_a_start_while_it_goes_to_rest_keeps_it_up() -> None:
    it, _ = step(awake(), facts.Idle(life=1), ON_DEMAND, Draw(50.0))
    it, _ = step(it, facts.Start(), ON_DEMAND, Draw(50.1))
    it, _ = step(it, facts.Exited(life=1, status=0), ON_DEMAND, Draw(50.2))
    assert (it.state, it.life) == ("starting", 2)


def test_a_crash_on_demand_waits_for_the_next_client() -> None:
    it, effects = step(awake(), facts.Exited(life=1, status=1), ON_DEMAND, Draw(50.0))
    assert (it.state, it.reason, kinds(list(effects))) == (
        "listening",
        "exited with status 1",
        ["Listen", "Watch"],
    )


def test_clients_that_wake_what_crashes_again_wait_through_the_back_off() -> None:
    it, _ = step(awake(), facts.Exited(life=1, status=1), ON_DEMAND, Draw(5.0))
    it, _ = step(it, facts.Touched(), ON_DEMAND, Draw(5.1))
    it, effects = step(it, facts.Exited(life=2, status=1), ON_DEMAND, Draw(5.2))
    assert (it.state, kinds(list(effects))) == ("backoff", ["Listen", "SetTimer"])
    it, effects = step(it, facts.TimerOver(life=2, timer="backoff"), ON_DEMAND, Draw(5.8))
    assert (it.state, kinds(list(effects))) == ("listening", ["Listen", "Watch"])


def test_unhealthy_for_longer_than_the_grace_is_restarted_and_counted() -> None:
    it, effects = run(facts.Start(), facts.Answered(life=1), facts.Unanswered(life=1, reason="no answer"))
    assert (it.state, it.reason, kinds(effects)[-1]) == ("unhealthy", "no answer", "SetTimer")
    it, effects2 = step(it, facts.TimerOver(life=1, timer="sick"), POLICY, Draw(20.0))
    assert (it.state, it.reason, kinds(list(effects2))) == (
        "stopping",
        "unhealthy: no answer",
        ["Terminate", "SetTimer"],
    )
    it, _ = step(it, facts.Exited(life=1, status=-15), POLICY, Draw(20.1))
    assert (it.state, it.life, it.exits) == ("starting", 2, (20.1,))


def test_a_recovery_within_the_grace_ends_the_matter() -> None:
    it, _ = run(facts.Start(), facts.Answered(life=1), facts.Unanswered(life=1, reason="x"))
    it, _ = step(it, facts.Answered(life=1), POLICY, Draw(5.0))
    it, effects = step(it, facts.TimerOver(life=1, timer="sick"), POLICY, Draw(13.0))
    assert (it.state, effects) == ("ready", ())


def test_what_is_never_restarted_stays_unhealthy() -> None:
    never = Policy(restart="never")
    history = (facts.Start(), facts.Answered(life=1), facts.Unanswered(life=1, reason="x"))
    it, _ = run(*history, facts.TimerOver(life=1, timer="sick"), policy=never)
    assert it.state == "unhealthy"


def test_using_too_much_is_a_failure_with_its_reason() -> None:
    it, _ = run(facts.Start(), facts.Answered(life=1), facts.Overrun(life=1, reason="513 MiB of 512"))
    assert (it.state, it.reason) == ("stopping", "513 MiB of 512")
    it, _ = step(it, facts.Exited(life=1, status=-15), POLICY, Draw(9.0))
    assert (it.state, it.life, len(it.exits)) == ("starting", 2, 1)
    never = Policy(restart="never")
    it, _ = run(facts.Start(), facts.Overrun(life=1, reason="too much"), policy=never)
    it, _ = step(it, facts.Exited(life=1, status=-15), never, Draw(9.0))
    assert (it.state, it.reason) == ("failed", "too much")


def test_what_waits_for_another_app_is_wanted_up_and_says_so() -> None:
    it, effects = run(facts.Waits(reason="waits for db"))
    assert (it.state, it.wanted, it.reason, effects) == ("down", "up", "waits for db", [])
    it, _ = step(it, facts.Start(), POLICY, Draw(3.0))
    assert (it.state, it.reason) == ("starting", None)


def test_a_stop_of_what_is_down_takes_the_wish_back() -> None:
    it, _ = run(facts.Waits(reason="waits for db"), facts.Stop())
    assert (it.state, it.wanted, it.reason) == ("down", "down", None)


def test_every_cell_of_the_table_is_there() -> None:
    assert set(TABLE) == {(state, fact) for state in STATES for fact in facts.FACTS}
