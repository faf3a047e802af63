"""The checks of one instance, one life long: asked quickly until it answers, then now and then.

Between two rounds there is only a timer. Knows no app: what is asked, and who is told, are given.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import structlog

from protoddfd.core.health import Outcome, Verdict, Watch, due_at, judge, names, subject
from protoddfd.wire.options import Check, Health
from protoddfd.wire.results import HealthResult

log = structlog.get_logger("protoddfd.health")


class Gates:
    """Bounds how many checks of all apps are under way at once: those that wait, and those that work.

    Waiting for an answer costs a descriptor; a command or a question to a database costs a process. Of an app
    that starts, a request may wait outside: its start is bounded, and an answer must not be late.
    """

    def __init__(self, *, waiting: int = 100, working: int = 10) -> None:
        self._waiting = asyncio.Semaphore(waiting)
        self._working = asyncio.Semaphore(working)

    def of(self, check: Check, *, starting: bool) -> asyncio.Semaphore | None:
        """Return what `check` has to pass, None when it need not wait."""
        if check.kind in ("command", "database"):
            return self._working
        return None if starting or check.kind == "process" else self._waiting


class HealthRunner:
    """Makes `checks`, one after the other, and tells `on_verdict` when an instance becomes well or ill.

    The first verdict comes when every check has passed in one round, and is good. One object serves one life:
    `start` once, `stop` whenever.
    """

    __slots__ = (
        "_asking", "_checks", "_gates", "_names", "_on_verdict", "_options", "_results", "_rounds", "_run",
        "_since", "_spawn_task", "_task", "_timer", "_watch",
    )  # fmt: skip

    def __init__(
        self,
        checks: Sequence[Check],
        options: Health,
        run: Callable[[Check], Awaitable[Outcome]],
        on_verdict: Callable[[Verdict], None],
        *,
        gates: Gates,
        spawn_task: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._checks = tuple(checks)
        self._names = names(checks)
        self._options = options
        self._run = run
        self._on_verdict = on_verdict
        self._gates = gates
        self._spawn_task = spawn_task
        self._watch = Watch()
        self._results: list[HealthResult | None] = [None] * len(self._checks)
        self._rounds = 0
        self._asking: Check | None = None
        self._since = 0.0
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def results(self) -> tuple[HealthResult, ...]:
        """What each check came to last, in the order of the checks, without those not made yet."""
        return tuple(each for each in self._results if each is not None)

    @property
    def tried(self) -> str:
        """What was asked and what came, for people, above all while it starts; empty before anything was."""
        parts = [each.detail for each in self.results]
        if parts and self._rounds > 1:
            parts[-1] += f" ({self._rounds} times)"
        if self._asking is not None and self._results[self._checks.index(self._asking)] is None:
            parts.append(
                f"{subject(self._asking)} has had no answer for {time.monotonic() - self._since:.1f} s"
            )
        return "; ".join(parts)

    def start(self, *, answered: bool = False) -> None:
        """Begin, at once; one that has `answered` already in this life is only asked now and then."""
        if answered:
            self._watch = Watch(state="well", in_a_row=(0,) * len(self._checks))
        self._begin()

    def nudge(self) -> None:
        """Ask now rather than later: there is news, of a process for instance."""
        if self._timer is not None:
            self._timer.cancel()
            self._begin()

    def stop(self) -> None:
        """Ask no more; what is under way is cancelled, and its process killed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _begin(self) -> None:
        self._timer = None
        self._task = self._spawn_task(self._round())

    async def _round(self) -> None:
        starting = self._watch.state == "starting"
        outcomes: list[Outcome] = []
        for place, check in enumerate(self._checks):
            outcome = await self._pass_gate(check, starting=starting)
            outcomes.append(outcome)
            self._results[place] = HealthResult(
                check=self._names[place], ok=outcome.ok, detail=outcome.detail, at=time.time()
            )
            if starting and not outcome.ok:
                break
        self._rounds += 1
        self._conclude(outcomes)

    async def _pass_gate(self, check: Check, *, starting: bool) -> Outcome:
        gate = self._gates.of(check, starting=starting)
        if gate is None:
            return await self._ask(check)
        async with gate:
            return await self._ask(check)

    async def _ask(self, check: Check) -> Outcome:
        self._asking, self._since = check, time.monotonic()
        try:
            return await self._run(check)
        except Exception as error:  # a fault of ours, or of what was given, is no failure of the app
            detail = f"{subject(check)} is not possible: {error}"
            if detail not in {each.detail for each in self.results}:
                log.exception("check.failed", check=check.kind)
            return Outcome(check=check.kind, ok=False, detail=detail, took_s=0.0, asked=False)
        finally:
            self._asking = None

    def _conclude(self, outcomes: list[Outcome]) -> None:
        jitter = random.random()  # noqa: S311 -- no secret
        self._watch, verdict, delay_s = judge(self._watch, outcomes, self._options, jitter)
        self._task = None
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(due_at(loop.time(), delay_s), self._begin)
        if verdict is not None:
            self._on_verdict(verdict)
