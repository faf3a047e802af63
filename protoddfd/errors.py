"""The exception family and its wire errors: a stable code, a kind for programs, a hint for people.

One class per choice that a caller has. The text says what happened and why; the hint names the command
that helps. Only the router turns these into JSON-RPC errors, and only the client turns them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:  # the command line, which refuses seldom, starts a third sooner without it
    from dataforms.spec import Problem


class ProtoddfError(Exception):
    """Anything that Proto-DDF refuses. `code` and `kind` are stable; the text and the hint are for people."""

    code: ClassVar[int] = 1600
    kind: ClassVar[str] = "daemon.error"

    def __init__(self, message: str, *, hint: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = problems


class AppUnknown(ProtoddfError):
    """There is no app of that name."""

    code = 1001
    kind = "app.unknown"


class AppExists(ProtoddfError):
    """An app of that name is there already."""

    code = 1002
    kind = "app.exists"


class NameInvalid(ProtoddfError):
    """The name cannot be an app's name."""

    code = 1003
    kind = "app.bad_name"


class AppBusy(ProtoddfError):
    """The app is being created or deleted at this moment."""

    code = 1004
    kind = "app.busy"


class FieldUnknown(ProtoddfError):
    """A field was asked for that apps do not have."""

    code = 1005
    kind = "app.unknown_field"


class AppUnnamed(ProtoddfError):
    """Neither an app nor all of them were named."""

    code = 1006
    kind = "app.unnamed"


class FolderVanished(ProtoddfError):
    """The app's folder is not there."""

    code = 1007
    kind = "app.folder_vanished"


class OptionsInvalid(ProtoddfError):
    """Options that an app cannot have; `problems` lists them all."""

    code = 1008
    kind = "app.bad_options"


class NotPossible(ProtoddfError):
    """Something that this kind of app cannot do, such as sharing a port that it binds itself."""

    code = 1009
    kind = "app.not_possible"


class AdoptionRefused(ProtoddfError):
    """What was to be adopted is neither a Reflex app nor a command that can be run."""

    code = 1010
    kind = "app.not_adoptable"


class LogQueryInvalid(ProtoddfError):
    """A time or a pattern to look for in logs that makes no sense."""

    code = 1011
    kind = "app.bad_log_query"


class EnvironmentUnreadable(ProtoddfError):
    """An environment or secret file of an app cannot be used."""

    code = 1012
    kind = "app.bad_environment"


class MoveFailed(ProtoddfError):
    """The data of an app was not moved; the app has its old database."""

    code = 1013
    kind = "app.not_moved"


class PortsExhausted(ProtoddfError):
    """No free port is left in the range."""

    code = 1101
    kind = "port.exhausted"


class PortTaken(ProtoddfError):
    """A port that an app owns is in use by a stranger."""

    code = 1102
    kind = "port.taken"


class StartTimedOut(ProtoddfError):
    """The app did not answer in time; it is kept and goes on trying."""

    code = 1201
    kind = "process.start_timed_out"


class ExitedEarly(ProtoddfError):
    """The app's process ended before it answered."""

    code = 1202
    kind = "process.exited_early"


class SpecInvalid(ProtoddfError):
    """The spec has faults; `problems` lists them with their paths."""

    code = 1301
    kind = "spec.invalid"


class SourceRefused(ProtoddfError):
    """A file could not be read as data."""

    code = 1302
    kind = "spec.source_refused"


class SourceUnknown(ProtoddfError):
    """There is no uploaded source of that id: it never was, or it expired."""

    code = 1303
    kind = "spec.source_unknown"


class UpdateRefused(ProtoddfError):
    """A changed spec was not applied: it is not possible, not agreed to, or not what the plan was."""

    code = 1304
    kind = "spec.update_refused"


class TemplateUnknown(ProtoddfError):
    """There is no template of that name."""

    code = 1401
    kind = "template.unknown"


class TemplateFailed(ProtoddfError):
    """The template could not be rendered into a working app."""

    code = 1402
    kind = "template.failed"


class TemplateRefused(ProtoddfError):
    """A template from elsewhere was not used: what is in it is not allowed, or makes nothing that can run."""

    code = 1404
    kind = "template.refused"


class BundleFailed(ProtoddfError):
    """The frontend bundle could not be built."""

    code = 1403
    kind = "template.bundle_failed"


class DesignRefused(ProtoddfError):
    """No app could be designed from what was given."""

    code = 1501
    kind = "design.refused"


class ModelUnready(ProtoddfError):
    """A language model was asked for, and none is configured, installed or reachable with its key."""

    code = 1502
    kind = "design.model_unready"


class Degraded(ProtoddfError):
    """The daemon cannot store changes at the moment; running apps are untouched."""

    code = 1601
    kind = "daemon.degraded"


class NotAllowed(ProtoddfError):
    """The caller may not do this."""

    code = 1602
    kind = "daemon.not_allowed"


class TooLarge(ProtoddfError):
    """The request or a file in it is larger than allowed."""

    code = 1603
    kind = "daemon.too_large"


class ConfigInvalid(ProtoddfError):
    """A setting has a value that cannot be used."""

    code = 1604
    kind = "daemon.config_invalid"


class DaemonRunning(ProtoddfError):
    """Another daemon already serves this home."""

    code = 1605
    kind = "daemon.running"


class ShuttingDown(ProtoddfError):
    """The daemon is stopping and takes no new work."""

    code = 1606
    kind = "daemon.stopping"


class WorkerFailed(ProtoddfError):
    """A worker process ran out of its time or memory, or died."""

    code = 1607
    kind = "daemon.worker_failed"


_FAMILY: dict[int, type[ProtoddfError]] = {cls.code: cls for cls in ProtoddfError.__subclasses__()}


def family() -> dict[int, type[ProtoddfError]]:
    """Return every error class by its code. What `from_wire` makes for unknown codes is not among them."""
    return dict(_FAMILY)


def from_wire(
    code: int, message: str, *, kind: str = "", hint: str = "", problems: tuple[Problem, ...] = ()
) -> ProtoddfError:
    """Return the exception that a wire error stands for; an unknown code keeps its number and kind."""
    known = _FAMILY.get(code)
    if known is None:
        known = type("RemoteError", (ProtoddfError,), {"code": code, "kind": kind or "daemon.error"})
    return known(message, hint=hint, problems=problems)
