"""Watches over the instances of one app by its checks, one runner for each life."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Literal, Protocol

import msgspec

from protoddfd.core import facts
from protoddfd.core.health import Verdict, effective_checks
from protoddfd.edge.check_database import RunJob
from protoddfd.edge.checks import Checked, carry_out
from protoddfd.runtime.health import Gates, HealthRunner
from protoddfd.runtime.record import AppRecord
from protoddfd.runtime.slot import Slot
from protoddfd.wire.options import AppOptions, Check
from protoddfd.wire.results import Ports

_ASK = AppOptions()
"""Options with which an app is asked whether it serves."""


class Means(Protocol):
    """What carrying out checks takes."""

    @property
    def default_check(self) -> Literal["http", "process"]:
        """How apps are checked that have no checks of their own."""

    @property
    def gates(self) -> Gates:
        """The bound on checks at once."""

    @property
    def run_job(self) -> RunJob:
        """Gives a worker a job."""

    def spawn_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` beside everything else."""


class Care:
    """The checks of one app. `told` hears of every verdict."""

    def __init__(self, means: Means, told: Callable[[Slot, Verdict], None]) -> None:
        self._means = means
        self._told = told
        self._runners: dict[int, HealthRunner] = {}
        self._early: dict[int, int] = {}
        """The lives that have answered before their process was made known, by slot."""

    def begin(self, record: AppRecord, slot: Slot, env: Mapping[str, str], *, answered: bool = False) -> None:
        """Check an instance from now on, for as long as this life lasts; `answered`: it is known to serve."""
        self.end(slot)
        checks = self._periodic(record)
        once = not checks and record.served_by != "command"
        if once and not answered:
            checks = self._of(msgspec.structs.replace(record, options=_ASK), "http")
        if not checks:
            return
        shared = record.scale > 1 and record.served_by == "zygote"
        of = Checked(
            served_by=record.served_by,
            folder=record.path,
            alive=lambda: slot.body.process is not None and slot.body.process.alive,
            env=lambda: {**os.environ, **env},
            run_job=self._means.run_job,
            own_socket=env.get("PROTODDF_PROBE") if shared else None,
            own_ports=record.ports,
        )
        runner = HealthRunner(
            checks,
            record.options.health,
            lambda check: carry_out(check, of),
            partial(self._heard, slot, slot.it.life, once),
            gates=self._means.gates,
            spawn_task=self._means.spawn_task,
        )
        self._runners[slot.number] = runner
        runner.start(answered=answered)

    def appeared(self, record: AppRecord, slot: Slot) -> None:
        """Take note that the process is there, which is all that is asked of some."""
        runner = self._runners.get(slot.number)
        if self._early.pop(slot.number, None) == slot.it.life:
            slot.feed(facts.Answered(life=slot.it.life))
        elif runner is not None:
            runner.nudge()
        elif record.served_by == "command":
            slot.feed(facts.Answered(life=slot.it.life))

    def _periodic(self, record: AppRecord) -> tuple[Check, ...]:
        """Return what is asked now and then; the end of a process is seen without being asked for."""
        checks = self._of(record, self._means.default_check)
        return () if all(check.kind == "process" for check in checks) else checks

    def _of(self, record: AppRecord, default: Literal["http", "process"]) -> tuple[Check, ...]:
        ports = Ports(frontend=record.frontend, backend=record.backend)
        return effective_checks(record.options.health, record.served_by, ports, default)

    def _heard(self, slot: Slot, life: int, once: bool, verdict: Verdict) -> None:
        if verdict.well and slot.pid is None:
            self._early[slot.number] = life
        elif verdict.well:
            slot.feed(facts.Answered(life=life))
        else:
            slot.feed(facts.Unanswered(life=life, reason=verdict.reason))
        self._told(slot, verdict)
        if once:
            self.end(slot)

    def look(self, slot: Slot) -> None:
        """Let an instance say what its checks came to."""
        runner = self._runners.get(slot.number)
        if runner is not None:
            slot.health = runner.results

    def end(self, slot: Slot) -> None:
        """Check an instance no more."""
        runner = self._runners.pop(slot.number, None)
        if runner is not None:
            slot.health = runner.results
            runner.stop()

    def tried(self, slot: Slot) -> str:
        """Return what was asked of an instance last, and what came."""
        runner = self._runners.get(slot.number)
        return runner.tried if runner is not None else ""
