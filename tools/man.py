"""Writes the manual pages from what `--help` is made from: `python -m tools.man`; `--check` only compares."""
# ruff: noqa: E501  # paragraphs of the pages stand here as they are written

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from protoddfctl.commands import COMMANDS, Command
from protoddfctl.commands.pages import PAGES
from protoddfctl.parsers import parser_of, top_parser
from protoddfd.main import parser as daemon_parser
from protoddfd.settings import describe
from protoddfd.usecases.daemon import VERSION
from tools.roff import bold, example, italic, item, paragraph, prose, section, text, title

FOLDER = Path(__file__).parent.parent / "docs" / "man"

_EXITS = (
    ("0", "Done."),
    ("1", "Refused; the reason and what helps are on standard error."),
    ("2", "Wrong usage."),
    ("3", "No daemon answers."),
)
_ENVIRONMENT = (
    ("PROTODDF_SOCKET", "The daemon's socket."),
    ("PROTODDF_HOME", "The folder that the daemon writes to; its socket is `run/protoddfd.sock` in there."),
    ("PROTODDF_CACHE", "The folder of frontend bundles and shared packages."),
    ("NO_COLOR", "When not empty: no colours."),
    (
        "FORCE_COLOR",
        "When neither empty nor 0: colours even where there is no terminal, unless NO_COLOR is set.",
    ),
    ("BROWSER", "The browser that `open` opens."),
)
_FILES = (
    ("/run/protoddf/protoddfd.sock", "The socket of the system's daemon."),
    ("~/.local/share/proto-ddf", "The home of a user's own daemon."),
    ("/etc/protoddf/config.toml", "Settings of the machine, see protoddf-config.toml(5)."),
)
_SIGNALS = (
    ("SIGTERM, SIGINT", "Stop the apps and end."),
    ("SIGUSR2", "End and leave the apps running; the next daemon takes them over."),
    ("SIGHUP", "Read the configuration again, as `protoddfctl reload` does."),
)


def pages() -> dict[str, str]:
    """Return every page's text by its path in the folder of manual pages."""
    found = {
        "man1/protoddfctl.1": _top(),
        "man5/protoddf-config.toml.5": _config(),
        "man8/protoddfd.8": _daemon(),
    }
    for command in COMMANDS.values():
        found[f"man1/protoddfctl-{command.name}.1"] = _command(command)
    return {path: "\n".join(lines) + "\n" for path, lines in found.items()}


def _top() -> Iterator[str]:
    yield from title("protoddfctl", 1, VERSION)
    yield from section("NAME", [text("protoddfctl - make, run and watch data apps")])
    yield from section(
        "SYNOPSIS",
        [
            f"{bold('protoddfctl')} [{bold('--socket')} {italic('PATH')}] [{bold('--json')}] {italic('COMMAND')} ..."
        ],
    )
    yield from section("DESCRIPTION", [
        prose("The command line of protoddfd(8), which keeps data apps running. Each command has a page of its own: `man protoddfctl-create`, or `protoddfctl create --help`."),
        *paragraph(prose("A word that is misspelt is told with the one that was probably meant, and a refusal with the command that helps.")),
    ])  # fmt: skip
    yield from section(
        "COMMANDS",
        (
            line
            for it in COMMANDS.values()
            for line in item(f"{bold(f'protoddfctl-{it.name}')}(1)", text(it.summary))
        ),
    )
    yield from section("OPTIONS", _arguments(top_parser()._actions))
    yield from section(
        "EXIT STATUS", (line for status, means in _EXITS for line in item(text(status), text(means)))
    )
    yield from section(
        "ENVIRONMENT", (line for name, means in _ENVIRONMENT for line in item(bold(name), prose(means)))
    )
    yield from section("FILES", (line for name, means in _FILES for line in item(italic(name), text(means))))
    yield from section(
        "SEE ALSO",
        [f"{bold('protoddfd')}(8), {bold('protoddf-config.toml')}(5), {bold('protoddfctl-doctor')}(1)"],
    )


def _command(command: Command) -> Iterator[str]:
    name, page, parser = f"protoddfctl-{command.name}", PAGES[command.name], parser_of(command)
    yield from title(name, 1, VERSION)
    summary = command.summary.rstrip(".")
    yield from section("NAME", [f"{text(name)} \\- {text(summary[0].lower() + summary[1:])}"])
    yield from section("SYNOPSIS", _synopsis(parser))
    paragraphs = [command.summary, *filter(None, page.text.split("\n\n"))]
    yield from section("DESCRIPTION", [line for each in paragraphs for line in paragraph(prose(each))])
    yield from section("OPTIONS", _arguments(parser._actions))
    yield from section(
        "EXAMPLES",
        (line for each in page.examples for line in example(each.does, f"protoddfctl {each.words}")),
    )
    yield from section(
        "EXIT STATUS", (line for status, means in _EXITS for line in item(text(status), text(means)))
    )
    others = [f"{bold('protoddfctl')}(1)", *(f"{bold(f'protoddfctl-{other}')}(1)" for other in page.see)]
    yield from section("SEE ALSO", [", ".join(others)])


def _synopsis(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Return how a command is called: as it says itself, else what it takes."""
    if parser.usage:
        for number, line in enumerate(parser.usage.split("\n")):
            yield from [".br"] if number else []
            yield text(line.strip())
        return
    words = [bold(parser.prog)]
    for action in parser._actions:
        if action.dest in ("help", "socket", "json"):
            continue
        value = italic(_value(action))
        if action.option_strings:
            word = bold(action.option_strings[-1])
            words.append(f"[{word}]" if action.nargs == 0 else f"[{word} {value}]")
        else:
            words.append(
                {"?": f"[{value}]", "*": f"[{value} ...]", "+": f"{value} ..."}.get(str(action.nargs), value)
            )
    yield " ".join(words)


def _arguments(actions: Sequence[argparse.Action]) -> Iterator[str]:
    for action in actions:
        if action.help is None or action.help == argparse.SUPPRESS:
            continue
        value = "" if action.nargs == 0 else italic(_value(action))
        if action.option_strings:
            tag = ", ".join(f"{bold(option)} {value}".rstrip() for option in action.option_strings)
        else:
            tag = value
        told = action.help[0].upper() + action.help[1:]
        choices = (
            f" One of {', '.join(map(str, action.choices))}." if action.choices and action.metavar else ""
        )
        yield from item(tag, prose(f"{told}.{choices}"))


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "|".join(str(choice) for choice in action.choices)
    return action.dest.upper()


def _config() -> Iterator[str]:
    yield from title("protoddf-config.toml", 5, VERSION)
    yield from section("NAME", [text("protoddf-config.toml - settings of protoddfd")])
    yield from section("SYNOPSIS", [italic("/etc/protoddf/config.toml"), ".br", italic("HOME/config.toml")])
    yield from section("DESCRIPTION", [
        prose("What protoddfd(8) does where it is not told otherwise. The daemon runs without any of this. Of each setting the last of these that says something decides: the default, `/etc/protoddf/config.toml`, `config.toml` in the daemon's home, the variable `PROTODDF_SECTION_KEY`, the command line `protoddfd --set section.key=value`."),
        *paragraph(prose("The files are TOML, one table for each section. What is wrong in them is listed by `protoddfctl config check`; a daemon does not start with a fault. `protoddfctl config show` lists every setting with its value and where that comes from.")),
        *paragraph(prose("A setting that changes by reload follows `protoddfctl reload` and SIGHUP; another one waits for a restart of the daemon.")),
    ])  # fmt: skip
    sections: dict[str, list[str]] = {}
    for row in describe.rows():
        name, _, key = row.key.partition(".")
        default = "empty" if row.default in ("", ()) else msgspec.json.encode(row.default).decode()
        facts = f"{row.expected[0].upper()}{row.expected[1:]}; by default {default}; changes by {'reload' if row.reloads else 'restart'}."
        lines = sections.setdefault(name, [])
        lines += item(bold(key), f"{prose(row.description)} {text(facts)}".strip())
    yield ".SH SETTINGS"
    for name, lines in sections.items():
        yield from (f".SS {text(f'[{name}]')}", *lines)
    yield from section(
        "EXAMPLES",
        [
            ".nf",
            *map(
                text,
                (
                    "[ports]",
                    'range = "3000-5000"',
                    "",
                    "[apps]",
                    "stop_grace_s = 20",
                    "",
                    "[access]",
                    'operator_group = "developers"',
                ),
            ),
            ".fi",
        ],
    )
    yield from section(
        "SEE ALSO",
        [f"{bold('protoddfd')}(8), {bold('protoddfctl-config')}(1), {bold('protoddfctl-reload')}(1)"],
    )


def _daemon() -> Iterator[str]:
    parser = daemon_parser()
    yield from title("protoddfd", 8, VERSION)
    yield from section("NAME", [text("protoddfd - keeps data apps running")])
    yield from section("SYNOPSIS", [f"{bold('protoddfd')} [{italic('OPTION')} ...]"])
    yield from section("DESCRIPTION", [
        text(parser.description or ""),
        *paragraph(prose("It listens on a unix socket, by which protoddfctl(1) and other programs command it, holds the ports of all apps, and starts, watches and restarts them. When it starts it adopts the apps that outlived the last daemon.")),
    ])  # fmt: skip
    yield from section("OPTIONS", _arguments(parser._actions))
    yield from section(
        "SIGNALS", (line for name, means in _SIGNALS for line in item(bold(name), prose(means)))
    )
    yield from section(
        "ENVIRONMENT", (line for name, means in _ENVIRONMENT[:3] for line in item(bold(name), prose(means)))
    )
    yield from section("FILES", (line for name, means in _FILES for line in item(italic(name), text(means))))
    yield from section(
        "EXIT STATUS",
        [
            *item("0", text("It was told to end.")),
            *item("1", text("It could not start; standard error says why.")),
        ],
    )
    yield from section("SEE ALSO", [f"{bold('protoddfctl')}(1), {bold('protoddf-config.toml')}(5)"])


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the paths of the pages in `folder` that are missing, are too many, or differ from the code."""
    wanted = pages()
    there = {str(path.relative_to(folder)) for path in folder.glob("man*/*")}
    changed = [
        path
        for path, page in wanted.items()
        if path in there and (folder / path).read_text(encoding="utf-8") != page
    ]
    return sorted({*changed, *(set(wanted) ^ there)})


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages, or check them; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    old = stale()
    if parser.parse_args(argv).check:
        if old:
            sys.stderr.write(f"stale: {', '.join(old)}; run python -m tools.man\n")
        return 1 if old else 0
    wanted = pages()
    for path in old:
        place = FOLDER / path
        if path in wanted:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(wanted[path], encoding="utf-8")
        else:
            place.unlink()
        sys.stdout.write(f"{'written' if path in wanted else 'removed'}: {place}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
