"""Looks at what apps use and whether their folders are there, a little at a time."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable

from protoddfd.core import facts
from protoddfd.edge import stats
from protoddfd.runtime.app import App
from protoddfd.runtime.services import Services

PERIOD_S = 5.0
APPS_A_TURN = 50
PSS_PERIOD_S = 1.0


class Sampler:
    """`run` samples until cancelled; `forget` is called for an app whose folder stays away too long."""

    def __init__(self, services: Services, forget: Callable[[App], Awaitable[None]]) -> None:
        self._services = services
        self._forget = forget
        self._seen: dict[str, tuple[int, float, float]] = {}

    async def run(self) -> None:
        """Sample processors and folders every few seconds, and one app's memory every second."""
        await asyncio.gather(self._sweep(), self._weigh())

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            for number, app in enumerate(list(self._services.apps.values())):
                if number % APPS_A_TURN == APPS_A_TURN - 1:
                    await asyncio.sleep(0)
                self._sample_cpu(app)
                await self._look_for_folder(app)
            self._seen = {name: seen for name, seen in self._seen.items() if name in self._services.apps}

    async def _weigh(self) -> None:
        services = self._services
        while True:
            for keeper in (services.zygote, services.logger):
                keeper.pss_bytes = stats.pss_bytes(keeper.pid) if keeper.pid is not None else None
            await asyncio.sleep(PSS_PERIOD_S)
            for app in [app for app in self._services.apps.values() if app.slot.pid is not None]:
                if app.slot.pid is not None:
                    app.slot.pss_bytes = stats.pss_bytes(app.slot.pid)
                await asyncio.sleep(PSS_PERIOD_S)

    def _sample_cpu(self, app: App) -> None:
        pid = app.slot.pid
        used = stats.cpu_seconds(pid) if pid is not None else None
        if pid is None or used is None:
            self._seen.pop(app.name, None)
            app.slot.cpu_percent = 0.0
            return
        now = time.monotonic()
        before = self._seen.get(app.name)
        self._seen[app.name] = (pid, now, used)
        if before is not None and before[0] == pid:
            app.slot.cpu_percent = round(100.0 * (used - before[2]) / (now - before[1]), 1)

    async def _look_for_folder(self, app: App) -> None:
        if app.name in self._services.pending:
            return
        if _is_folder(app.record.path):
            app.vanished_at = None
            return
        now = time.monotonic()
        if app.vanished_at is None:
            app.vanished_at = now
            app.slot.feed(facts.Broken(reason=f"its folder {app.record.path} has vanished"))
        elif now - app.vanished_at > self._services.settings.ports.vanished_grace_s:
            await self._forget(app)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 -- hundreds of them: no Path for each
