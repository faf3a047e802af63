"""A draft, up to three answers of a language model, each judged, and the draft again if none will do."""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dataforms.spec import AppSpec, Problem
from protoddfd.design.model import prompt
from protoddfd.design.model.applying import Applied
from protoddfd.design.model.asking import Asked, Endpoint, Reply, Way, WayUnknown
from protoddfd.design.model.budget import Clock
from protoddfd.design.model.judging import judge
from protoddfd.design.model.key import read_key
from protoddfd.design.model.ledger import Ledger
from protoddfd.design.model.notes import note_of_use, told
from protoddfd.design.model.patch import Patch, PatchUnreadable, read, schema
from protoddfd.design.model.setup import replays, require
from protoddfd.design.model.talk import Stopped, Talk
from protoddfd.design.model.where import address_of
from protoddfd.settings.model import ModelSettings
from protoddfd.wire.design import ModelUse

ECHO_CHARACTERS_MOST = 20_000
"""How much of an answer that was wrong is said again."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is to better: a draft, and the words that it is to be about."""

    base: AppSpec
    text: str
    of_files: bool = False
    """Are the entities and fields those of files, so that only how they are shown may change?"""
    update: bool = False
    """Is the draft an app in use, and the text a wish to change it?"""
    statistics: dict[str, Any] = {}


class Improved(msgspec.Struct, frozen=True, kw_only=True):
    """The draft after the model, or as it was; what to tell; what it took."""

    spec: AppSpec
    notes: tuple[str, ...]
    use: ModelUse
    renames: dict[str, str] = {}


def improve(task: Task, settings: ModelSettings, logs: Path) -> Improved:
    """Return the draft with what the model makes better, or as it was with a note that says why.

    Raises:
        ModelUnready: the key cannot be had, or the library is not installed; nothing was sent.
    """
    require(settings)
    return asyncio.run(_improve(task, settings, logs))


async def _improve(task: Task, settings: ModelSettings, logs: Path) -> Improved:
    def connect() -> Endpoint:
        from protoddfd.design.model.endpoint import ModelEndpoint  # seconds and 80 MiB: only who calls pays

        return ModelEndpoint(settings, read_key(settings, os.environ))

    address = "cassette" if replays(settings) else address_of(settings)
    clock = Clock(settings.timeout_s, time.monotonic)
    talk = Talk(settings, Ledger(logs), clock, address, connect)
    rounds = _Rounds(task, settings, talk)
    try:
        patch, applied = await rounds.run()
    except Stopped as stopped:
        use = _use(rounds, talk, settings, address, outcome="draft_stands", reason=str(stopped))
        return Improved(spec=task.base, notes=note_of_use(use), use=use)
    finally:
        await talk.close()
    changed = applied.spec != task.base
    use = _use(rounds, talk, settings, address, outcome="changed" if changed else "unchanged")
    return Improved(
        spec=applied.spec,
        notes=(*(told(patch) if changed else ()), *note_of_use(use)),
        use=use,
        renames=applied.renames,
    )


def _use(rounds: "_Rounds", talk: Talk, settings: ModelSettings, address: str, **outcome: Any) -> ModelUse:
    return ModelUse(
        provider=settings.provider, endpoint=address, name=settings.name, calls=talk.calls,
        rounds=rounds.done, sent=rounds.sent if talk.calls else (), sent_characters=talk.sent_characters,
        input_tokens=talk.input_tokens, output_tokens=talk.output_tokens, cost=round(talk.cost, 6),
        record=talk.record, **outcome,
    )  # fmt: skip


class _Rounds:
    """Asks until an answer stands."""

    def __init__(self, task: Task, settings: ModelSettings, talk: Talk) -> None:
        self._task = task
        self._settings = settings
        self._talk = talk
        self._ways: list[Way] = _ways(settings)
        self.done = 0
        self.values = settings.allow_rows or not task.of_files
        self.sent = _kinds(task, values=self.values)

    async def run(self) -> tuple[Patch, Applied]:
        """Return the first patch that stands, and what it makes. Raises Stopped."""
        task = self._task
        statistics: Mapping[str, Any] = task.statistics
        said = [prompt.request(task.text, task.base, values=self.values, statistics=statistics)]
        problems: Sequence[Problem] = ()
        while self.done < self._settings.rounds:
            reply = await self._ask(tuple(said))
            self.done += 1
            found = self._judged(reply)
            if isinstance(found, tuple):
                return found
            problems = found
            said += [reply.text[:ECHO_CHARACTERS_MOST] or "{}", prompt.repair(problems)]
        first = problems[0]
        times = "its answer is" if self.done == 1 else f"all {self.done} answers are"
        raise Stopped(f"{times} wrong; the last: {first.path}: {first.message}")

    async def _ask(self, said: tuple[str, ...]) -> Reply:
        while True:
            way = self._ways[0]
            asked = Asked(
                task=prompt.task(update=self._task.update, with_schema=way == "text"), said=said, way=way,
                schema=schema(), output_tokens=self._settings.output_tokens,
            )  # fmt: skip
            try:
                return await self._talk.ask(asked)
            except WayUnknown as unknown:
                if len(self._ways) == 1:
                    raise Stopped(unknown.message) from None
                del self._ways[0]

    def _judged(self, reply: Reply) -> tuple[Patch, Applied] | list[Problem]:
        if reply.finish == "refused":
            raise Stopped("it refused to answer")
        try:
            patch = read(reply.text)
        except PatchUnreadable as unreadable:
            hint = (
                "It was cut off: make fewer changes." if reply.finish == "cut" else "Answer with JSON only."
            )
            return [Problem(path="answer", message=f"{unreadable}.", hint=hint)]
        task = self._task
        applied = judge(task.base, patch, task.text, of_files=task.of_files, update=task.update)
        return list(applied.problems) or (patch, applied)


def _ways(settings: ModelSettings) -> list[Way]:
    if settings.answer != "auto":
        return [settings.answer]
    return ["tool", "text"] if settings.provider == "anthropic" else ["schema", "text"]


def _kinds(task: Task, *, values: bool) -> tuple[str, ...]:
    kinds = ["description"] if task.text else []
    kinds.append("entities and fields")
    if task.of_files and values:
        kinds.append("choices and other values from the files")
    if task.statistics:
        kinds.append("row counts")
    return tuple(kinds)
