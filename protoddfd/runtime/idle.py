"""Puts apps to rest that nobody has used for long, where their options say so. Reads meters, asks no app."""

import asyncio
import time

from protoddfd.core import facts
from protoddfd.edge import meter
from protoddfd.runtime.app import App
from protoddfd.runtime.services import Services

SELDOM_S = 5.0
OFTEN_S = 0.25
PARTS = 4
"""An app rests at the latest a part of its idle time late."""


async def rest_when_idle(services: Services) -> None:
    """Look now and then, until cancelled."""
    while True:
        watched = [app for app in services.apps.values() if _may_rest(app)]
        for app in watched:
            if is_idle(services, app, time.monotonic()):
                app.feed(facts.Idle())
        shortest_s = min((app.record.options.idle_stop_s for app in watched), default=SELDOM_S * PARTS)
        await asyncio.sleep(min(SELDOM_S, max(OFTEN_S, shortest_s / PARTS)))


def _may_rest(app: App) -> bool:
    options = app.record.options
    return options.on_demand and options.idle_stop_s > 0


def is_idle(services: Services, app: App, now: float) -> bool:
    """Tell whether nobody is connected, and nobody has been for as long as the app's options say."""
    slots = app.live_slots
    if not slots or any(slot.it.state != "ready" for slot in slots):
        return False
    for slot in slots:
        seen = meter.read(services.meter_path(app.name, slot.number))
        if seen is None or seen.in_use:
            return False
        used_at = max(seen.last_used_monotonic_s or 0.0, slot.it.ready_at or now)
        if now - used_at < app.record.options.idle_stop_s:
            return False
    return True
