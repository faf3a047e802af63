"""What may follow on a command line: the one answer that the completion scripts of all shells ask for.

An answer is lines: first what the shell has to do (`words`, `nospace`, `files`, `folders`), then one word
each, with what it means after a tab (for zsh after a colon).
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from protoddfctl import parsers
from protoddfctl.client import Client, ClientFault
from protoddfctl.commands import COMMANDS
from protoddfd.errors import ProtoddfError

SHELLS = ("bash", "zsh", "fish")
KINDS = {
    "NAME": "apps", "FILE": "files", "SPEC": "files", "PATH": "files", "DIR": "folders",
    "KEY=VALUE": "settings", "KEY": "keys", "-- COMMAND ...": "files",
}  # fmt: skip
"""What stands for a value of this metavar."""
EXCEPTIONS = {
    ("create", "name"): "", ("adopt", "name"): "", ("adopt", "env"): "",
    ("create", "template"): "templates", ("templates", "name"): "templates",
}  # fmt: skip
"""Values, by command and destination, for which their metavar does not say it."""
_ANSWER_S = 0.5


class Found(NamedTuple):
    """What may follow: what the shell has to do, and words with what they mean."""

    do: str
    words: tuple[tuple[str, str], ...] = ()


def answer(shell: str, words: Sequence[str]) -> str:
    """Return what may stand in place of the last of `words`, which are those after the program's name."""
    typed = list(words)
    kept = ""
    if shell == "bash":
        typed = _joined(typed)
        before = typed[-1] if typed else ""
        kept = before[: max(before.rfind("="), before.rfind(":")) + 1]
    found = complete(typed)
    last = typed[-1] if typed else ""
    lines = [found.do]
    for word, means in found.words:
        if not word.startswith(last):
            continue
        # bash splits words at = and :, and replaces only what stands after the last of them.
        lines.append(_line(shell, word.removeprefix(kept), means))
    return "".join(f"{line}\n" for line in lines)


def _line(shell: str, word: str, means: str) -> str:
    if shell == "zsh":
        return f"{word.replace(':', chr(92) + ':')}:{means}"
    return f"{word}\t{means}" if means else word


def _joined(words: Sequence[str]) -> list[str]:
    """Return the words as the person wrote them: bash made three of `a=b`."""
    joined: list[str] = []
    glued = False
    for word in words:
        if joined and (glued or word in ("=", ":")) and not (len(joined) == 1 and word == ""):
            joined[-1] += word
        else:
            joined.append(word)
        glued = word in ("=", ":")
    return joined


def complete(words: Sequence[str]) -> Found:
    """Return what may stand in place of the last word."""
    *before, last = list(words) or [""]
    place, socket = _place_of_command(before)
    if place is None:
        if before and before[-1] == "--socket":
            return Found("files")
        tops = parsers.top_parser()._actions
        return _words(_options(tops) if last.startswith("-") else _summaries())
    command = COMMANDS.get(before[place])
    if command is None:
        return Found("words", tuple(_summaries())) if before[place] == "help" else Found("words")
    parser = parsers.parser_of(command)
    return _of_command(_Line(command.name, parser._actions, before[place + 1 :], last, socket))


class _Line(NamedTuple):
    """A command, what it takes, what stands after it already, and what is being typed."""

    command: str
    actions: Sequence[argparse.Action]
    before: list[str]
    last: str
    socket: str | None


def _of_command(line: _Line) -> Found:
    waiting = _option_that_waits(line)
    if waiting is not None:
        return _value(line, waiting)
    if line.last.startswith("--") and "=" in line.last:
        name = line.last.partition("=")[0]
        action = next((each for each in line.actions if name in each.option_strings), None)
        found = _value(line, action) if action is not None else Found("words")
        return Found(found.do, tuple((f"{name}={word}", means) for word, means in found.words))
    if line.last.startswith("-"):
        return _words(_options(line.actions))
    action = _next_positional(line)
    return Found("words") if action is None else _value(line, action)


def _option_that_waits(line: _Line) -> argparse.Action | None:
    """Return the option whose value is being typed."""
    for count, word in enumerate(reversed(line.before), 1):
        action = next((each for each in line.actions if word in each.option_strings), None)
        if action is not None:
            takes_more = action.nargs in ("+", "*") or (action.nargs is None and count == 1)
            return action if takes_more else None
        if word.startswith("-"):
            return None
    return None


def _next_positional(line: _Line) -> argparse.Action | None:
    """Return what the word that is being typed stands for."""
    positionals = [each for each in line.actions if not each.option_strings]
    taken = 0
    skip = False
    for word in line.before:
        if skip:
            skip = False
        elif word.startswith("-") and word != "--":
            option = next((each for each in line.actions if word in each.option_strings), None)
            skip = option is not None and option.nargs != 0
        else:
            taken += 1
    for action in positionals:
        if taken == 0 or action.nargs in ("+", "*", argparse.PARSER):
            return action
        taken -= 1
    return None


def _value(line: _Line, action: argparse.Action) -> Found:
    if action.choices is not None:
        return _words((str(choice), "") for choice in action.choices)
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    kind = EXCEPTIONS.get((line.command, action.dest), KINDS.get(metavar, ""))
    if kind in ("files", "folders"):
        return Found(kind)
    if kind == "settings":
        return _settings(line.last)
    if kind == "keys":
        return _words((key, "") for key in _keys())
    if kind == "apps":
        there = [word for word in line.before if action.nargs in ("*", "+")]
        return _words(each for each in _asked(line.socket, "app.list", "apps") if each[0] not in there)
    if kind == "templates":
        return _words(_asked(line.socket, "template.list", "templates"))
    return Found("words")


def _settings(last: str) -> Found:
    """Return keys, each with what follows it; after the `=`, what can be chosen."""
    key, equals, _ = last.partition("=")
    if equals:
        from protoddfctl.option_words import choices

        return _words((f"{key}={choice}", "") for choice in choices(key))
    return Found("nospace", tuple((key if key.endswith(".") else f"{key}=", "") for key in _keys()))


def _keys() -> list[str]:
    from protoddfctl.option_words import keys

    return keys()


def _asked(socket: str | None, method: str, what: str) -> Iterator[tuple[str, str]]:
    """Yield names and titles that the daemon tells; nothing at all when it does not."""
    from protoddfctl import home

    params = {"fields": ["name", "title"]} if method == "app.list" else None
    try:
        with Client(socket or home.socket_path(), timeout_s=_ANSWER_S) as client:
            found = client.call(method, params, type=dict)
    except (ClientFault, ProtoddfError):
        return
    for each in found[what]:
        yield each["name"], _plain(each["title"])


def _plain(text: str) -> str:
    from protoddfctl.show import clean

    return clean(text)


def _place_of_command(before: Sequence[str]) -> tuple[int | None, str | None]:
    """Return where the command stands, if it does, and the socket that is named before or after it."""
    socket = None
    place = None
    for number, word in enumerate(before):
        if word.startswith("--socket="):
            socket = word.partition("=")[2]
        elif number and before[number - 1] == "--socket":
            socket = word
        elif place is None and not word.startswith("-"):
            place = number
    return place, socket


def _options(actions: Iterable[argparse.Action]) -> Iterator[tuple[str, str]]:
    for action in actions:
        if action.option_strings:
            yield action.option_strings[-1], (action.help or "").partition("\n")[0]


def _summaries() -> Iterator[tuple[str, str]]:
    for command in COMMANDS.values():
        yield command.name, command.summary


def _words(words: Iterable[tuple[str, str]]) -> Found:
    return Found("words", tuple(words))
