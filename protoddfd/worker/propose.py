"""Proposes specs: from files, from words, from words with a language model; or changes one by words."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from dataforms.check import problems_in
from dataforms.origin import SOURCE_FILE
from protoddfd.design.designer import Design
from protoddfd.errors import DesignRefused, ModelUnready, SourceRefused, SpecInvalid
from protoddfd.importers import ImportRefused, Proposal, Source, propose
from protoddfd.spec import AppSpec
from protoddfd.worker import messages

if TYPE_CHECKING:
    from protoddfd.settings.model import ModelSettings

FILES = "files"
"""The folder, below the scratch one, of the bytes that come with rows, as apps keep them."""
NO_DRAFT_CONFIDENCE = 0.3
"""Of a design that the rules had no draft for: nothing but the model says that it fits."""


def propose_spec(job: messages.Propose, say: Callable[[messages.Progress], None]) -> messages.Proposed:
    """Return the job's proposal.

    Raises:
        DesignRefused, SourceRefused: nothing can be made of what was given.
        ModelUnready: a model was asked for by name, and there is none that could be asked.
    """
    if job.designer == "model":
        from protoddfd.design.model.setup import require

        require(_settings(job))
    if job.base is not None:
        return _changed(job, say)
    if job.sources:
        return _of_files(job, say)
    return _of_words(job, say)


def with_model(job: messages.Propose) -> bool:
    """Tell whether a model is to be asked for words."""
    if job.designer != "auto":
        return job.designer == "model"
    from protoddfd.design.model.setup import is_configured

    return is_configured(_settings(job))


def _settings(job: messages.Propose) -> "ModelSettings":
    from protoddfd.settings.model import ModelSettings  # with all settings: only who may ask a model waits

    return msgspec.json.decode(job.model, type=ModelSettings)


def _of_words(job: messages.Propose, say: Callable[[messages.Progress], None]) -> messages.Proposed:
    text = job.description or ""
    try:
        design = design_words(text, job.name, job.title)
    except DesignRefused as refused:
        if not with_model(job):
            raise
        return _of_model_alone(job, refused, say)
    drafted = messages.Proposed(spec=design.spec, notes=design.notes, confidence=design.confidence)
    return _bettered(job, drafted, say) if with_model(job) else drafted


def _of_files(job: messages.Propose, say: Callable[[messages.Progress], None]) -> messages.Proposed:
    """Return what the files say; a model that is asked by name may say how it is shown."""
    with TemporaryDirectory(prefix="import-") as scratch:
        proposal = proposal_of_files(job.name or "app", job.title, job.sources, Path(scratch))
    by_model = job.designer == "model"
    notes = (*(() if by_model else beside_files(job.description)), *proposal.notes)
    drafted = messages.Proposed(
        spec=proposal.spec, notes=notes, confidence=proposal.confidence,
        sampled=tuple(table.entity for table in proposal.tables if table.is_sampled),
    )  # fmt: skip
    if not by_model:
        return drafted
    rows = {table.entity: table.rows for table in proposal.tables}
    return _bettered(job, drafted, say, rows=rows)


def _of_model_alone(
    job: messages.Propose, refused: DesignRefused, say: Callable[[messages.Progress], None]
) -> messages.Proposed:
    """Return what a model makes of words that the rules can make nothing of."""
    from protoddfd.design.titles import app_name

    title = job.title or "App"
    nothing = AppSpec(name=job.name or app_name(title), title=title, entities=())
    empty = messages.Proposed(spec=nothing, notes=(refused.message,), confidence=NO_DRAFT_CONFIDENCE)
    proposed = _bettered(job, empty, say)
    if not proposed.spec.entities:
        reason = proposed.model.reason if proposed.model else ""
        told = f"the model was of no help, {reason}" if reason else "the model finds none either"
        raise DesignRefused(f"{refused.message}; {told}", hint=refused.hint)
    if job.title is not None:
        return proposed
    first = proposed.spec.entities[0]
    title = first.plural or first.title
    spec = msgspec.structs.replace(proposed.spec, title=title, name=job.name or app_name(title))
    return msgspec.structs.replace(proposed, spec=spec)


def _changed(job: messages.Propose, say: Callable[[messages.Progress], None]) -> messages.Proposed:
    """Return the base with what a description wishes to be different: by a model, or in the rules' forms."""
    base, faults = problems_in(job.base)
    if base is None or faults:
        raise SpecInvalid(
            f"the spec to change has {len(faults)} faults; the first: {faults[0].path}: {faults[0].message}",
            hint="protoddfctl check FILE.json lists them all",
            problems=tuple(faults),
        )
    if not with_model(job):
        return _amended(base, job.description or "")
    drafted = messages.Proposed(spec=base, notes=(), confidence=1.0)
    changed = _bettered(job, drafted, say, update=True)
    if changed.model is not None and changed.model.outcome != "draft_stands":
        return changed
    try:
        amended = _amended(base, job.description or "")
    except DesignRefused as refused:
        raise DesignRefused(f"{changed.notes[0]}; {refused.message}", hint=refused.hint) from None
    return msgspec.structs.replace(amended, notes=(*changed.notes, *amended.notes), model=changed.model)


def _amended(base: AppSpec, text: str) -> messages.Proposed:
    """Return the base with the changes that the rules find in a text, all of them or none."""
    from protoddfd.design.amending import amend  # its word lists take a while: only who needs them waits

    found = amend(base, text)
    return messages.Proposed(spec=found.spec, notes=found.notes, confidence=1.0, renames=found.renames)


def _bettered(
    job: messages.Propose,
    drafted: messages.Proposed,
    say: Callable[[messages.Progress], None],
    *,
    rows: dict[str, int] | None = None,
    update: bool = False,
) -> messages.Proposed:
    """Return a draft with what a model makes better, or as it is."""
    from protoddfd.design.model.designer import Task, improve  # only who asks a model waits for its library

    settings = _settings(job)
    say(messages.Progress(text=f"asking the model {settings.name}"))
    task = Task(
        base=drafted.spec, text=job.description or "", of_files=rows is not None, update=update,
        statistics={"rows": rows} if rows else {},
    )  # fmt: skip
    try:
        improved = improve(task, settings, Path(job.logs))
    except ModelUnready as unready:
        if job.designer == "model":
            raise
        note = f"the rules' draft stands: {unready.message} ({unready.hint})"
        return msgspec.structs.replace(drafted, notes=(note, *drafted.notes))
    helped = improved.use.outcome != "draft_stands"
    return messages.Proposed(
        spec=improved.spec,
        notes=(*improved.notes, *drafted.notes),
        confidence=drafted.confidence,
        sampled=drafted.sampled,
        designer="model" if helped else "rules",
        renames=improved.renames,
        model=improved.use,
    )


# -- without a model -------------------------------------------------------------------------------------


def design_words(description: str, name: str | None, title: str | None) -> Design:
    """Return what the rules make of a description. Raises DesignRefused."""
    from protoddfd.design.rules import RulesDesigner  # its word lists take a while: only who needs them waits

    return RulesDesigner().design(description, name=name, title=title)


def beside_files(description: str | None) -> tuple[str, ...]:
    """Return the note on a description that was given with files."""
    return ("the description was not needed: the files say what the app keeps",) if description else ()


def proposal_of_files(
    name: str,
    title: str | None,
    files: tuple[messages.SourceFile, ...],
    scratch: Path,
    *,
    thorough: bool = False,
) -> Proposal:
    """Return what is inferred from files, `thorough` from every value of long ones. Raises SourceRefused."""
    sources = [Source(name=file.name, path=file.path, files=str(scratch / FILES)) for file in files]
    try:
        return propose(sources, name=name, title=title or title_of(name), scratch=scratch, thorough=thorough)
    except ImportRefused as error:
        raise SourceRefused(str(error), hint=error.hint) from error


def spec_over(
    name: str, title: str | None, files: tuple[messages.SourceFile, ...]
) -> tuple[AppSpec, tuple[str, ...]]:
    """Return the spec of an app over a database, which is the one source, and notes. Raises SourceRefused."""
    from protoddfd.importers.over.proposing import propose_over  # who makes no such app needs none of it

    source = Source(name=files[0].name, path=files[0].path)
    try:
        made = propose_over(source, name=name, title=title or title_of(name))
    except ImportRefused as error:
        raise SourceRefused(str(error), hint=error.hint) from error
    return made.spec, made.notes


def write_source(folder: Path, file: messages.SourceFile) -> None:
    """Write the address of the database that an app is over into its folder, for its owner alone to read."""
    url = file.path if "://" in file.path else f"sqlite:///{Path(file.path).absolute()}"
    path = folder / SOURCE_FILE
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"{url}\n")


def title_of(name: str) -> str:
    """Return what an app called `name` is called on screen, when nobody said: `my_sales` -> `My sales`."""
    return name.replace("_", " ").strip().capitalize()
