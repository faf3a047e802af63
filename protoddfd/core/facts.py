"""What can happen to an instance (facts) and what can be asked for in return (effects).

Pure data: a fact carries the `life` it is news of, an effect the `life` it is meant for.
"""

from typing import Literal

import msgspec

TimerName = Literal["start", "grace", "backoff", "sick"]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened. A fact of an older life is dropped; -1 stands for any."""

    life: int = -1


class Start(Fact, frozen=True, kw_only=True):
    """Someone wants it up."""


class Stop(Fact, frozen=True, kw_only=True):
    """Someone wants it down."""


class Restart(Fact, frozen=True, kw_only=True):
    """Someone wants another process in its place."""


class Touched(Fact, frozen=True, kw_only=True):
    """A client connected to the held socket."""


class Waits(Fact, frozen=True, kw_only=True):
    """It is wanted up and something has to come first."""

    reason: str


class Idle(Fact, frozen=True, kw_only=True):
    """Nobody has used it for so long that it may rest."""


class Overrun(Fact, frozen=True, kw_only=True):
    """It uses more than it may."""

    reason: str


class Adopted(Fact, frozen=True, kw_only=True):
    """A process that outlived the daemon was found running."""


class SpawnFailed(Fact, frozen=True, kw_only=True):
    """No process could be made."""

    reason: str


class Answered(Fact, frozen=True, kw_only=True):
    """It answered a check."""


class Unanswered(Fact, frozen=True, kw_only=True):
    """It failed its checks."""

    reason: str


class TimerOver(Fact, frozen=True, kw_only=True):
    """A timer that an effect asked for has run out."""

    timer: TimerName


class Exited(Fact, frozen=True, kw_only=True):
    """Its process ended. `status` is the exit code, negative for a signal, None when nobody saw it."""

    status: int | None
    why: str | None = None
    """What else is known of the end."""


class Broken(Fact, frozen=True, kw_only=True):
    """It cannot run at all until someone mends it, e.g. its folder has vanished."""

    reason: str


FACTS: tuple[type[Fact], ...] = (
    Start, Stop, Restart, Touched, Waits, Idle, Overrun, Adopted, SpawnFailed, Answered, Unanswered,
    TimerOver, Exited, Broken,
)  # fmt: skip


WISHES = (Start, Restart, Waits)
"""What begins an app that is down."""


class Effect(msgspec.Struct, frozen=True):
    """Something to be done."""


class Spawn(Effect, frozen=True):
    """Make a process for `life`."""

    life: int


class Check(Effect, frozen=True):
    """Find out when the process of `life` answers."""

    life: int


class Terminate(Effect, frozen=True):
    """Ask the process of `life` to end."""

    life: int


class Kill(Effect, frozen=True):
    """End the process of `life` and its group."""

    life: int


class SetTimer(Effect, frozen=True):
    """Report `TimerOver(timer, life)` after `delay_s`; it replaces the timer before."""

    timer: TimerName
    life: int
    delay_s: float


class Listen(Effect, frozen=True):
    """Let clients connect and wait."""


class Refuse(Effect, frozen=True):
    """Keep the ports and refuse clients."""


class Watch(Effect, frozen=True):
    """Report `Touched` when a client connects."""
