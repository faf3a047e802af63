"""`protoddfctl`: reads the command line, runs one command, tells what went wrong. Exits 0, 1, 2 or 3.

Start-up time is a feature: modules that only some commands need are imported by those.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from protoddfctl.client import ClientFault, NoDaemon
from protoddfctl.commands import COMMANDS, Command
from protoddfctl.parsers import USAGE, help_text, meant, parse, parser_of, top_parser
from protoddfctl.session import Session
from protoddfd.errors import ProtoddfError

DONE, REFUSED, NO_DAEMON = 0, 1, 3
COMPLETE = "__complete"
"""The word by which completion scripts ask what may follow; no command, since it is for no person."""
_INTERRUPTED, _BROKEN_PIPE = 130, 141


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


def _run(argv: list[str]) -> int:
    if argv[:1] == [COMPLETE]:
        from protoddfctl.completing import answer

        sys.stdout.write(answer("".join(argv[1:2]), argv[2:]))
        return DONE
    parser = top_parser()
    parser.as_json = "--json" in argv[: argv.index("--")] if "--" in argv else "--json" in argv
    asked = parser.parse_args(argv)
    if asked.version:
        from protoddfctl.commands.daemon import client_version

        version = client_version()
        sys.stdout.write(f'{{"protoddfctl":"{version}"}}\n' if asked.json else f"protoddfctl {version}\n")
        return DONE
    if asked.command == "help":
        asked.help, asked.command = True, next(iter(asked.rest), None)
    if asked.command is None:
        (sys.stdout if asked.help else sys.stderr).write(help_text())
        return DONE if asked.help else USAGE
    command = COMMANDS.get(asked.command)
    if command is None:
        parser.error(f"there is no command {asked.command[:40]!r}{meant(asked.command, COMMANDS)}")
    arguments = parser_of(command, as_json=parser.as_json)
    if asked.help:
        sys.stdout.write(arguments.format_help())
        return DONE
    parse(arguments, asked.rest, asked)
    session = Session(asked.socket, json=asked.json)
    with session.client:
        return run(session, command, asked)


def run(session: Session, command: Command, asked: argparse.Namespace) -> int:
    """Run `command`, and tell what was refused; return the exit status."""
    module = import_module(f"protoddfctl.commands.{command.module}")
    try:
        status = getattr(module, f"run_{command.name}")(session, asked)
    except NoDaemon as error:
        tell(session, error)
        return NO_DAEMON
    except (ProtoddfError, ClientFault) as error:
        tell(session, error, getattr(asked, "names", None) or [getattr(asked, "name", None)])
        return REFUSED
    return int(status)


def tell(session: Session, error: ProtoddfError | ClientFault, names: Sequence[str | None] = ()) -> None:
    """Write to standard error what was refused and what helps; `names` are the apps that were named."""
    from protoddfctl import trouble

    session.output.flush()
    hint = trouble.hint_of(session, error, [name for name in names if name])
    sys.stderr.write(trouble.as_json(error, hint) if session.json else trouble.as_text(error, hint))


def _leave_quietly(status: int) -> int:
    """Keep the interpreter from complaining, at its end, about output that nobody reads."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
