"""Makes an app of a template that is not ours: all of it, or nothing left behind."""

from pathlib import Path
from typing import Any

import msgspec

from protoddfd.errors import TemplateRefused
from protoddfd.generate import elsewhere, elsewhere_texts, hooks
from protoddfd.generate.placing import put_in_place, write_files
from protoddfd.generate.render import SPEC_FILE
from protoddfd.spec import encode
from protoddfd.worker import messages
from protoddfd.worker.making import Say, inspected, valid, write_first_migration

CONFIG = "rxconfig.py"


def make(job: messages.Make, say: Say) -> messages.Made:
    """Make the app from the template in the folder `job.template`.

    Raises:
        AppExists: something is there already that has the app's name.
        TemplateUnknown: there is no template.
        TemplateRefused: it is not allowed, or what it makes is no app that can be run.
    """
    destination = Path(job.generated) / job.name
    say(messages.Progress(text="reading the template"))
    template = elsewhere.read(Path(job.template))
    hooks.refuse_unless_allowed(template, job.allowed_hooks)
    files = elsewhere_texts.render(template, job.name, job.variables)

    texts = elsewhere_texts.Texts(template, job.name, job.variables)

    def write(folder: Path) -> None:
        hooks.run(template, texts, hooks.BEFORE, folder)
        write_files(folder, files)
        hooks.run(template, texts, hooks.AFTER, folder)
        _complete(job, folder)

    say(messages.Progress(text="writing the app"))
    put_in_place(destination, job.name, write)
    if (destination / SPEC_FILE).is_file():
        return messages.Made(inspection=inspected(job, destination), rows={}, notes=())
    found = messages.Inspection(
        title="", digest="", bundle="", shared=False, servable=False, reason="it is built when it is started"
    )
    return messages.Made(inspection=found, rows={}, notes=(), is_foreign=True)


def _complete(job: messages.Make, folder: Path) -> None:
    """Prove that what was made can be run, and begin the history of its data."""
    module = folder / f"{job.name}_app" / f"{job.name}.py"
    spec_file = folder / SPEC_FILE
    if spec_file.is_file() and module.is_file() and (folder / CONFIG).is_file():
        spec = valid(job, _document(spec_file, job.template))
        spec_file.write_bytes(encode(spec))
        write_first_migration(folder, spec)
    elif spec_file.exists() or not (folder / CONFIG).is_file():
        raise TemplateRefused(
            f"the template {job.template} makes no app that can be run: neither a Reflex app, with a"
            f" {CONFIG}, nor a data app, which has a {SPEC_FILE} and {job.name}_app/{job.name}.py besides",
            hint="protoddfctl adopt runs any other program where it is",
        )


def _document(file: Path, template: str) -> Any:
    try:
        return msgspec.json.decode(file.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TemplateRefused(
            f"the template {template} makes a {file.name} that is not JSON: {error}", hint="mend it there"
        ) from error
