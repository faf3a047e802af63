"""What is told of each command beyond its summary: how it goes, examples, what to read next.

The one source of `--help`, the manual pages and the reference; `tests` run every example's words through the
command's parser. Imported by those who want to read, not by those who want something done.
"""

# ruff: noqa: E501  # paragraphs stand here as they are written

from typing import NamedTuple


class Example(NamedTuple):
    """A command line without its `protoddfctl`, and what it does."""

    words: str
    does: str


class Page(NamedTuple):
    """The text about one command."""

    examples: tuple[Example, ...]
    text: str = ""
    """Paragraphs, with an empty line between two."""
    see: tuple[str, ...] = ()
    """Other commands to read about."""


PAGES: dict[str, Page] = {
    "create": Page(
        (
            Example("create crm --from customers.csv orders.csv", "two related tables, rows included"),
            Example('create gym --describe "members with name and email, and loans"', "from words"),
            Example("create shop --template orders", "from a template; see `templates`"),
            Example("create crm --spec crm.json --no-start", "from a spec that `propose` wrote"),
            Example("create sales --template dashboard --from postgresql://me@localhost/sales", "over a database"),
        ),
        "On a terminal its progress is shown while it is made. It ends with the app's address, as soon as the app"
        " answers. An app that does not answer in time is kept: `logs` tells why.",
        ("propose", "templates", "open", "logs"),
    ),
    "adopt": Page(
        (
            Example("adopt mailer --ports 0 -- python3 -m mailer", "a program without ports"),
            Example("adopt web --ports 1 --cwd ~/site --env MODE=live -- ./serve.sh", "a server of your own"),
            Example("adopt shop --path ~/shop", "a Reflex app"),
        ),
        "A command finds its ports in FRONTEND_PORT, BACKEND_PORT and PORT. What follows -- is the command, and is"
        " run without a shell.",
        ("set", "scale", "logs"),
    ),
    "list": Page(
        (
            Example("list", "every app"),
            Example("list --state failed", "only those that need help"),
            Example("list --json", "everything that is known of each"),
        ),
        "On a narrow terminal texts are cut first, and then columns left out; --json has them all.",
        ("show", "top", "status"),
    ),
    "show": Page((Example("show crm", "state, address, processes, health, what is set"),), see=("logs", "set", "metrics")),
    "start": Page(
        (Example("start crm inventory", "two of them"), Example("start --all", "every app")),
        "An app that runs already is left alone.",
        ("stop", "restart", "logs"),
    ),
    "stop": Page(
        (Example("stop crm", "one of them"), Example("stop --all --wait 60", "every app, with patience")),
        "An app that is stopped stays stopped when the daemon starts anew.",
        ("start", "delete"),
    ),
    "restart": Page((Example("restart crm --wait 60", "wait up to a minute until it answers"),), see=("logs", "set")),
    "scale": Page(
        (Example("scale crm 3", "three processes behind the same ports"), Example("scale crm 1", "back to one")),
        "All processes of an app share its ports.",
        ("show", "metrics"),
    ),
    "set": Page(
        (
            Example("set crm", "show every option"),
            Example("set crm on_demand=yes idle_stop_s=600", "sleep when nobody visits"),
            Example("set crm restart=on-failure after=db,redis", "when to start it again, and after what"),
            Example("set crm env.DEBUG=1 secrets.DB_PASSWORD=/run/secrets/db --restart-now", "its environment"),
            Example("set crm limits.memory_mib=512 --reset env.DEBUG", "a limit, and one thing as before"),
            Example("""set crm health.checks='[{"kind": "http", "path": "/ready", "status": [200]}]'""", "how it is checked"),
        ),
        "Lists are separated by commas or written as JSON; `default` stands for what the daemon's settings say.",
        ("show", "restart", "config"),
    ),
    "data": Page(
        (
            Example("data move crm --to postgresql://crm@localhost/crm", "to PostgreSQL"),
            Example("data move crm --to sqlite:///data/app.db", "back to a file"),
            Example("data move crm --to env:CRM_DATABASE", "the address, with its password, from the environment"),
        ),
        "The target has to be empty. The app stands still meanwhile, and runs on as before if anything goes wrong."
        " env:NAME takes the address from the environment, so that no password stands on the command line.",
        ("show", "update"),
    ),
    "update": Page(
        (
            Example("update crm crm.json --dry-run", "show what would change, and what would be lost"),
            Example("update crm crm.json --rename Loan.due=due_on", "say what is called otherwise now"),
            Example('update crm --describe "add a note to loans"', "by words"),
        ),
        "The plan is shown first. Nothing is lost without being agreed to: on a terminal it asks, elsewhere it takes"
        " --yes.",
        ("check", "propose", "show"),
    ),
    "delete": Page(
        (
            Example("delete crm", "asks first"),
            Example("delete crm --keep-files --yes", "free its ports and leave its folder"),
        ),
        "Its data goes with it unless --keep-files is said.",
        ("stop", "list"),
    ),
    "open": Page(
        (
            Example("open crm", "in the browser; starts it if it is down"),
            Example("open crm --print", "only print the address"),
        ),
        "The browser is the one that BROWSER names, else that of the desktop. Where there is no screen the address is"
        " printed alone. With --json or --print nothing is opened and nothing started.",
        ("show", "start"),
    ),
    "logs": Page(
        (
            Example("logs crm -n 20", "the last lines"),
            Example("logs crm inventory -f", "follow two apps, each with its name in a colour of its own"),
            Example("logs --all -f", "follow every app"),
            Example("logs crm --since 10m --match error", "what went wrong lately"),
        ),
        "On a terminal structured lines (JSON, logfmt) are shown as their level, message and fields.",
        ("events", "show"),
    ),
    "propose": Page(
        (
            Example('propose --describe "books with title and author" -o books.json', "design from words"),
            Example("propose customers.csv orders.xlsx", "what would be made of files"),
        ),
        "Makes nothing; what it wrote can be edited and given to `create --spec`.",
        ("create", "check"),
    ),
    "check": Page((Example("check crm.json", "every fault, with its place and what helps"),), see=("propose", "update")),
    "templates": Page(
        (Example("templates", "which there are"), Example("templates crm", "the tables and fields of one")),
        see=("create",),
    ),
    "ports": Page(
        (
            Example("ports", "who has which port"),
            Example("ports cleanup", "free those of apps whose folder has vanished"),
        ),
        see=("config", "doctor"),
    ),
    "events": Page(
        (
            Example("events", "everything, as it happens"),
            Example("events --app crm --kind app.changed", "how one app fares"),
            Example("events --json", "one JSON value a line, for a program"),
        ),
        see=("status", "logs"),
    ),
    "metrics": Page(
        (
            Example("metrics crm", "since it was started"),
            Example("metrics --over 10", "what happened within ten seconds"),
            Example("metrics --prometheus", "for a scraper"),
        ),
        see=("top",),
    ),
    "top": Page(
        (
            Example("top", "live, on a terminal"),
            Example("top --sort memory --every 5", "what takes the most memory"),
            Example("top --json", "once, for a program"),
        ),
        "Keys: c, m, s and n sort by processor, memory, requests and name, r turns the order around, the arrows, page up and page"
        " down scroll, q ends. Where there is no terminal it looks once, two seconds long, writes the table and ends.",
        ("metrics", "status", "list"),
    ),
    "status": Page(
        (
            Example("status", "how daemon, zygote and logger are"),
            Example("status --watch", "live: every app that is not well, and what happens"),
            Example("status --watch --json", "one JSON value whenever something changed"),
        ),
        "--watch subscribes to the daemon's events, survives a restart of the daemon, and ends with q.",
        ("top", "events", "doctor"),
    ),
    "config": Page(
        (
            Example("config show", "every setting, its value and where that comes from"),
            Example("config check", "what is wrong with what the daemon reads"),
            Example("config check config.toml", "with a file that nobody reads yet"),
        ),
        "check needs no daemon, and exits with 1 when something is wrong.",
        ("reload", "set"),
    ),
    "reload": Page((Example("reload", "says what changed, and what waits for a restart"),), see=("config",)),
    "shutdown": Page(
        (
            Example("shutdown", "with all apps"),
            Example("shutdown --keep-apps", "the apps go on; a new daemon takes them over"),
        ),
        see=("status",),
    ),
    "discover": Page((Example("discover > openrpc.json", "what a client may call"),)),
    "doctor": Page(
        (Example("doctor", "look at everything"), Example("doctor --json", "one finding a line")),
        "Looks at Python, its libraries and programs, folders and their owners, disks, the cache, the configuration, the"
        " socket, the daemon, its helpers, ports and apps. It changes nothing, works without a daemon, and exits with"
        " 1 when something is broken; each fault comes with what helps.",
        ("status", "config"),
    ),
    "completion": Page(
        (
            Example("completion bash > ~/.local/share/bash-completion/completions/protoddfctl", "bash"),
            Example("completion zsh > ~/.zfunc/_protoddfctl", "zsh, with ~/.zfunc in fpath before compinit"),
            Example("completion fish > ~/.config/fish/completions/protoddfctl.fish", "fish"),
        ),
        "Completes commands, options and their values, the names of apps and templates, settings, and files. To try it"
        ' out: eval "$(protoddfctl completion bash)".',
    ),
    "version": Page((Example("version", "are client and daemon of one version?"),), see=("status",)),
}  # fmt: skip
