"""app.update: another spec for an app that is there; its records stay, and clients wait a moment."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import structlog

from dataforms.place import DATABASE_URL
from protoddfd.core import facts
from protoddfd.core.access import Caller
from protoddfd.errors import UpdateRefused
from protoddfd.runtime.app import App
from protoddfd.runtime.services import Services
from protoddfd.usecases.apps import refuse_busy
from protoddfd.usecases.specs_of_apps import spec_file
from protoddfd.usecases.starting import find, prepare, wait_started
from protoddfd.wire import params, results
from protoddfd.wire.update import UpdatePlan
from protoddfd.worker import messages as jobs

log = structlog.get_logger("protoddfd.update")


async def update(services: Services, caller: Caller, asked: params.AppUpdate) -> results.Updated:
    """Return the plan, and carry it out unless it is a dry run.

    Raises:
        UpdateRefused: it is another plan by now, or not agreed to, or not possible; the app runs as before.
    """
    app = find(services, asked.name)
    refuse_busy(services, app.name)
    await spec_file(app)
    url = await _database_url(services, app)
    if asked.dry_run:
        return results.Updated(app=app.view(), plan=await _plan(services, app, url, asked))
    if asked.expect is None:
        raise UpdateRefused(
            "an update names the plan that it carries out",
            hint="call with dry_run first, and pass the plan's hash as expect",
        )
    services.pending.add(app.name)
    try:
        plan = await _plan(services, app, url, asked)
        _refuse(app, plan, asked)
        await _apply(services, app, url, asked)
    finally:
        services.pending.discard(app.name)
    if app.is_up:
        await wait_started(services, app, asked.wait_s)
    return results.Updated(app=app.view(), plan=plan)


async def _database_url(services: Services, app: App) -> str:
    secret = await services.secret_environment(app.record)
    env = {**os.environ, **secret, **app.record.options.env}
    return env.get("DATABASE_URL", DATABASE_URL)


async def _plan(services: Services, app: App, url: str, asked: params.AppUpdate) -> UpdatePlan:
    job = jobs.PlanUpdate(
        name=app.name, folder=app.record.path, url=url, spec=asked.spec, renames=asked.renames
    )
    plan: UpdatePlan = await services.workers.run(job, partial(_tell, services, app))
    return plan


def _tell(services: Services, app: App, progress: jobs.Progress) -> None:
    services.bus.publish("progress", app.name, text=progress.text, part=progress.part)


def _refuse(app: App, plan: UpdatePlan, asked: params.AppUpdate) -> None:
    """Raise what keeps the plan from being carried out, before anything stops for it."""
    hint = f"protoddfctl update {app.name} FILE.json --dry-run"
    if plan.obstacles:
        first = plan.obstacles[0]
        raise UpdateRefused(f"this update is not possible: {first.message}", hint=first.hint)
    if plan.hash != asked.expect:
        raise UpdateRefused("the data or the spec changed since the plan was made", hint=hint)
    if plan.losses and not asked.confirm_lossy:
        said = " ".join(loss.message for loss in plan.losses)
        raise UpdateRefused(f"something would be lost: {said}", hint="agree with confirm_lossy (--yes)")


async def _apply(services: Services, app: App, url: str, asked: params.AppUpdate) -> None:
    """Migrate while no process of the app runs; what comes up then has the new spec, or the old one."""
    job = jobs.ApplyUpdate(
        name=app.name, folder=app.record.path, url=url, spec=asked.spec, renames=asked.renames,
        hash=asked.expect or "", lossy=asked.confirm_lossy,
    )  # fmt: skip
    async with _quiet(app):
        await services.workers.run(job, partial(_tell, services, app))
        app.record = msgspec.structs.replace(app.record, spec_revision=app.record.spec_revision + 1)
        await prepare(services, app)
    await services.store.commit()
    services.bus.publish("app.changed", app.name, spec_revision=app.record.spec_revision)
    log.info("app.updated", app=app.name, revision=app.record.spec_revision)


@asynccontextmanager
async def _quiet(app: App) -> AsyncIterator[None]:
    """Let every process finish what it answers and end; the next ones begin when the block is left.

    The app's sockets stay open meanwhile: clients that come wait for the next process.
    """
    resume = app.hold_launches()
    try:
        for slot in app.slots.values():
            if slot.pid is not None:
                slot.feed(facts.Restart())
        async with asyncio.timeout(app.policy.stop_grace_s + 10.0):
            await app.settle(lambda: not app.live_slots)
        yield
    finally:
        resume()
