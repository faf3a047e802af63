"""Runs a check's command: in a session of its own, within its time, its last words kept, nothing left over.

Its end is seen through a pidfd and the process reaped only after its group was killed: as long as it is not
reaped its number cannot be another's, so that no stranger can be hit.
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

import structlog

from protoddfd.core.health import Outcome, printable, subject
from protoddfd.wire.options import Check

KEPT_BYTES = 2048
"""Of the output, so much of the end goes into the detail."""
_BLOCK = 64 * 1024
_PAUSE_S = 0.01
"""Between two reads: a command that floods its output must not keep the daemon busy."""
_REAP_S = 2.0
"""A killed process is gone in a millisecond, unless the kernel holds it; that is waited for elsewhere."""

log = structlog.get_logger("protoddfd.check")


async def command(check: Check, *, folder: str, env: Mapping[str, str]) -> Outcome:
    """Return whether `check.argv`, run in `folder` with the environment `env` alone, exits with status 0.

    No shell is involved. What it has started and left in its process group is killed with it.
    """
    began = time.perf_counter()
    try:
        run = _Run(check.argv, folder, env)
    except (OSError, ValueError) as error:
        return _not_run(check, began, error)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(check.timeout_s):
                await run.ended()
        status, took_s = run.status, time.perf_counter() - began
    finally:
        await run.clear()
    text = (
        _how_it_ended(status, took_s) if status is not None else f"did not end within {check.timeout_s:g} s"
    )
    detail = f"{subject(check)} {text}{f': {run.said}' if run.said else ''}"
    return Outcome(check=check.kind, ok=status == 0, detail=detail, took_s=took_s)


def _how_it_ended(status: int, took_s: float) -> str:
    how = f"was ended by signal {-status}" if status < 0 else f"exited with status {status}"
    return f"{how} in {took_s * 1000:.0f} ms"


def _not_run(check: Check, began: float, error: OSError | ValueError) -> Outcome:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    about = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    return Outcome(
        check=check.kind,
        ok=False,
        detail=f"{subject(check)} cannot be run: {reason}{about}",
        took_s=time.perf_counter() - began,
        asked=False,
    )


class _Run:
    """One process, the pipe that its output comes through, and the hold on it."""

    def __init__(self, argv: tuple[str, ...], folder: str, env: Mapping[str, str]) -> None:
        self.status: int | None = None
        """None until it has ended."""
        self._loop = asyncio.get_running_loop()
        self._kept = b""
        self._pause: asyncio.TimerHandle | None = None
        self._process = subprocess.Popen(  # noqa: S603 -- who may set a check may run what it names
            argv, cwd=folder, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0, start_new_session=True,
        )  # fmt: skip
        try:
            self._pidfd = os.pidfd_open(self._process.pid)
        except OSError:
            self._kill()
            self._process.communicate()
            raise
        self._end: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._pidfd, self._note_end)
        assert self._process.stdout is not None  # noqa: S101 -- it was asked for
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)
        self._loop.add_reader(self._output.fileno(), self._read)

    @property
    def said(self) -> str:
        """The end of its output, for people."""
        return printable(self._kept.decode("utf-8", "replace")).strip()

    async def ended(self) -> None:
        """Return when the process has ended; what it left running does not count."""
        await asyncio.shield(self._end)

    async def clear(self) -> None:
        """Kill it if it runs, and return when it is reaped and nothing is open."""
        if not self._end.done():
            self._kill()
        self._read_rest()
        with suppress(TimeoutError):
            async with asyncio.timeout(_REAP_S):
                await asyncio.shield(self._end)
        if not self._end.done():
            log.warning("check.stuck", pid=self._process.pid)

    def _kill(self) -> None:
        """Kill its group; only for as long as it is not reaped."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _note_end(self) -> None:
        """Reap it, after its group: until then its number is its own."""
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._kill()
        self.status = self._process.wait()
        self._end.set_result(None)

    def _read(self) -> None:
        self._loop.remove_reader(self._output.fileno())
        if self._take():
            self._pause = self._loop.call_later(_PAUSE_S, self._read_on)

    def _read_on(self) -> None:
        self._loop.add_reader(self._output.fileno(), self._read)

    def _take(self) -> bool:
        """Take one block of output; return whether there may be more."""
        try:
            block = self._output.read(_BLOCK)
        except OSError:
            return False
        if block:
            self._kept = (self._kept + block)[-KEPT_BYTES:]
        return block != b""

    def _read_rest(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._output.fileno())
        self._take()
        self._output.close()
