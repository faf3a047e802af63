"""The parsers of the command line: what may stand on it, how that is told, and what was meant instead."""

import argparse
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NoReturn

from protoddfctl.commands import COMMANDS, Command

USAGE = 2
"""The exit status of a command line that is not understood."""

ENDING = """\
exit status: 0 done, 1 refused (the reason is on standard error), 2 wrong usage, 3 no daemon
"""
_LONGEST_WORD = 60


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Finds out the width without `shutil`, which argparse would import for every single argument."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=help_width())


class _Parser(argparse.ArgumentParser):
    """Tells what was probably meant, and which command helps; as JSON when that was asked for."""

    as_json = False

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong with the words, and end."""
        hint = f"{self.prog} --help"
        if self.as_json:
            import msgspec

            told = {"error": {"message": message, "hint": hint, "kind": "usage"}}
            sys.stderr.write(f"{msgspec.json.encode(told).decode()}\n")
        else:
            self.print_usage(sys.stderr)
            sys.stderr.write(f"{self.prog}: error: {message}\n  hint: {hint}\n")
        raise SystemExit(USAGE)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = [str(each) for each in action.choices]
            helps = meant(str(value), choices) or f"; choose of {', '.join(choices)}"
            raise argparse.ArgumentError(action, f"{str(value)[:_LONGEST_WORD]!r} cannot be chosen{helps}")

    def refuse(self, extra: list[str]) -> NoReturn:
        """Tell which words are too many."""
        options = [word for action in self._actions for word in action.option_strings]
        unknown = next((word for word in extra if word.startswith("-")), None)
        if unknown is None:
            self.error(f"there is nothing to do with {' '.join(extra)[:_LONGEST_WORD]!r}")
        name = unknown.partition("=")[0]
        self.error(f"there is no option {name[:_LONGEST_WORD]}{meant(name, options)}")


class CommandParser(_Parser):
    """The parser of one command; finds out what there is to tell only when somebody wants to read it."""

    def __init__(self, command: Command, **options: Any) -> None:
        super().__init__(**options)
        self._command = command

    def format_help(self) -> str:
        """Return the command's summary, arguments, text and examples."""
        from protoddfctl.commands.pages import PAGES
        from protoddfctl.show import wrap

        page = PAGES[self._command.name]
        self.description = self._command.summary
        lines = ["examples:"]
        for example in page.examples:
            lines += [f"  # {example.does}", f"  protoddfctl {example.words}"]
        if page.text:
            lines = [*wrap(page.text, help_width()), "", *lines]
        if page.see:
            lines += ["", f"see also: {', '.join(f'protoddfctl {name}' for name in page.see)}"]
        self.epilog = "\n".join(lines)
        return super().format_help()


def parser_of(command: Command, *, as_json: bool = False) -> CommandParser:
    """Return the parser of one command's arguments."""
    parser = CommandParser(command, prog=f"protoddfctl {command.name}", formatter_class=_Formatter)
    parser.as_json = as_json
    module = import_module(f"protoddfctl.commands.{command.module}")
    getattr(module, f"options_{command.name}")(parser)
    _add_common(parser, default=argparse.SUPPRESS)
    return parser


def top_parser() -> _Parser:
    """Return the parser of what stands before the command; its help lists the commands."""
    parser = _Parser(
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
    parser.epilog = f"commands:\n{rows}\n\nprotoddfctl COMMAND --help explains one.\n\n{ENDING}"
    return parser.format_help()


def parse(parser: CommandParser, words: list[str], into: argparse.Namespace) -> None:
    """Read a command's arguments; options may stand anywhere, unless what follows is another program's."""
    takes_all = any(action.nargs == argparse.PARSER for action in parser._actions)
    read = parser.parse_known_args if takes_all else parser.parse_known_intermixed_args
    _, extra = read(words, into)
    if extra:
        parser.refuse(extra)


def meant(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...?` when one of the words that there are is close to `word`."""
    from difflib import get_close_matches

    near = get_close_matches(word[:_LONGEST_WORD], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def help_width() -> int:
    """Return how many columns a help text may take."""
    try:
        return int(os.environ.get("COLUMNS", "")) - 2
    except ValueError:
        pass
    try:
        return os.get_terminal_size(1).columns - 2
    except OSError:
        return 78


def _add_common(parser: argparse.ArgumentParser, *, default: str | None) -> None:
    parser.add_argument("--socket", metavar="PATH", default=default, help="the daemon's socket")
    parser.add_argument("--json", action="store_true", default=default or False, help="write results as JSON")
