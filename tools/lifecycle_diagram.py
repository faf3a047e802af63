"""Draws the life of an instance from the table that decides it, by trying every cell."""

import itertools
from collections.abc import Iterator

import msgspec

from protoddfd.core import facts
from protoddfd.core.lifecycle import STATES, Draw, Instance, Policy, State, step

_FACTS: tuple[facts.Fact, ...] = (
    facts.Start(), facts.Stop(), facts.Restart(), facts.Touched(), facts.Waits(reason="x"), facts.Idle(),
    facts.Overrun(reason="x"), facts.Adopted(life=1),
    facts.SpawnFailed(reason="x"), facts.Answered(), facts.Unanswered(reason="x"),
    facts.TimerOver(timer="start"), facts.TimerOver(timer="grace"), facts.TimerOver(timer="backoff"),
    facts.TimerOver(timer="sick"),
    facts.Exited(status=0), facts.Exited(status=1), facts.Broken(reason="x"),
)  # fmt: skip

_POLICIES = (Policy(), Policy(on_demand=True), Policy(restart="on-failure"), Policy(restart="never"))


def document() -> str:
    """Return a Markdown page with the state diagram and what each state means for clients."""
    lines = [
        "# An instance's life",
        "",
        "Generated from the table in `protoddfd/core/lifecycle.py`. What is wanted (`up`, `down`) is",
        "kept apart from the state. A fact that is not drawn at a state changes no state there.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> down",
    ]
    for before, after, names in _arrows():
        lines.append(f"    {before} --> {after}: {names}")
    lines += ["```", "", "| state | a client that connects |", "| --- | --- |"]
    lines += [f"| `{state}` | {_CLIENTS[state]} |" for state in STATES]
    lines += [
        "",
        "A process that ends unasked is replaced at once the first time, then after 0.5 s, doubling to 30 s;",
        "30 s in `ready` begin the count anew. More than 5 exits in 180 s are `failed`, with the reason.",
        "An app that starts on demand goes back to `listening` instead, where the next client wakes it.",
        "",
    ]
    return "\n".join(lines)


_CLIENTS: dict[State, str] = {
    "down": "is refused",
    "listening": "waits, and wakes the app",
    "starting": "waits until the app serves",
    "ready": "is served",
    "unhealthy": "is served, as well as the app can",
    "stopping": "waits for the next process, if there is to be one",
    "backoff": "waits",
    "failed": "is refused",
}


def _arrows() -> Iterator[tuple[State, State, str]]:
    """Yield state, next state, and the facts that lead there, in the table's order."""
    found: dict[tuple[State, State], dict[str, None]] = {}
    for before, fact, policy, it in itertools.product(STATES, _FACTS, _POLICIES, _instances()):
        after, _ = step(msgspec.structs.replace(it, state=before), fact, policy, Draw(100.0))
        if after.state != before:
            found.setdefault((before, after.state), {})[_name(fact)] = None
    for (before, after_state), names in found.items():
        yield before, after_state, ", ".join(names)


def _instances() -> tuple[Instance, ...]:
    """Return instances that differ in what decides within a cell."""
    many = tuple(float(number) for number in range(95, 100))
    return (
        Instance(life=1, wanted="up"),
        Instance(life=1, wanted="down"),
        Instance(life=1, wanted="up", attempt=3),
        Instance(life=1, wanted="up", attempt=3, exits=many),
        Instance(life=1, wanted="up", then="rest"),
        Instance(life=1, wanted="up", then="fail"),
        Instance(life=1, wanted="up", then="again", attempt=3),
    )


def _name(fact: facts.Fact) -> str:
    if isinstance(fact, facts.TimerOver):
        return f"{fact.timer} timer over"
    if isinstance(fact, facts.Exited):
        return "exited" if fact.status else "exited with 0"
    return {"SpawnFailed": "spawn failed"}.get(type(fact).__name__, type(fact).__name__.lower())
