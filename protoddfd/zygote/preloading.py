"""Warms up what serves apps, a step at a time: the zygote starts commands and answers in between."""

import gc
import os
import traceback
from collections.abc import Iterator

from protoddfd.zygote.child import Server
from protoddfd.zygote.immortality import make_immortal
from protoddfd.zygote.packing import fill_holes


class Preloading:
    """How far the server is warmed up. Once `done`, apps can be forked, unless there is an `error`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._steps: Iterator[None] | None = None
        self.done = False
        self.error: str | None = None

    def step(self) -> None:
        """Do the next step; it may set signal handlers of its own."""
        try:
            self.done = not self._go_on()
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever Reflex raises, commands go on without it
            traceback.print_exc()
            self.error = f"{type(error).__name__}: {error}"
            self.done = True
        if self.done:
            self._steps = None
            gc.freeze()

    def _all_steps(self) -> Iterator[None]:
        yield from self._server.preload_steps()
        gc.collect()
        fill_holes()
        yield
        yield from make_immortal()

    def _go_on(self) -> bool:
        """Return whether there is more to do."""
        if self._steps is None:
            self._server.prepare_environment()
            self._steps = self._all_steps()
        for _ in self._steps:
            return True
        tasks = len(os.listdir("/proc/self/task"))  # noqa: PTH208  a count, not paths
        if tasks > 1:
            self.error = f"preloading left {tasks - 1} threads, which a fork would lose"
        return False
