"""Runs a data app's own `python -m dataforms.move` in its folder, as a child that ends with its caller."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from protoddfd.errors import MoveFailed

MODULE = Path("dataforms") / "move.py"
_SOURCE, _TARGET = "DATAFORMS_MOVE_FROM", "DATAFORMS_MOVE_TO"
_KEPT = 20
"""Lines of its messages that are kept for an error."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What it says at the end."""

    rows: dict[str, int]
    left: tuple[str, ...]
    seconds: float


async def run(
    folder: Path, source: str, target: str, env: Mapping[str, str], said: Callable[[str], None]
) -> Moved:
    """Copy the data of the app in `folder` between two addresses; `said` takes each line of progress.

    `env` is the app's environment beside ours. The addresses, which may hold passwords, are seen in no list
    of processes.

    Raises:
        MoveFailed: with the reason that it gave; the target is as it was.
    """
    child = await asyncio.create_subprocess_exec(
        _python(folder), "-m", "dataforms.move", "--json", f"env:{_SOURCE}", f"env:{_TARGET}",
        cwd=folder, env={**os.environ, **env, _SOURCE: source, _TARGET: target},
        stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        lines, answer = await asyncio.gather(_follow(child, said), _answer(child))
        status = await child.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
    if status != 0:
        text = " ".join(lines) or f"it ended with status {status}"
        raise MoveFailed(f"the data was not moved: {text}", hint="correct that and try again")
    return msgspec.json.decode(answer, type=Moved)


async def _follow(child: Process, said: Callable[[str], None]) -> list[str]:
    """Return the last lines that are no progress, which is what went wrong."""
    assert child.stderr is not None  # noqa: S101 - it was asked for
    kept: list[str] = []
    async for line in child.stderr:
        text = line.decode(errors="replace").strip()
        said(text)
        if not text.endswith(" rows"):
            kept = [*kept, text][-_KEPT:]
    return kept


async def _answer(child: Process) -> bytes:
    assert child.stdout is not None  # noqa: S101 - it was asked for
    return await child.stdout.read()


def _python(folder: Path) -> str:
    own = folder / ".venv" / "bin" / "python"
    return str(own) if os.access(own, os.X_OK) else sys.executable
