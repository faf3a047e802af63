"""What is checked of an app, and what the outcomes add up to. Pure: time and chance come in as arguments."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from protoddfd.wire.options import Check, Health
from protoddfd.wire.results import Ports, ServedBy

RETRY_FIRST_S = 0.05
RETRY_MAX_S = 0.5
RETRY_GROWTH = 1.2
"""How fast it is asked again while it starts: a start of a second is seen at most a fifth of it late."""
SHORTEST_ON_BEAT_S = 1.0
SHOWN_CHARS = 160
"""Of a command's words, so many are shown."""
EARLIEST, LATEST = 0.9, 1.25
"""A period is stretched or shortened by chance, so that apps that came up together are not asked together."""
DATABASE_VARIABLES = ("DATABASE_URL", "REFLEX_DB_URL")
DATA_APP_DATABASE = "sqlite:///data/app.db"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one check came to: what was tried and what came, as a sentence, and how long it took."""

    check: str
    ok: bool
    detail: str
    took_s: float
    asked: bool = True
    """False: the check could not be made at all (no descriptor, no worker), which says nothing of the app."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one life: `starting` until every check has passed once, then `well` or `ill`."""

    state: Literal["starting", "well", "ill"] = "starting"
    in_a_row: tuple[int, ...] = ()
    """Failures of each check since it last passed."""
    wait_s: float = 0.0
    """The wait before this one, chance left out."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A change for the better or worse; `reason` says what was tried and what came."""

    well: bool
    reason: str = ""


# What is checked -----------------------------------------------------------------------------------------


def effective_checks(
    health: Health, served_by: ServedBy, ports: Ports, default: Literal["http", "process"]
) -> tuple[Check, ...]:
    """Return what is to be checked, never nothing, with ports as numbers.

    A port that the app does not have stays as it was asked for; such a check cannot pass, and says why.
    """
    if health.checks is None:
        return (_suitable(served_by, ports, default),)
    given = health.checks or (Check(kind="process"),)
    return tuple(
        msgspec.structs.replace(each, port=_port_of(each, served_by, ports))
        if each.kind in ("port", "http")
        else each
        for each in given
    )


def _suitable(served_by: ServedBy, ports: Ports, default: Literal["http", "process"]) -> Check:
    if default == "http" and served_by == "zygote" and ports.backend is not None:
        return Check(kind="http", port=ports.backend, path="/ping")
    if default == "http" and served_by == "reflex" and ports.frontend is not None:
        return Check(kind="http", port=ports.frontend)
    return Check(kind="process")


def _port_of(check: Check, served_by: ServedBy, ports: Ports) -> Literal["frontend", "backend"] | int:
    """Return the number of the port that `check` means, or its role where the app has no such port."""
    if isinstance(check.port, int):
        return check.port
    role = check.port or ("frontend" if served_by == "command" else "backend")
    number = ports.frontend if role == "frontend" else ports.backend
    return role if number is None else number


def own_database(served_by: ServedBy, env: Mapping[str, str]) -> str | None:
    """Return the url of an app's database by its environment; None when nothing is known of one."""
    for name in DATABASE_VARIABLES:
        if env.get(name):
            return env[name]
    return None if served_by == "command" else DATA_APP_DATABASE


def names(checks: Sequence[Check]) -> tuple[str, ...]:
    """Return what each check is called: its kind, numbered from the second of a kind on."""
    kinds = [check.kind for check in checks]
    counts = [kinds[: place + 1].count(kind) for place, kind in enumerate(kinds)]
    return tuple(kind if n == 1 else f"{kind} {n}" for kind, n in zip(kinds, counts, strict=True))


def subject(check: Check) -> str:
    """Return what a check does, for people: `GET http://127.0.0.1:4002/ping`."""
    match check.kind:
        case "http":
            return f"GET http://127.0.0.1:{check.port}{printable(check.path)}"
        case "port":
            return f"connecting to 127.0.0.1:{check.port}"
        case "command":
            words = " ".join(printable(" ".join(check.argv)).split())
            return f"`{words if len(words) <= SHOWN_CHARS else words[:SHOWN_CHARS] + ' ...'}`"
        case "database":
            return "SELECT 1 at its database"
        case "process":
            return "its process"


def printable(text: str) -> str:
    """Return `text` with what a terminal could take for a command shown as a question mark; lines stay."""
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text)


# What the outcomes mean ----------------------------------------------------------------------------------


def judge(
    watch: Watch, outcomes: Sequence[Outcome], options: Health, jitter: float
) -> tuple[Watch, Verdict | None, float]:
    """Return the watch after a round of checks, the verdict if it changes, and the seconds to the next round.

    `outcomes` are those of all checks, in their order; while it starts a round may end at the first failure.
    `jitter` is a chance between 0 and 1.
    """
    passed = all(each.ok for each in outcomes)
    if watch.state == "starting" and not passed:
        return _try_again(watch, outcomes)
    counts = _counts(watch.in_a_row or (0,) * len(outcomes), outcomes)
    wait_s = _period_s(watch, options, passed=passed)
    delay_s = _spread(wait_s, options, jitter)
    if passed:
        verdict = None if watch.state == "well" else Verdict(well=True)
        return Watch(state="well", in_a_row=counts, wait_s=wait_s), verdict, delay_s
    reasons = _reasons(outcomes, counts, options.failures)
    if watch.state == "well" and reasons:
        after = Watch(state="ill", in_a_row=counts, wait_s=wait_s)
        return after, Verdict(well=False, reason=" and ".join(reasons)), delay_s
    return Watch(state=watch.state, in_a_row=counts, wait_s=wait_s), None, delay_s


def _try_again(watch: Watch, outcomes: Sequence[Outcome]) -> tuple[Watch, None, float]:
    """Ask again soon, and at once if the answer was long in not coming."""
    wait_s = min(RETRY_MAX_S, max(RETRY_FIRST_S, watch.wait_s * RETRY_GROWTH))
    took_s = sum(each.took_s for each in outcomes)
    return Watch(wait_s=wait_s), None, max(0.0, wait_s - took_s)


def _counts(before: tuple[int, ...], outcomes: Sequence[Outcome]) -> tuple[int, ...]:
    return tuple(0 if each.ok else count + each.asked for count, each in zip(before, outcomes, strict=True))


def _period_s(watch: Watch, options: Health, *, passed: bool) -> float:
    """Return the shortest period after a start or a failure, else twice the last, within the bounds."""
    if watch.state != "well" or not passed:
        return options.period_min_s
    return max(options.period_min_s, min(options.period_max_s, watch.wait_s * 2.0))


def _spread(wait_s: float, options: Health, jitter: float) -> float:
    """Return `wait_s` changed by chance within the bounds, if need be a little below both."""
    high = max(options.period_min_s, min(options.period_max_s, wait_s * LATEST))
    low = min(max(options.period_min_s, wait_s * EARLIEST), high * EARLIEST)
    return low + (high - low) * jitter


def due_at(now: float, delay_s: float) -> float:
    """Return when a round after `delay_s` is due: on a beat that all apps share, a little early.

    One wake-up then serves all who are due; five hundred of them would cost more than their checks. The beat
    is at most a 32nd of the wait, so that those who came up together stay spread.
    """
    if delay_s < SHORTEST_ON_BEAT_S:
        return now + delay_s
    beat_s = 2.0 ** math.floor(math.log2(delay_s / 32))
    return math.floor((now + delay_s) / beat_s) * beat_s


def _reasons(outcomes: Sequence[Outcome], counts: tuple[int, ...], limit: int) -> list[str]:
    return [
        f"{each.detail}{f'; {count} times in a row' if count > 1 else ''}"
        for each, count in zip(outcomes, counts, strict=True)
        if count >= limit
    ]
