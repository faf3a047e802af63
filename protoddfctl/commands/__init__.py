"""The commands, one row each. A command's module is imported when the command is used, not before."""

from typing import NamedTuple


class Command(NamedTuple):
    """One command: where its two functions are, and the methods it calls. `pages` tells how it is used."""

    name: str
    module: str
    """Under `protoddfctl.commands`; it has `options_NAME(parser)` and `run_NAME(session, asked)`."""
    methods: tuple[str, ...]
    own_summary: str = ""

    @property
    def summary(self) -> str:
        """What it is for: its own words, else those of its first method."""
        if self.own_summary:
            return self.own_summary
        from protoddfd.wire.methods import METHODS

        return METHODS[self.methods[0]].summary


_TABLE = (
    Command("create", "create", ("app.create", "source.put")),
    Command("adopt", "adopt", ("app.adopt",)),
    Command("list", "listing", ("app.list",)),
    Command("show", "apps", ("app.show",)),
    Command("start", "apps", ("app.start",)),
    Command("stop", "apps", ("app.stop",)),
    Command("restart", "apps", ("app.restart",)),
    Command("scale", "apps", ("app.scale",)),
    Command(
        "set", "options", ("app.set", "app.show"),
        "Change how an app is run, watched and limited, or show that.",
    ),
    Command("data", "data", ("app.data_move",)),
    Command("update", "update", ("app.update",)),
    Command("delete", "apps", ("app.delete",)),
    Command("open", "opening", ("app.show", "app.start"), "Open an app in the browser, or tell its address."),
    Command("logs", "logs", ("app.logs", "app.list")),
    Command("propose", "specs", ("spec.propose", "source.put")),
    Command("check", "specs", ("spec.check",)),
    Command("templates", "templates", ("template.list",)),
    Command("ports", "daemon", ("port.list", "port.cleanup")),
    Command("events", "daemon", ("events.subscribe",), "Follow what changes, as it happens."),
    Command("metrics", "metrics", ("metrics.read",)),
    Command("top", "top", ("metrics.read",), "Show what apps use right now, the greediest first."),
    Command("status", "status", ("daemon.status", "events.subscribe", "app.list")),
    Command(
        "config", "config", ("config.show", "config.check"),
        "Show every setting and where its value comes from, or list what is wrong with them.",
    ),
    Command("reload", "config", ("daemon.reload",)),
    Command("shutdown", "daemon", ("daemon.stop",)),
    Command("discover", "daemon", ("rpc.discover",)),
    Command(
        "doctor", "doctor", ("daemon.status", "port.list", "config.check"),
        "Find what is wrong, and what helps.",
    ),
    Command(
        "completion", "completion", ("app.list", "template.list"), "Write the completion script of a shell."
    ),
    Command("version", "daemon", ("daemon.status",), "Tell the versions of client and daemon."),
)  # fmt: skip

COMMANDS: dict[str, Command] = {command.name: command for command in _TABLE}
