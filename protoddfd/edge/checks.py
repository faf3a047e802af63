"""Carries out any check of an app, each kind by the module that knows it."""

from collections.abc import Callable, Mapping

import msgspec

from protoddfd.core.health import Outcome, own_database
from protoddfd.edge import probe
from protoddfd.edge.check_command import command
from protoddfd.edge.check_database import RunJob, database
from protoddfd.wire.options import Check
from protoddfd.wire.results import ServedBy


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What is checked: one instance of an app."""

    served_by: ServedBy
    folder: str
    """Where its commands run, and relative file names start."""
    alive: Callable[[], bool]
    """Tells whether its process runs."""
    env: Callable[[], Mapping[str, str]]
    """Returns its environment: all that a command gets, and where the url of its database may be."""
    own_socket: str | None = None
    """Where it answers for itself alone, when its ports are shared with other instances."""
    own_ports: tuple[int, ...] = ()
    run_job: RunJob
    """Gives a worker a job."""


async def carry_out(check: Check, of: Checked) -> Outcome:
    """Return what `check` came to."""
    match check.kind:
        case "process":
            return probe.process(check, alive=of.alive())
        case "port":
            return await probe.port(check, _via(check, of))
        case "http":
            return await probe.http(check, _via(check, of))
        case "command":
            return await command(check, folder=of.folder, env=of.env())
        case "database":
            own_url = None if check.url else own_database(of.served_by, of.env())
            return await database(check, own_url=own_url, folder=of.folder, run_job=of.run_job)


def _via(check: Check, of: Checked) -> str | None:
    return of.own_socket if check.port in of.own_ports else None
