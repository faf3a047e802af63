"""Makes an app's folder: from a template, with a spec, a description or files with rows; all or nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from dataforms.check import problems_in
from dataforms.database import Database
from dataforms.errors import LoadFailed, RecordInvalid
from dataforms.migrate.files import FOLDER, first_migration, text_of
from dataforms.origin import is_over
from protoddfd.errors import AppExists, SourceRefused, SpecInvalid, TemplateFailed
from protoddfd.generate.beside import copy_beside
from protoddfd.generate.render import generate
from protoddfd.generate.template import DASHBOARD, DATA_APP, TemplateInfo, template_named, template_path
from protoddfd.importers import ImportRefused, LoadReport, Proposal, load
from protoddfd.spec import AppSpec, encode
from protoddfd.worker import messages
from protoddfd.worker.inspecting import inspect
from protoddfd.worker.propose import (
    FILES,
    beside_files,
    design_words,
    proposal_of_files,
    spec_over,
    write_source,
)

Say = Callable[[messages.Progress], None]
"""Tells how far a job is."""

MISFITS_SHOWN = 3
PLAIN_HINT = "correct the rows, or export them as CSV, of which nothing is expected"


def make(job: messages.Make, say: Say) -> messages.Made:
    """Make the app under another name first, then in one step, with all of its rows."""
    destination = Path(job.generated) / job.name
    if destination.exists():
        raise AppExists(
            f"there is a folder {destination} already, and no app that owns it",
            hint="choose another name, or move the folder away",
        )
    template = template_named(Path(job.templates), job.template)
    if template.takes_spec or template.is_starter:
        with TemporaryDirectory(prefix="import-") as scratch:  # what has to be unpacked is gone afterwards
            try:
                return _made(job, say, template, destination, Path(scratch))
            except _Unlike:
                say(
                    messages.Progress(
                        text="a value is unlike those looked at, so all are: reading the files again"
                    )
                )
                return _made(job, say, template, destination, Path(scratch), thorough=True)
    say(messages.Progress(text="writing the app"))
    generate(Path(template.source), destination, job.name, None)
    return messages.Made(inspection=inspected(job, destination), rows={}, notes=())


class _Unlike(Exception):
    """A value is not of the type that was found in some of the others."""


def _made(
    job: messages.Make,
    say: Say,
    template: TemplateInfo,
    destination: Path,
    scratch: Path,
    *,
    thorough: bool = False,
) -> messages.Made:
    spec, proposal, notes = _designed(job, say, template, scratch, thorough=thorough)
    report: list[LoadReport] = []

    def fill(folder: Path) -> None:
        if template.is_starter:
            copy_beside(Path(template.source), folder)
        if job.template == DASHBOARD:
            write_source(folder, job.sources[0])
        if not is_over(spec):
            write_first_migration(folder, spec)
        if proposal is not None:
            report.append(_load(proposal, folder, say))
            if (scratch / FILES).exists():
                shutil.copytree(scratch / FILES, folder / "data" / "files")

    say(messages.Progress(text="writing the app"))
    folder = template_path(Path(job.templates), DATA_APP) if template.is_starter else Path(template.source)
    generate(folder, destination, job.name, encode(spec), fill=fill)
    return messages.Made(
        inspection=inspected(job, destination),
        rows={entity.entity: entity.rows for entity in report[0].entities} if report else {},
        notes=notes + (_misfits(report[0]) if report else ()),
    )


def _designed(
    job: messages.Make, say: Say, template: TemplateInfo, scratch: Path, *, thorough: bool
) -> tuple[AppSpec, Proposal | None, tuple[str, ...]]:
    """Return the app's spec, how rows come into it if there are any, and notes."""
    if template.is_starter:
        return valid(job, _spec_of(template)), None, ()
    if job.spec is not None:
        return valid(job, job.spec), None, ()
    if job.template == DASHBOARD:
        say(messages.Progress(text="looking into the database"))
        spec, notes = spec_over(job.name, job.title, job.sources)
        return spec, None, notes
    if job.sources:
        say(messages.Progress(text="reading the files"))
        proposal = proposal_of_files(job.name, job.title, job.sources, scratch, thorough=thorough)
        return proposal.spec, proposal, (*beside_files(job.description), *proposal.notes)
    say(messages.Progress(text="reading the description"))
    design = design_words(job.description or "", job.name, job.title)
    return design.spec, None, design.notes


def inspected(job: messages.Make, destination: Path) -> messages.Inspection:
    """Return how the folder that was just made can be served; remove it if it cannot be."""
    try:
        return inspect(destination, Path(job.cache), job.name)
    except BaseException:
        shutil.rmtree(destination, ignore_errors=True)
        raise


def write_first_migration(folder: Path, spec: AppSpec) -> None:
    """Let the app's history begin; the folder as a whole is made durable later."""
    first = first_migration(spec)
    (folder / FOLDER).mkdir(exist_ok=True)
    (folder / FOLDER / f"{first.name}.json").write_bytes(text_of(first))


def _spec_of(starter: TemplateInfo) -> Any:
    try:
        return msgspec.json.decode(Path(starter.source).read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise TemplateFailed(f"cannot read {starter.source}: {error}", hint="repair it") from error


def valid(job: messages.Make, document: Any) -> AppSpec:
    """Return a spec under the app's name and title; raise SpecInvalid with every fault of it."""
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

    sampled = {table.entity for table in proposal.tables if table.is_sampled}
    try:
        database.create()
        report = load(proposal, database, progress)
    except ImportRefused as error:
        raise SourceRefused(str(error), hint=error.hint) from error
    except (LoadFailed, RecordInvalid) as error:
        if sampled:
            raise _Unlike from error
        raise SourceRefused(f"its rows contradict what it says of them: {error}", hint=PLAIN_HINT) from error
    finally:
        database.close()
    if any(each.unlike for each in report.entities if each.entity in sampled):
        raise _Unlike
    return report


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
