"""What the daemon and a worker process say to each other: one JSON value per line, jobs in, answers out."""

from typing import Any, Literal

import msgspec

from protoddfd.spec import AppSpec, Problem
from protoddfd.wire.design import ModelUse
from protoddfd.wire.update import UpdatePlan


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to read: the name that the user gave it and where it is."""

    name: str
    path: str


class Job(msgspec.Struct, frozen=True, kw_only=True, tag_field="job"):
    """Base of what a worker can be asked."""


class Ping(Job, frozen=True, kw_only=True, tag="ping"):
    """Answer when warm."""


class Check(Job, frozen=True, kw_only=True, tag="check"):
    """List the faults of `spec`, a JSON value in any condition."""

    spec: Any


class Propose(Job, frozen=True, kw_only=True, tag="propose"):
    """Infer a spec from files, or design one from a description; the latter finds a name if none is given.

    With `base` the description says what is to be different in that spec.
    """

    name: str | None
    title: str | None
    sources: tuple[SourceFile, ...] = ()
    description: str | None = None
    base: Any = None
    designer: Literal["auto", "rules", "model"] = "rules"
    model: msgspec.Raw = msgspec.Raw(b"{}")
    """The settings of a language model (`settings.model.ModelSettings`)."""
    logs: str = ""
    """The folder for the record of what leaves this machine."""


class Make(Job, frozen=True, kw_only=True, tag="make"):
    """Write the folder `generated/name` from a spec, a description or files with rows; all or nothing."""

    name: str
    title: str | None
    template: str
    """A name, or the path of a folder somewhere else."""
    templates: str
    """The folder of the templates."""
    generated: str
    cache: str
    spec: Any = None
    description: str | None = None
    sources: tuple[SourceFile, ...] = ()
    variables: dict[str, str] = {}
    """What some variables of a template from elsewhere are."""
    allowed_hooks: tuple[str, ...] = ()
    """The hashes of templates whose hooks may run."""


class Inspect(Job, frozen=True, kw_only=True, tag="inspect"):
    """Look at an app's folder: how it can be served now."""

    folder: str
    cache: str
    name: str


class Build(Job, frozen=True, kw_only=True, tag="build"):
    """Build the frontend bundle that an app's folder needs."""

    folder: str
    cache: str


class PlanUpdate(Job, frozen=True, kw_only=True, tag="plan_update"):
    """Try another spec on a copy of an app's data."""

    name: str
    folder: str
    url: str
    """The app's database; a relative path starts from the folder."""
    spec: Any
    renames: dict[str, str]


class ApplyUpdate(Job, frozen=True, kw_only=True, tag="apply_update"):
    """Give an app another spec, if the plan of that has this hash."""

    name: str
    folder: str
    url: str
    spec: Any
    renames: dict[str, str]
    hash: str
    lossy: bool
    """Were the plan's losses agreed to?"""


class CheckDatabase(Job, frozen=True, kw_only=True, tag="check_database"):
    """Ask the database at `url` for `SELECT 1`; a progress is said when that begins."""

    url: str
    folder: str
    """What a relative path in `url` starts from."""
    timeout_s: float


class Expose(Job, frozen=True, kw_only=True, tag="expose"):
    """Write what was measured (`core.readings.AllRead`) as metrics."""

    read: msgspec.Raw
    format: Literal["json", "prometheus"]


AnyJob = Ping | Check | Propose | Make | Inspect | Build | PlanUpdate | ApplyUpdate | CheckDatabase | Expose


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The faults of a spec."""

    problems: tuple[Problem, ...]


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A spec inferred from files or designed from a description."""

    spec: AppSpec
    notes: tuple[str, ...]
    confidence: float
    sampled: tuple[str, ...] = ()
    """The entities not all of whose values were tested for what they are."""
    designer: str = "rules"
    renames: dict[str, str] = {}
    model: ModelUse | None = None


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """How a folder can be served. `bundle` is a folder, or empty where none is built yet."""

    title: str
    digest: str
    bundle: str
    shared: bool
    """Does it use the bundle that every unchanged app of the template shares?"""
    servable: bool
    """Can the zygote serve it, or must its own environment?"""
    reason: str = ""
    """Why the zygote cannot."""
    plain: bool = False
    """Is it a Reflex app without a spec? Then it has its frontend alone, and may wait for its first one."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that was made."""

    inspection: Inspection
    rows: dict[str, int]
    """Rows loaded, by entity."""
    notes: tuple[str, ...]
    is_foreign: bool = False
    """Is it a Reflex app laid out in a way of its own? Then it is run as an adopted one is."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that was built."""

    digest: str
    bundle: str


class DatabaseChecked(msgspec.Struct, frozen=True, kw_only=True):
    """What a database answered; `asked` is false if it could not even be asked, for want of a driver."""

    ok: bool
    detail: str
    took_s: float
    asked: bool = True


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """Done."""


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag_field="say", tag="progress"):
    """How far a job is: what it does, and the part done between 0 and 1 where that is known."""

    text: str
    part: float | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="say", tag="answer"):
    """The job's result, of the type that the job implies."""

    result: msgspec.Raw


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag_field="say", tag="refusal"):
    """The job was refused, or failed: an error as the wire has it."""

    code: int
    message: str
    hint: str = ""
    problems: tuple[Problem, ...] = ()
    trace: str = ""
    """For the daemon's log alone."""


Said = Progress | Answer | Refusal

RESULTS: dict[type[Job], Any] = {
    Ping: Nothing,
    Check: Checked,
    Propose: Proposed,
    Make: Made,
    Inspect: Inspection,
    Build: Built,
    PlanUpdate: UpdatePlan,
    ApplyUpdate: UpdatePlan,
    CheckDatabase: DatabaseChecked,
    Expose: msgspec.Raw,
}
