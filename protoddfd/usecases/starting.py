"""Bringing one app up or down and waiting for the outcome; shared by the methods that do."""

import asyncio

import msgspec

from protoddfd.core import facts
from protoddfd.core.lifecycle import Instance
from protoddfd.edge.logfiles import read_log
from protoddfd.errors import AppUnknown, BundleFailed, ExitedEarly, ProtoddfError, StartTimedOut
from protoddfd.runtime.app import App, policy_of
from protoddfd.runtime.services import Services
from protoddfd.wire import results
from protoddfd.worker import messages as jobs

TAIL_LINES = 12


def find(services: Services, name: str) -> App:
    """Return the app called `name`; raise AppUnknown with what there is."""
    app = services.apps.get(name)
    if app is None:
        names = sorted(services.apps)
        shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        raise AppUnknown(
            f"there is no app called {name!r}",
            hint=f"apps: {shown}" if names else "protoddfctl create NAME --from FILE.csv makes one",
        )
    return app


async def prepare(services: Services, app: App) -> None:
    """Look at the app's folder anew: what bundle it needs, and who can serve it.

    Raises:
        ProtoddfError: the folder cannot be run as it is.
    """
    inspection: jobs.Inspection = await services.workers.run(
        jobs.Inspect(folder=app.record.path, cache=str(services.places.cache), name=app.name)
    )
    await apply(services, app, inspection)


async def apply(services: Services, app: App, inspection: jobs.Inspection) -> None:
    """Take over what was found out of the folder; build a bundle that is missing."""
    await services.logger.drain(app.name, app.slot.number)
    former = app.inspection
    if services.zygote.preload_error is not None:
        reason = f"the zygote cannot serve apps: {services.zygote.preload_error}"
        inspection = msgspec.structs.replace(inspection, servable=False, reason=reason)
    app.record = msgspec.structs.replace(
        app.record, title=inspection.title, served_by="zygote" if inspection.servable else "reflex"
    )
    app.slot.policy = policy_of(services, app.served_by)
    app.bundle = _bundle_view(inspection)
    if inspection.bundle or not inspection.servable:
        app.inspection = inspection
    elif former is not None and former.bundle:
        app.inspection = msgspec.structs.replace(inspection, bundle=former.bundle)
        services.spawn_task(_build_and_restart(services, app, inspection))
    else:
        app.inspection = await _build(services, app, inspection)


def _bundle_view(inspection: jobs.Inspection) -> results.Bundle:
    if not inspection.servable:
        return results.Bundle(state="none", detail=inspection.reason)
    if not inspection.bundle:
        return results.Bundle(state="building", digest=inspection.digest)
    return results.Bundle(state="shared" if inspection.shared else "built", digest=inspection.digest)


async def _build(services: Services, app: App, inspection: jobs.Inspection) -> jobs.Inspection:
    def said(progress: jobs.Progress) -> None:
        services.bus.publish("progress", app.name, text=progress.text, part=progress.part)

    said(jobs.Progress(text="building the frontend"))
    try:
        built: jobs.Built = await services.workers.run(
            jobs.Build(folder=app.record.path, cache=str(services.places.cache)), said
        )
    except ProtoddfError as error:
        app.bundle = results.Bundle(state="failed", digest=inspection.digest, detail=error.message)
        raise BundleFailed(error.message, hint=error.hint) from error
    inspection = msgspec.structs.replace(inspection, bundle=built.bundle, digest=built.digest)
    app.bundle = _bundle_view(inspection)
    return inspection


async def _build_and_restart(services: Services, app: App, inspection: jobs.Inspection) -> None:
    """Build in the background while the last bundle goes on serving, then serve the new one."""
    try:
        app.inspection = await _build(services, app, inspection)
    except BundleFailed as error:
        services.bus.publish("app.changed", app.name, bundle="failed", reason=error.message)
        return
    services.bus.publish("app.changed", app.name, bundle=app.bundle.state)
    if app.slot.it.state in ("starting", "ready", "unhealthy"):
        app.slot.feed(facts.Restart())


def has_started(it: Instance) -> bool:
    """Tell whether a start has come to some end, good or bad."""
    return it.state in ("ready", "listening", "unhealthy", "failed", "backoff", "down")


def is_down(it: Instance) -> bool:
    """Tell whether nothing of it runs."""
    return it.state in ("down", "failed")


async def wait_started(services: Services, app: App, wait_s: float) -> None:
    """Return once the app answers.

    Raises:
        StartTimedOut: it did not within `wait_s` seconds; it goes on trying.
        ExitedEarly: its process ended first; the text has its last lines.
    """
    if wait_s <= 0:
        return
    try:
        async with asyncio.timeout(wait_s):
            await app.slot.settle(has_started)
    except TimeoutError:
        raise StartTimedOut(
            f"{app.name} does not answer after {wait_s:g} s; it is kept and goes on trying."
            f" Tried: GET http://127.0.0.1:{app.record.backend}/ping{await _tail(services, app)}",
            hint=f"protoddfctl logs {app.name}; by hand: cd {app.record.path} && ./run.sh",
        ) from None
    it = app.slot.it
    if it.state in ("failed", "backoff"):
        trying = "; it is being tried again" if it.state == "backoff" else ""
        raise ExitedEarly(
            f"{app.name} did not start: {it.reason}{trying}{await _tail(services, app)}",
            hint=f"protoddfctl logs {app.name}; by hand: cd {app.record.path} && ./run.sh",
        )


async def _tail(services: Services, app: App) -> str:
    """Return the last lines of output as the end of a sentence."""
    await services.logger.flush()
    records = await asyncio.to_thread(read_log, services.places.home, app.name, lines=TAIL_LINES)
    if not records:
        return ""
    return ". Its last lines:\n" + "\n".join(f"  {record.text}" for record in records)


async def wait_down(services: Services, app: App) -> None:
    """Return once nothing of the app runs; the grace period bounds it."""
    async with asyncio.timeout(services.policy.stop_grace_s + 10.0):
        await app.slot.settle(is_down)
