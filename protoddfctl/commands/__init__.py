"""The commands, one row each. A command's module is imported when the command is used, not before."""

from typing import NamedTuple


class Command(NamedTuple):
    """One command: where its two functions are, the methods it calls, how it is used."""

    name: str
    module: str
    """Under `protoddfctl.commands`; it has `options_NAME(parser)` and `run_NAME(session, asked)`."""
    methods: tuple[str, ...]
    example: str
    own_summary: str = ""

    @property
    def summary(self) -> str:
        """What it is for: its own words, else those of its first method."""
        if self.own_summary:
            return self.own_summary
        from protoddfd.wire.methods import METHODS

        return METHODS[self.methods[0]].summary


_TABLE = (
    Command("create", "create", ("app.create", "source.put"), "create crm --from customers.csv"),
    Command("adopt", "adopt", ("app.adopt",), "adopt mailer -- python -m mailer"),
    Command("list", "listing", ("app.list",), "list --state failed"),
    Command("show", "apps", ("app.show",), "show crm"),
    Command("start", "apps", ("app.start",), "start crm inventory"),
    Command("stop", "apps", ("app.stop",), "stop --all"),
    Command("restart", "apps", ("app.restart",), "restart crm --wait 60"),
    Command("scale", "apps", ("app.scale",), "scale crm 3"),
    Command(
        "set", "options", ("app.set", "app.show"), "set crm on_demand=yes idle_stop_s=600",
        "Change how an app is run, watched and limited, or show that.",
    ),
    Command("data", "data", ("app.data_move",), "data move crm --to env:CRM_DATABASE"),
    Command("update", "update", ("app.update",), "update crm crm.json --rename Loan.due=due_on"),
    Command("delete", "apps", ("app.delete",), "delete crm --keep-files"),
    Command("open", "apps", ("app.show",), "open crm", "Open an app in the browser, or print its address."),
    Command("logs", "logs", ("app.logs",), "logs crm -f"),
    Command(
        "propose", "specs", ("spec.propose", "source.put"),
        'propose --describe "books with title and author" -o books.json',
    ),
    Command("check", "specs", ("spec.check",), "check crm.json"),
    Command("templates", "templates", ("template.list",), "templates"),
    Command("ports", "daemon", ("port.list", "port.cleanup"), "ports cleanup"),
    Command(
        "events", "daemon", ("events.subscribe",), "events --app crm", "Follow what changes, as it happens."
    ),
    Command("metrics", "metrics", ("metrics.read",), "metrics crm --over 10"),
    Command("status", "daemon", ("daemon.status",), "status --json"),
    Command(
        "config", "config", ("config.show", "config.check"), "config check",
        "Show every setting and where its value comes from, or list what is wrong with them.",
    ),
    Command("reload", "config", ("daemon.reload",), "reload"),
    Command("shutdown", "daemon", ("daemon.stop",), "shutdown --keep-apps"),
    Command("discover", "daemon", ("rpc.discover",), "discover > openrpc.json"),
    Command(
        "doctor", "doctor", ("daemon.status", "port.list"), "doctor", "Find what is wrong, and what helps."
    ),
    Command(
        "completion", "completion", ("app.list",), "completion bash > ~/.protoddfctl.bash",
        "Write the completion script of a shell.",
    ),
    Command("version", "daemon", ("daemon.status",), "version", "Tell the versions of client and daemon."),
)  # fmt: skip

COMMANDS: dict[str, Command] = {command.name: command for command in _TABLE}
