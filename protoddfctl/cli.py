"""`protoddfctl`: reads the command line, runs one command, tells what went wrong. Exits 0, 1, 2 or 3.

Start-up time is a feature: modules that only some commands need are imported by those.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from protoddfctl.client import ClientFault, NoDaemon
from protoddfctl.commands import COMMANDS, Command
from protoddfctl.session import Session
from protoddfd.errors import ProtoddfError

DONE, REFUSED, USAGE, NO_DAEMON = 0, 1, 2, 3
_INTERRUPTED, _BROKEN_PIPE = 130, 141

_ENDING = """\
exit status: 0 done, 1 refused (the reason is on standard error), 2 wrong usage, 3 no daemon
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Finds out the width without `shutil`, which argparse would import for every single argument."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_help_width())


class _CommandParser(argparse.ArgumentParser):
    """The parser of one command; finds out the command's summary only when somebody wants to read it."""

    def __init__(self, command: Command, **options: Any) -> None:
        super().__init__(**options)
        self._command = command

    def format_help(self) -> str:
        self.description = self._command.summary
        return super().format_help()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _leave_quietly(_INTERRUPTED)
    except BrokenPipeError:
        return _leave_quietly(_BROKEN_PIPE)
    return status


def parser_of(command: Command) -> argparse.ArgumentParser:
    """Return the parser of one command's arguments."""
    parser = _CommandParser(
        command,
        prog=f"protoddfctl {command.name}",
        epilog=f"example:\n  protoddfctl {command.example}",
        formatter_class=_Formatter,
    )
    getattr(_module(command), f"options_{command.name}")(parser)
    _add_common(parser, default=argparse.SUPPRESS)
    return parser


def top_parser() -> argparse.ArgumentParser:
    """Return the parser of what stands before the command; its help lists the commands."""
    parser = argparse.ArgumentParser(
        prog="protoddfctl",
        usage="protoddfctl [--socket PATH] [--json] COMMAND ...",
        description="Make, run and watch data apps through the daemon protoddfd.",
        formatter_class=_Formatter,
        add_help=False,
    )
    _add_common(parser, default=None)
    parser.add_argument("-h", "--help", action="store_true", help="show this help and exit")
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def help_text() -> str:
    """Return the help of the whole command line."""
    parser = top_parser()
    rows = "\n".join(f"  {command.name:<12}{command.summary}" for command in COMMANDS.values())
    parser.epilog = f"commands:\n{rows}\n\nprotoddfctl COMMAND --help explains one.\n\n{_ENDING}"
    return parser.format_help()


def _run(argv: list[str]) -> int:
    parser = top_parser()
    asked = parser.parse_args(argv)
    if asked.version:
        from protoddfctl.commands.daemon import client_version

        sys.stdout.write(f"protoddfctl {client_version()}\n")
        return DONE
    if asked.help or asked.command is None:
        (sys.stdout if asked.help else sys.stderr).write(help_text())
        return DONE if asked.help else USAGE
    command = COMMANDS.get(asked.command)
    if command is None:
        parser.error(_unknown(asked.command))
    _parse(parser_of(command), asked)
    session = Session(asked.socket, json=asked.json)
    with session.client:
        return run(session, command, asked)


def _parse(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    """Read a command's arguments; options may stand anywhere, unless what follows is another program's."""
    takes_all = any(action.nargs == argparse.PARSER for action in parser._actions)
    (parser.parse_args if takes_all else parser.parse_intermixed_args)(asked.rest, asked)


def run(session: Session, command: Command, asked: argparse.Namespace) -> int:
    """Run `command`, and tell what was refused; return the exit status."""
    try:
        status = getattr(_module(command), f"run_{command.name}")(session, asked)
    except ProtoddfError as error:
        tell(session, error)
        return REFUSED
    except NoDaemon as error:
        tell(session, error)
        return NO_DAEMON
    except ClientFault as error:
        tell(session, error)
        return REFUSED
    return int(status)


def tell(session: Session, error: ProtoddfError | ClientFault) -> None:
    """Write to standard error what was refused and what helps."""
    from protoddfctl.trouble import as_json, as_text

    session.output.flush()
    sys.stderr.write(as_json(error) if session.json else as_text(error))


def _add_common(parser: argparse.ArgumentParser, *, default: str | None) -> None:
    parser.add_argument("--socket", metavar="PATH", default=default, help="the daemon's socket")
    parser.add_argument("--json", action="store_true", default=default or False, help="write results as JSON")


def _module(command: Command) -> object:
    return import_module(f"protoddfctl.commands.{command.module}")


def _help_width() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) - 2
    except ValueError:
        pass
    try:
        return os.get_terminal_size(1).columns - 2
    except OSError:
        return 78


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name[:40], COMMANDS, n=1)
    return f"there is no command {name[:40]!r}" + (f"; did you mean {near[0]}?" if near else "")


def _leave_quietly(status: int) -> int:
    """Keep the interpreter from complaining, at its end, about output that nobody reads."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
