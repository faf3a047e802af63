"""The METHODS table: the router, the client, the REST routes, `--help` and the reference derive from it."""

from enum import IntEnum
from typing import Any

import msgspec

from protoddfd.wire import params, results
from protoddfd.wire.base import Params


class Role(IntEnum):
    """What a caller may do; each includes the ones before it."""

    READ = 1
    OPERATOR = 2
    ADMIN = 3


class Method(msgspec.Struct, frozen=True):
    """One row: its name, what it takes and answers, who may call it, where REST has it, what it is for."""

    name: str
    params: type[Params]
    results: tuple[Any, ...]
    """The types it may answer; more than one where a parameter chooses."""
    role: Role
    rest: str
    """HTTP verb and path template of the REST bridge."""
    summary: str


_TABLE = (
    Method(
        "source.put", params.SourcePut, (results.SourceId,), Role.OPERATOR, "POST /sources",
        "Hand over one chunk of a file, so that files of any size can become apps.",
    ),
    Method(
        "spec.propose", params.SpecPropose, (results.Proposal,), Role.READ, "POST /specs/propose",
        "Infer a spec from data, or design one from words, without making anything.",
    ),
    Method(
        "spec.check", params.SpecCheck, (results.Problems,), Role.READ, "POST /specs/check",
        "List every fault of a spec.",
    ),
    Method(
        "app.create", params.AppCreate, (results.App,), Role.OPERATOR, "POST /apps",
        "Make an app from a spec or from data, and start it.",
    ),
    Method(
        "app.adopt", params.AppAdopt, (results.App,), Role.ADMIN, "POST /apps/adopt",
        "Run and supervise something that exists: a Reflex app, or any command.",
    ),
    Method(
        "app.list", params.AppListParams, (results.AppList, results.AppFields), Role.READ, "GET /apps",
        "List the apps.",
    ),
    Method(
        "app.show", params.AppName, (results.App,), Role.READ, "GET /apps/{name}",
        "Show one app.",
    ),
    Method(
        "app.start", params.AppCommand, (results.App, results.Apps), Role.OPERATOR, "POST /apps/{name}/start",
        "Start an app and wait until it answers.",
    ),
    Method(
        "app.stop", params.AppCommand, (results.App, results.Apps), Role.OPERATOR, "POST /apps/{name}/stop",
        "Stop an app and wait until it is down.",
    ),
    Method(
        "app.restart", params.AppCommand, (results.App, results.Apps), Role.OPERATOR,
        "POST /apps/{name}/restart",
        "Stop an app, start it again and wait until it answers.",
    ),
    Method(
        "app.scale", params.AppScale, (results.App,), Role.OPERATOR, "POST /apps/{name}/scale",
        "Serve an app by so many processes.",
    ),
    Method(
        "app.set", params.AppSet, (results.App,), Role.ADMIN, "PATCH /apps/{name}",
        "Change how an app is run, watched and limited.",
    ),
    Method(
        "app.data_move", params.AppDataMove, (results.DataMoved,), Role.ADMIN, "POST /apps/{name}/data/move",
        "Move an app's data to another database, and run it on that.",
    ),
    Method(
        "app.update", params.AppUpdate, (results.Updated,), Role.OPERATOR, "POST /apps/{name}/update",
        "Change an app's spec and keep its records, or show what that would do.",
    ),
    Method(
        "app.delete", params.AppDelete, (results.Deleted,), Role.ADMIN, "DELETE /apps/{name}",
        "Stop an app, free its ports and remove its files.",
    ),
    Method(
        "app.logs", params.AppLogs, (results.Logs,), Role.READ, "GET /apps/{name}/logs",
        "Read the last lines of an app's output, or follow it.",
    ),
    Method(
        "template.list", params.NoParams, (results.Templates,), Role.READ, "GET /templates",
        "List the templates.",
    ),
    Method(
        "port.list", params.NoParams, (results.PortMap,), Role.READ, "GET /ports",
        "Show the port map.",
    ),
    Method(
        "port.cleanup", params.NoParams, (results.PortMap,), Role.ADMIN, "POST /ports/cleanup",
        "Free the ports of apps whose folder has vanished, and end processes whose app is gone.",
    ),
    Method(
        "events.subscribe", params.EventsSubscribe, (results.Subscribed,), Role.READ, "GET /events",
        "Turn the connection into a stream of numbered events.",
    ),
    Method(
        "metrics.read", params.MetricsRead, (results.Samples, results.MetricsText), Role.READ, "GET /metrics",
        "Read everything that is measured.",
    ),
    Method(
        "daemon.status", params.NoParams, (results.DaemonStatus,), Role.READ, "GET /status",
        "Tell how the daemon is.",
    ),
    Method(
        "daemon.reload", params.NoParams, (results.Reloaded,), Role.ADMIN, "POST /reload",
        "Read the configuration again; no app is restarted.",
    ),
    Method(
        "config.show", params.NoParams, (results.ConfigView,), Role.READ, "GET /config",
        "Show every setting and where its value comes from.",
    ),
    Method(
        "config.check", params.ConfigCheck, (results.ConfigProblems,), Role.READ, "POST /config/check",
        "List every fault of the configuration.",
    ),
    Method(
        "daemon.stop", params.DaemonStop, (results.Done,), Role.ADMIN, "POST /stop",
        "Stop the daemon, and the apps unless they are to stay.",
    ),
    Method(
        "rpc.discover", params.NoParams, (results.Discovery,), Role.READ, "GET /discover",
        "Describe this interface as an OpenRPC document.",
    ),
)  # fmt: skip

METHODS: dict[str, Method] = {method.name: method for method in _TABLE}
