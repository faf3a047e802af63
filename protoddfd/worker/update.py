"""Plans and applies the update of an app's spec: the app's own migrations, run by a worker."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from dataforms.check import problems_in
from dataforms.errors import DataError
from dataforms.migrate.plan import Plan
from dataforms.migrate.run import Consent, Migrations
from dataforms.origin import is_over
from dataforms.place import SPEC_FILE
from protoddfd.errors import SpecInvalid, UpdateRefused
from protoddfd.spec import AppSpec
from protoddfd.wire.update import UpdatePlan
from protoddfd.worker import messages


def plan_update(job: messages.PlanUpdate, say: Callable[[messages.Progress], None]) -> UpdatePlan:
    """Return what the update would do, tried on a copy of the data."""
    say(messages.Progress(text="trying the change on a copy of the data"))
    return _with_migrations(job, lambda migrations, spec: migrations.plan(spec, job.renames))


def apply_update(job: messages.ApplyUpdate, say: Callable[[messages.Progress], None]) -> UpdatePlan:
    """Do what the plan with the job's hash says, and nothing else."""
    say(messages.Progress(text="changing the database"))
    consent = Consent(lossy=job.lossy, hash=job.hash)
    return _with_migrations(job, lambda migrations, spec: migrations.make(spec, job.renames, consent))


def _with_migrations(
    job: messages.PlanUpdate | messages.ApplyUpdate, act: Callable[[Migrations, AppSpec], Plan]
) -> UpdatePlan:
    spec = _checked(job.name, job.spec)
    if is_over(spec) or _is_over(Path(job.folder)):
        raise UpdateRefused(
            f"{job.name} only reads its rows, and has no tables to change",
            hint=f"edit {job.folder}/{SPEC_FILE}, then protoddfctl restart {job.name}",
        )
    try:
        migrations = Migrations(Path(job.folder), job.url)
        try:
            plan = act(migrations, spec)
        finally:
            migrations.close()
    except DataError as error:
        raise UpdateRefused(str(error), hint=error.hint or f"protoddfctl show {job.name}") from error
    document = msgspec.to_builtins(plan)
    return msgspec.convert(
        {name: document[name] for name in UpdatePlan.__struct_fields__ if name in document}, UpdatePlan
    )


def _is_over(folder: Path) -> bool:
    spec, _ = problems_in((folder / SPEC_FILE).read_bytes())
    return spec is not None and is_over(spec)


def _checked(name: str, document: object) -> AppSpec:
    """Return the spec under the app's name; raise SpecInvalid with every fault of it."""
    if isinstance(document, dict):
        document = {**document, "name": name}
    spec, found = problems_in(document)
    if spec is None or found:
        raise SpecInvalid(
            f"the spec has {len(found)} fault{'s' if len(found) != 1 else ''};"
            f" the first: {found[0].path}: {found[0].message}",
            hint="protoddfctl check FILE.json lists them all",
            problems=tuple(found),
        )
    return spec
