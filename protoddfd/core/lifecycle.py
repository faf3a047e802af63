"""The life of one instance as a table: facts in, a new instance and effects out.

Pure: the time and chance come in as a `Draw`, what is to be done goes out as effects. `life` counts spawns,
so that news of an older process is dropped. What is wanted is kept apart from what is.
"""

from collections.abc import Callable
from typing import Literal, get_args

import msgspec

from protoddfd.core.facts import (
    FACTS,
    Adopted,
    Answered,
    Broken,
    Check,
    Effect,
    Exited,
    Fact,
    Idle,
    Kill,
    Listen,
    Overrun,
    Refuse,
    Restart,
    SetTimer,
    Spawn,
    SpawnFailed,
    Start,
    Stop,
    Terminate,
    TimerOver,
    Touched,
    Unanswered,
    Waits,
    Watch,
)

State = Literal["down", "listening", "starting", "ready", "unhealthy", "stopping", "backoff", "failed"]
STATES: tuple[State, ...] = get_args(State)
Wanted = Literal["up", "down"]
RestartPolicy = Literal["always", "on-failure", "never"]
AfterStop = Literal["obey", "rest", "again", "fail"]


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One slot of an app: what is wanted of it and what is known of it. Times are monotonic seconds."""

    state: State = "down"
    wanted: Wanted = "down"
    life: int = 0
    since: float = 0.0
    ready_at: float | None = None
    """When this life first answered."""
    attempt: int = 0
    """Restarts since the last start or reset."""
    exits: tuple[float, ...] = ()
    """When it exited unasked, within the policy's window."""
    restarts: int = 0
    reason: str | None = None
    then: AfterStop = "obey"
    """What follows once its process has ended: what is wanted, waiting for a client, another try as after a
    failure, or `failed`."""
    why: str | None = None
    """The reason for `again` or `fail`; in `starting`, why it is being killed."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How an app is to be treated."""

    restart: RestartPolicy = "always"
    on_demand: bool = False
    start_timeout_s: float = 30.0
    stop_grace_s: float = 10.0
    sick_grace_s: float = 10.0
    """Unhealthy for so long, it is restarted."""
    backoff_first_s: float = 0.5
    backoff_max_s: float = 30.0
    stable_s: float = 30.0
    """Up for so long, the back-off starts anew."""
    exits_limit: int = 5
    exits_window_s: float = 180.0


class Draw(msgspec.Struct, frozen=True):
    """The time (monotonic seconds) and a chance between 0 and 1."""

    now: float
    jitter: float = 0.0


Outcome = tuple[Instance, tuple[Effect, ...]]
Cell = Callable[[Instance, Fact, Policy, Draw], Outcome]


# Pure pieces -------------------------------------------------------------------------------------------


def backoff_s(attempt: int, policy: Policy, jitter: float) -> float:
    """Return the seconds to wait before restart number `attempt` (the first is 1 and immediate)."""
    if attempt <= 1:
        return 0.0
    base = min(policy.backoff_max_s, policy.backoff_first_s * 2.0 ** min(attempt - 2, 32))
    return float(base * (1.0 + 0.1 * jitter))


def status_text(status: int | None) -> str:
    """Return what an exit status means, for people."""
    if status is None:
        return "ended, and nobody saw how"
    if status < 0:
        return f"was ended by signal {-status}"
    return f"exited with status {status}"


def _to(it: Instance, state: State, draw: Draw, *, reason: str | None = None) -> Instance:
    return msgspec.structs.replace(it, state=state, since=draw.now, reason=reason)


def _spawn(it: Instance, policy: Policy, draw: Draw) -> Outcome:
    life = it.life + 1
    it = msgspec.structs.replace(_to(it, "starting", draw, reason=it.reason), life=life, ready_at=None)
    return it, (Listen(), Spawn(life), Check(life), SetTimer("start", life, policy.start_timeout_s))


def _listen(it: Instance, draw: Draw, *, reason: str | None = None) -> Outcome:
    return _to(it, "listening", draw, reason=reason), (Listen(), Watch())


def _fresh(it: Instance) -> Instance:
    return msgspec.structs.replace(it, attempt=0, exits=(), reason=None)


def _stopping(
    it: Instance, policy: Policy, draw: Draw, *, then: AfterStop = "obey", why: str | None = None
) -> Outcome:
    it = msgspec.structs.replace(_to(it, "stopping", draw, reason=why), then=then, why=why)
    return it, (Terminate(it.life), SetTimer("grace", it.life, policy.stop_grace_s))


# Cells -------------------------------------------------------------------------------------------------


def _ignore(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    return it, ()


def _start(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    it = _fresh(msgspec.structs.replace(it, wanted="up"))
    return _listen(it, draw) if policy.on_demand else _spawn(it, policy, draw)


def _want_up(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    return msgspec.structs.replace(it, wanted="up"), ()


def _start_again(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    """In `stopping`: once it has ended, another one is wanted."""
    return msgspec.structs.replace(it, wanted="up", then="obey", why=None), ()


def _start_now(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    return _spawn(_fresh(msgspec.structs.replace(it, wanted="up")), policy, draw)


def _want_down(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    return msgspec.structs.replace(it, wanted="down"), ()


def _stop_running(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    return _stopping(msgspec.structs.replace(it, wanted="down"), policy, draw)


def _stop_idle(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    it = msgspec.structs.replace(_fresh(it), wanted="down")
    return _to(it, "down", draw), (Refuse(),)


def _restart_running(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    return _stopping(_fresh(msgspec.structs.replace(it, wanted="up")), policy, draw)


def _wait(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    assert isinstance(fact, Waits)  # noqa: S101 -- the table pairs this cell with this fact
    it = _fresh(msgspec.structs.replace(it, wanted="up"))
    return _to(it, "down", draw, reason=fact.reason), ()


def _wake(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    return _spawn(it, policy, draw)


def _adopt(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    it = msgspec.structs.replace(_to(it, "starting", draw), life=fact.life, ready_at=None)
    if it.wanted == "down":
        return _stopping(it, policy, draw)
    return it, (Check(it.life), SetTimer("start", it.life, policy.start_timeout_s))


def _ready(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    it = msgspec.structs.replace(it, ready_at=draw.now if it.ready_at is None else it.ready_at, why=None)
    return _to(it, "ready", draw), ()


def _sick(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    assert isinstance(fact, Unanswered)  # noqa: S101 -- the table pairs this cell with this fact
    it = _to(it, "unhealthy", draw, reason=fact.reason)
    return it, (SetTimer("sick", it.life, policy.sick_grace_s),)


def _rest(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    """Stop what nobody uses, if a client can wake it again."""
    if not policy.on_demand:
        return it, ()
    return _stopping(it, policy, draw, then="rest")


def _overrun(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    assert isinstance(fact, Overrun)  # noqa: S101 -- the table pairs this cell with this fact
    then: AfterStop = "fail" if policy.restart == "never" else "again"
    return _stopping(it, policy, draw, then=then, why=fact.reason)


def _timer_in_starting(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    assert isinstance(fact, TimerOver)  # noqa: S101 -- the table pairs this cell with this fact
    if fact.timer != "start":
        return it, ()
    why = f"did not answer within {policy.start_timeout_s:g} s"
    return msgspec.structs.replace(it, reason=why, why=why), (Kill(it.life),)


def _timer_in_unhealthy(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    assert isinstance(fact, TimerOver)  # noqa: S101 -- the table pairs this cell with this fact
    if fact.timer != "sick" or policy.restart == "never":
        return it, ()
    return _stopping(it, policy, draw, then="again", why=f"unhealthy: {it.reason}")


def _timer_in_stopping(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    assert isinstance(fact, TimerOver)  # noqa: S101 -- the table pairs this cell with this fact
    if fact.timer != "grace":
        return it, ()
    return it, (Kill(it.life),)


def _timer_in_backoff(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    assert isinstance(fact, TimerOver)  # noqa: S101 -- the table pairs this cell with this fact
    if fact.timer != "backoff":
        return it, ()
    return _listen(it, draw, reason=it.reason) if policy.on_demand else _spawn(it, policy, draw)


def _stopped(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    then, why = it.then, it.why
    it = msgspec.structs.replace(it, then="obey", why=None)
    if then == "fail":
        return _to(it, "failed", draw, reason=why), (Refuse(),)
    if it.wanted == "down":
        return _to(_fresh(it), "down", draw), (Refuse(),)
    if then == "rest":
        return _listen(_fresh(it), draw)
    if then == "again":
        return _again(it, why or "ended", policy, draw)
    return _spawn(msgspec.structs.replace(it, restarts=it.restarts + 1), policy, draw)


def _ended(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    """Decide after a process ended that nobody had asked to end, or could not be made."""
    what, ok = it.why, False
    if isinstance(fact, SpawnFailed):
        what = fact.reason
    elif isinstance(fact, Exited):
        ok = fact.status == 0
        what = what or fact.why or status_text(fact.status)
    it = msgspec.structs.replace(it, why=None)
    if _is_done(policy, ok):
        settled: State = "down" if ok else "failed"
        return _to(msgspec.structs.replace(it, wanted="down"), settled, draw, reason=what), (Refuse(),)
    return _again(it, what or "ended", policy, draw)


def _is_done(policy: Policy, ok: bool) -> bool:
    """Tell whether no other process follows; what is started on demand may end well and be called again."""
    if policy.on_demand and ok:
        return False
    return policy.restart == "never" or (policy.restart == "on-failure" and ok)


def _again(it: Instance, what: str, policy: Policy, draw: Draw) -> Outcome:
    exits = (*(at for at in it.exits if draw.now - at < policy.exits_window_s), draw.now)
    was_stable = it.ready_at is not None and draw.now - it.ready_at >= policy.stable_s
    attempt = 1 if was_stable else it.attempt + 1
    it = msgspec.structs.replace(it, exits=exits, attempt=attempt)
    if len(exits) > policy.exits_limit:
        reason = f"{what}; {len(exits)} exits in {policy.exits_window_s:g} s"
        return _to(it, "failed", draw, reason=reason), (Refuse(),)
    it = msgspec.structs.replace(it, restarts=it.restarts + 1)
    delay_s = backoff_s(attempt, policy, draw.jitter)
    if delay_s > 0.0:
        return _to(it, "backoff", draw, reason=what), (Listen(), SetTimer("backoff", it.life, delay_s))
    if policy.on_demand:
        return _listen(it, draw, reason=what)
    return _spawn(msgspec.structs.replace(it, reason=what), policy, draw)


def _break_running(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    assert isinstance(fact, Broken)  # noqa: S101 -- the table pairs this cell with this fact
    it = msgspec.structs.replace(_to(it, "stopping", draw, reason=fact.reason), then="fail", why=fact.reason)
    return it, (Refuse(), Kill(it.life))


def _break_idle(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    assert isinstance(fact, Broken)  # noqa: S101 -- the table pairs this cell with this fact
    return _to(it, "failed", draw, reason=fact.reason), (Refuse(),)


_ROWS: dict[State, dict[type[Fact], Cell]] = {
    "down": {
        Start: _start, Restart: _start, Waits: _wait, Adopted: _adopt, Broken: _break_idle,
        Stop: _stop_idle,
        Touched: _ignore, Idle: _ignore, Overrun: _ignore, SpawnFailed: _ignore, Answered: _ignore,
        Unanswered: _ignore, TimerOver: _ignore, Exited: _ignore,
    },
    "listening": {
        Start: _want_up, Restart: _start_now, Stop: _stop_idle, Waits: _ignore, Touched: _wake,
        Adopted: _adopt, Broken: _break_idle,
        Idle: _ignore, Overrun: _ignore, SpawnFailed: _ignore, Answered: _ignore, Unanswered: _ignore,
        TimerOver: _ignore, Exited: _ignore,
    },
    "starting": {
        Start: _want_up, Restart: _restart_running, Stop: _stop_running, SpawnFailed: _ended,
        Answered: _ready, TimerOver: _timer_in_starting, Exited: _ended, Overrun: _overrun,
        Broken: _break_running,
        Touched: _ignore, Waits: _ignore, Idle: _ignore, Adopted: _ignore, Unanswered: _ignore,
    },
    "ready": {
        Start: _want_up, Restart: _restart_running, Stop: _stop_running, Unanswered: _sick, Exited: _ended,
        Idle: _rest, Overrun: _overrun, Broken: _break_running,
        Touched: _ignore, Waits: _ignore, Adopted: _ignore, SpawnFailed: _ignore, Answered: _ignore,
        TimerOver: _ignore,
    },
    "unhealthy": {
        Start: _want_up, Restart: _restart_running, Stop: _stop_running, Answered: _ready,
        TimerOver: _timer_in_unhealthy, Exited: _ended, Overrun: _overrun, Broken: _break_running,
        Touched: _ignore, Waits: _ignore, Idle: _ignore, Adopted: _ignore, SpawnFailed: _ignore,
        Unanswered: _ignore,
    },
    "stopping": {
        Start: _start_again, Restart: _start_again, Stop: _want_down, TimerOver: _timer_in_stopping,
        Broken: _break_running, SpawnFailed: _stopped, Exited: _stopped,
        Touched: _ignore, Waits: _ignore, Idle: _ignore, Overrun: _ignore, Adopted: _ignore,
        Answered: _ignore, Unanswered: _ignore,
    },
    "backoff": {
        Start: _start_now, Restart: _start_now, Stop: _stop_idle, TimerOver: _timer_in_backoff,
        Broken: _break_idle,
        Touched: _ignore, Waits: _ignore, Idle: _ignore, Overrun: _ignore, Adopted: _ignore,
        SpawnFailed: _ignore, Answered: _ignore, Unanswered: _ignore, Exited: _ignore,
    },
    "failed": {
        Start: _start, Restart: _start, Stop: _stop_idle, Waits: _wait, Adopted: _adopt,
        Touched: _ignore, Idle: _ignore, Overrun: _ignore, SpawnFailed: _ignore, Answered: _ignore,
        Unanswered: _ignore, TimerOver: _ignore, Exited: _ignore, Broken: _ignore,
    },
}  # fmt: skip

TABLE: dict[tuple[State, type[Fact]], Cell] = {
    (state, fact): _ROWS[state][fact] for state in STATES for fact in FACTS
}
"""Every (state, fact) cell, written out: a new fact has to be decided for each state."""


def step(it: Instance, fact: Fact, policy: Policy, draw: Draw) -> Outcome:
    """Return the instance after `fact`, and the effects to carry out in order."""
    if fact.life not in (-1, it.life) and not isinstance(fact, Adopted):
        return it, ()
    return TABLE[it.state, type(fact)](it, fact, policy, draw)
