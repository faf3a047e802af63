"""One instance of an app at run time: facts go in, the table decides, effects are carried out in order.

The inbox is drained to the end before `feed` returns, one fact at a time, so an effect that reports a fact at
once never meets a half-changed instance, and no lock and no task is needed.
"""

import asyncio
import random
import time
from typing import Protocol

from protoddfd.core import facts, lifecycle
from protoddfd.core.lifecycle import Instance, Policy
from protoddfd.edge.meter import Meter
from protoddfd.runtime.body import Body
from protoddfd.wire import results


class Host(Protocol):
    """What carries out effects for a slot."""

    def spawn(self, slot: "Slot", life: int) -> None:
        """Make a process; report SpawnFailed or Exited later."""

    def check(self, slot: "Slot", life: int) -> None:
        """Find out when it answers; report Answered."""

    def terminate(self, slot: "Slot", life: int) -> None:
        """Ask the process to end."""

    def kill(self, slot: "Slot", life: int) -> None:
        """End the process and its group."""

    def listen(self, slot: "Slot") -> None:
        """Let clients connect and wait."""

    def refuse(self, slot: "Slot") -> None:
        """Refuse clients."""

    def watch(self, slot: "Slot") -> None:
        """Report Touched when a client connects."""

    def changed(self, slot: "Slot", before: Instance) -> None:
        """Take note of a new state, wish or reason."""


class Slot:
    """One instance: its pure state, its process and its timers."""

    def __init__(self, number: int, policy: Policy, host: Host) -> None:
        self.number = number
        self.policy = policy
        self.it = Instance(since=time.monotonic())
        self.body = Body()
        self.pid: int | None = None
        self.changed_at = time.time()
        self.began_at = 0.0
        """Unix time in seconds at which this life was begun."""
        self.cpu_percent = 0.0
        self.pss_bytes: int | None = None
        self.open_files: int | None = None
        self.meter: Meter | None = None
        """What it had counted of its use when that was read last."""
        self.health: tuple[results.HealthResult, ...] = ()
        self._host = host
        self._inbox: list[facts.Fact] = []
        self._draining = False
        self._retired = False
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def feed(self, fact: facts.Fact) -> None:
        """Take a fact in and carry out all that follows from it."""
        if self._retired and isinstance(fact, facts.WISHES):
            return
        self._inbox.append(fact)
        if self._draining:
            return
        self._draining = True
        try:
            while self._inbox:
                self._step(self._inbox.pop(0))
        finally:
            self._draining = False

    def retire(self) -> None:
        """Stop it, and let nothing begin it again: a start may still be on its way when the daemon ends."""
        self._retired = True
        self.feed(facts.Stop())

    def close(self) -> None:
        """Drop every timer and let go of the process, at the end."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.body.close()

    def _step(self, fact: facts.Fact) -> None:
        before = self.it
        draw = lifecycle.Draw(time.monotonic(), random.random())  # noqa: S311 -- jitter, no secret
        self.it, effects = lifecycle.step(before, fact, self.policy, draw)
        if isinstance(fact, facts.Exited) and fact.life == before.life:
            self.pid = None
        if self.it.state != before.state:
            self.changed_at = time.time()
            self._drop_timers(keep="start" if self.it.state == "starting" else "")
        for effect in effects:
            self._carry_out(effect)
        if self.it != before:
            self._host.changed(self, before)

    def _drop_timers(self, keep: str) -> None:
        for name in [name for name in self._timers if name != keep]:
            self._timers.pop(name).cancel()

    def _carry_out(self, effect: facts.Effect) -> None:
        match effect:
            case facts.Spawn(life):
                self.began_at = time.time()
                self._host.spawn(self, life)
            case facts.Check(life):
                self._host.check(self, life)
            case facts.Terminate(life):
                self._host.terminate(self, life)
            case facts.Kill(life):
                self._host.kill(self, life)
            case facts.SetTimer(timer, life, delay_s):
                self._set_timer(timer, life, delay_s)
            case _:
                self._sockets(effect)

    def _sockets(self, effect: facts.Effect) -> None:
        match effect:
            case facts.Listen():
                self._host.listen(self)
            case facts.Refuse():
                self._host.refuse(self)
            case facts.Watch():
                self._host.watch(self)
            case _:
                raise TypeError(f"no way to carry out {effect!r}")

    def _set_timer(self, timer: facts.TimerName, life: int, delay_s: float) -> None:
        if old := self._timers.pop(timer, None):
            old.cancel()
        fact = facts.TimerOver(life=life, timer=timer)
        self._timers[timer] = asyncio.get_running_loop().call_later(delay_s, self.feed, fact)

    def view(self) -> results.Instance | None:
        """Return what clients see, None without a live process."""
        if self.pid is None:
            return None
        meter = self.meter
        return results.Instance(
            slot=self.number,
            pid=self.pid,
            life=self.it.life,
            state=self.it.state,
            since=self.changed_at,
            cpu_percent=self.cpu_percent,
            pss_bytes=self.pss_bytes,
            restarts=self.it.restarts,
            health=self.health,
            open_files=self.open_files,
            connections=meter.connections if meter is not None else None,
            requests=meter.requests if meter is not None else None,
            errors=meter.errors if meter is not None else None,
        )
