"""What a worker does: looks at specs and files, writes apps, builds bundles. Synchronous, a job at a time."""

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dataforms.check import problems_in
from dataforms.database import Database
from dataforms.errors import LoadFailed, RecordInvalid
from dataforms.migrate.files import FOLDER, first_migration, text_of
from dataforms.origin import is_over
from protoddfd.errors import AppExists, SourceRefused, SpecInvalid
from protoddfd.generate import bundle
from protoddfd.generate.render import SPEC_FILE, generate
from protoddfd.generate.template import APP_FOLDER, DASHBOARD, template_path
from protoddfd.importers import ImportRefused, LoadReport, Proposal, load
from protoddfd.spec import AppSpec, encode
from protoddfd.wire import results
from protoddfd.wire.update import UpdatePlan
from protoddfd.worker import messages
from protoddfd.worker.database_check import check_database
from protoddfd.worker.propose import (
    beside_files,
    design_words,
    proposal_of_files,
    propose_spec,
    spec_over,
    write_source,
)

Say = Callable[[messages.Progress], None]
"""Tells how far a job is."""

MISFITS_SHOWN = 3
PLAIN_HINT = "correct the rows, or export them as CSV, of which nothing is expected"


def carry_out(job: messages.AnyJob, say: Callable[[messages.Said], None]) -> Any:
    """Return the result of `job`; raise ProtoddfError with what was refused."""
    return _JOBS[type(job)](job, say)


def _ping(job: messages.Ping, say: Say) -> messages.Nothing:
    template_bundle_digest()
    return messages.Nothing()


def _check(job: messages.Check, say: Say) -> messages.Checked:
    _, found = problems_in(job.spec)
    return messages.Checked(problems=tuple(found))


def _propose(job: messages.Propose, say: Say) -> messages.Proposed:
    return propose_spec(job, say)


def _make(job: messages.Make, say: Say) -> messages.Made:
    """Make the app; what has to be unpacked for that is gone afterwards."""
    with TemporaryDirectory(prefix="import-") as scratch:
        return _made(job, say, Path(scratch))


def _made(job: messages.Make, say: Say, scratch: Path) -> messages.Made:
    """Write the app's folder with its rows: all of it under another name first, then in one step."""
    destination = Path(job.generated) / job.name
    if destination.exists():
        raise AppExists(
            f"there is a folder {destination} already, and no app that owns it",
            hint="choose another name, or move the folder away",
        )
    template = template_path(Path(job.templates), job.template)
    spec, proposal, notes = _designed(job, say, scratch)
    report: list[LoadReport] = []

    def fill(folder: Path) -> None:
        if job.template == DASHBOARD:
            write_source(folder, job.sources[0])
        if not is_over(spec):
            _write_first_migration(folder, spec)
        if proposal is not None:
            report.append(_load(proposal, folder, say))

    say(messages.Progress(text="writing the app"))
    generate(template, destination, job.name, encode(spec), fill=fill)
    try:
        inspection = inspect(destination, Path(job.cache), job.name)
    except BaseException:
        shutil.rmtree(destination, ignore_errors=True)
        raise
    return messages.Made(
        inspection=inspection,
        rows={entity.entity: entity.rows for entity in report[0].entities} if report else {},
        notes=notes + (_misfits(report[0]) if report else ()),
    )


def _designed(
    job: messages.Make, say: Say, scratch: Path
) -> tuple[AppSpec, Proposal | None, tuple[str, ...]]:
    """Return the job's spec, how rows come into it if there are any, and notes."""
    if job.spec is not None:
        return _valid(job), None, ()
    if job.template == DASHBOARD:
        say(messages.Progress(text="looking into the database"))
        spec, notes = spec_over(job.name, job.title, job.sources)
        return spec, None, notes
    if job.sources:
        say(messages.Progress(text="reading the files"))
        proposal = proposal_of_files(job.name, job.title, job.sources, scratch)
        return proposal.spec, proposal, (*beside_files(job.description), *proposal.notes)
    say(messages.Progress(text="reading the description"))
    design = design_words(job.description or "", job.name, job.title)
    return design.spec, None, design.notes


def _write_first_migration(folder: Path, spec: AppSpec) -> None:
    """Let the app's history begin; the folder as a whole is made durable later."""
    first = first_migration(spec)
    (folder / FOLDER).mkdir(exist_ok=True)
    (folder / FOLDER / f"{first.name}.json").write_bytes(text_of(first))


def _valid(job: messages.Make) -> AppSpec:
    """Return the job's spec under the app's name and title; raise SpecInvalid with every fault of it."""
    document = job.spec
    if isinstance(document, dict):
        document = {**document, "name": job.name, **({"title": job.title} if job.title else {})}
    spec, found = problems_in(document)
    if spec is None or found:
        count = f"{len(found)} fault{'s' if len(found) != 1 else ''}"
        raise SpecInvalid(
            f"the spec has {count}; the first: {found[0].path}: {found[0].message}",
            hint="protoddfctl check FILE.json lists them all",
            problems=tuple(found),
        )
    return spec


def _load(proposal: Proposal, folder: Path, say: Say) -> LoadReport:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    database = Database(proposal.spec, f"sqlite:///{data / 'app.db'}")

    def progress(entity: str, rows: int, done: int, total: int) -> None:
        part = done / total if total else None
        say(messages.Progress(text=f"loading {entity}: {rows:,} rows", part=part))

    try:
        database.create()
        return load(proposal, database, progress)
    except ImportRefused as error:
        raise SourceRefused(str(error), hint=error.hint) from error
    except (LoadFailed, RecordInvalid) as error:
        raise SourceRefused(f"its rows contradict what it says of them: {error}", hint=PLAIN_HINT) from error
    finally:
        database.close()


def _misfits(report: LoadReport) -> tuple[str, ...]:
    """Return a note for every entity with cells that did not become values."""
    notes = []
    for entity in (*report.entities, *report.joins):
        if entity.misfits:
            shown = "; ".join(
                f"line {each.line}, {each.column}: {each.text!r} ({each.reason})"
                for each in entity.examples[:MISFITS_SHOWN]
            )
            notes.append(f"{entity.entity}: {entity.misfits:,} cells did not become values: {shown}")
    return tuple(notes)


def _inspect(job: messages.Inspect, say: Say) -> messages.Inspection:
    return inspect(Path(job.folder), Path(job.cache), job.name)


def inspect(folder: Path, cache: Path, name: str) -> messages.Inspection:
    """Return how the app in `folder` can be served now.

    Raises:
        SpecInvalid: its spec was edited into something that cannot run.
    """
    spec = _stored_spec(folder / SPEC_FILE)
    reason = unlike_zygote(folder)
    if reason:
        return messages.Inspection(
            title=spec.title, digest="", bundle="", shared=False, servable=False, reason=reason
        )
    try:
        digest = bundle.digest(folder)
    except FileNotFoundError as error:
        raise SpecInvalid(str(error), hint=f"restore {folder}/{name}_app/{name}.py") from error
    built = bundle.path(cache, digest)
    return messages.Inspection(
        title=spec.title,
        digest=digest,
        bundle=str(built) if built else "",
        shared=digest == template_bundle_digest(),
        servable=True,
    )


def _stored_spec(path: Path) -> AppSpec:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpecInvalid(
            f"cannot read {path}: {error.strerror}", hint="restore it, or delete the app"
        ) from error
    spec, found = problems_in(content)
    if spec is None or found:
        raise SpecInvalid(
            f"{path} has {len(found)} faults; the first: {found[0].path}: {found[0].message}",
            hint=f"protoddfctl check {path}",
            problems=tuple(found),
        )
    return spec


def unlike_zygote(folder: Path) -> str:
    """Return why the zygote's libraries are not the ones that the app wants, empty when they are.

    An app may change its pages and its runtime and be served by the zygote; one that changes what is
    installed needs an environment of its own.
    """
    for name in ("requirements.txt", "constraints.txt"):
        own = folder / name
        if own.is_file() and own.read_bytes() != _template_file(name):
            return f"its {name} asks for other libraries than those that are preloaded"
    return ""


@lru_cache(maxsize=8)
def _template_file(name: str) -> bytes:
    return (bundle.TEMPLATE / APP_FOLDER / name).read_bytes()


@lru_cache(maxsize=1)
def template_bundle_digest() -> str:
    """Return the digest of the bundle that every unchanged app shares."""
    return bundle.template_digest()


def _build(job: messages.Build, say: Say) -> messages.Built:
    folder, cache = Path(job.folder), Path(job.cache)
    digest = bundle.digest(folder)

    def progress(text: str) -> None:
        say(messages.Progress(text=text))

    with _memory_of_a_build():
        built = bundle.build(folder, cache, digest, progress)
    return messages.Built(digest=digest, bundle=str(built))


@contextmanager
def _memory_of_a_build() -> Iterator[None]:
    """Lift the limit on addresses: the program that bundles reserves far more of them than it uses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _expose(job: messages.Expose, say: Say) -> results.Samples | results.MetricsText:
    from protoddfd.worker.exposition import expose  # its library takes a while: only who needs it waits

    return expose(bytes(job.read), job.format)


def _plan_update(job: messages.PlanUpdate, say: Say) -> UpdatePlan:
    from protoddfd.worker.update import plan_update  # few workers ever need it

    return plan_update(job, say)


def _apply_update(job: messages.ApplyUpdate, say: Say) -> UpdatePlan:
    from protoddfd.worker.update import apply_update

    return apply_update(job, say)


_JOBS: dict[type[messages.Job], Callable[[Any, Any], Any]] = {
    messages.Ping: _ping,
    messages.Check: _check,
    messages.Propose: _propose,
    messages.Make: _make,
    messages.Inspect: _inspect,
    messages.Build: _build,
    messages.PlanUpdate: _plan_update,
    messages.ApplyUpdate: _apply_update,
    messages.CheckDatabase: check_database,
    messages.Expose: _expose,
}
