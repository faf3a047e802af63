"""Completion scripts. Commands and options are written in; the apps' names come from the daemon."""

import argparse

from protoddfctl.client import ClientFault
from protoddfctl.commands import COMMANDS
from protoddfctl.session import Session
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results

SHELLS = ("bash", "zsh", "fish")

_NAMES_TIMEOUT_S = 0.5
_TAKES_NAMES = ("show", "start", "stop", "restart", "scale", "set", "delete", "open", "logs", "metrics")
_TAKES_FILES = ("create", "propose", "check")
_LATER_FILES = ("config",)
"""Commands that take a file after their first word."""

_BASH = """\
# bash completion for protoddfctl
_protoddfctl() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" command="" place
    for ((place = 1; place < COMP_CWORD; place++)); do
        case "${{COMP_WORDS[place]}}" in
            --socket) ((place++)) ;;
            -*) ;;
            *) command="${{COMP_WORDS[place]}}"; break ;;
        esac
    done
    COMPREPLY=()
    case "$command" in
        "") mapfile -t COMPREPLY < <(compgen -W "{commands} --socket --json --version --help" -- "$word") ;;
{cases}
    esac
    case "$command" in
        {names})
            [[ "$word" == -* ]] || mapfile -t COMPREPLY < <(
                compgen -W "$(protoddfctl completion names 2>/dev/null)" -- "$word"
            ) ;;
        {files}) [[ "$word" == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
    if ((COMP_CWORD > place + 1)) && [[ "$word" != -* ]]; then
        case "$command" in
            set)
                mapfile -t COMPREPLY < <(compgen -W "{keys}" -- "$word")
                compopt -o nospace 2>/dev/null ;;
            {later_files}) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        esac
    fi
}}
complete -o filenames -F _protoddfctl protoddfctl
"""

_ZSH = """\
#compdef protoddfctl
_protoddfctl() {{
    local -a commands options
    local command="" word
    local -i place=1
    for word in ${{words[2,CURRENT-1]}}; do
        place+=1
        [[ "$word" == -* ]] || {{ command="$word"; break }}
    done
    case "$command" in
        "") commands=(
{descriptions}
            )
            _describe command commands
            return ;;
{cases}
    esac
    if [[ "${{words[CURRENT]}}" == -* ]]; then
        compadd -- $options
        return
    fi
    if (( CURRENT > place + 1 )); then
        case "$command" in
            set) compadd -S "" -- {keys}; return ;;
            {later_files}) _files; return ;;
        esac
    fi
    case "$command" in
        {names}) compadd -- ${{(f)"$(protoddfctl completion names 2>/dev/null)"}} ;;
        {files}) _files ;;
    esac
}}
compdef _protoddfctl protoddfctl
"""


def options_completion(parser: argparse.ArgumentParser) -> None:
    """Declare what `completion` takes."""
    parser.add_argument(
        "shell", choices=[*SHELLS, "names"], help="the shell; `names` writes the apps' names, for the scripts"
    )


def run_completion(session: Session, asked: argparse.Namespace) -> int:
    """Write a shell's completion script, or the names that the scripts ask for."""
    if asked.shell == "names":
        _write_names(session)
    else:
        session.output.line(script(asked.shell))
    return 0


def script(shell: str) -> str:
    """Return the completion script for `shell`, one of SHELLS."""
    if shell == "fish":
        return _fish()
    separator = "|"
    frame = _BASH if shell == "bash" else _ZSH
    assign = 'mapfile -t COMPREPLY < <(compgen -W "{}" -- "$word")' if shell == "bash" else "options=({})"
    return frame.format(
        commands=" ".join(COMMANDS),
        descriptions="\n".join(
            f"                {_quoted(f'{each.name}:{each.summary}')}" for each in COMMANDS.values()
        ),
        cases="\n".join(
            f"        {name}) {assign.format(' '.join(_words(name)))} ;;" for name in COMMANDS
        ),
        names=separator.join(_TAKES_NAMES),
        files=separator.join(_TAKES_FILES),
        later_files=separator.join(_LATER_FILES),
        keys=" ".join(_keys()),
    ).rstrip("\n")  # fmt: skip


def _fish() -> str:
    lines = ["# fish completion for protoddfctl", "complete -c protoddfctl -f"]
    lines += [
        f"complete -c protoddfctl -n __fish_use_subcommand -a {command.name} -d {_quoted(command.summary)}"
        for command in COMMANDS.values()
    ]
    for name in COMMANDS:
        seen = f"complete -c protoddfctl -n '__fish_seen_subcommand_from {name}'"
        longs = [word.removeprefix("--") for word in _words(name) if word.startswith("--")]
        others = [word for word in _words(name) if not word.startswith("-")]
        lines += [f"{seen} -l {long}" for long in longs]
        lines += [f"{seen} -a '{' '.join(others)}'"] if others else []
        if name in _TAKES_NAMES:
            lines.append(f"{seen} -a '(protoddfctl completion names 2>/dev/null)'")
        if name in (*_TAKES_FILES, *_LATER_FILES):
            lines.append(f"{seen} -F")
        if name == "set":
            lines.append(f"{seen} -a '{' '.join(_keys())}'")
    return "\n".join(lines)


def _keys() -> list[str]:
    """Return what the words of `set` begin with."""
    from protoddfctl.option_words import keys

    return [key if key.endswith(".") else f"{key}=" for key in keys()]


def _words(name: str) -> list[str]:
    """Return the options and fixed words that a command takes."""
    from protoddfctl.cli import parser_of

    words: list[str] = []
    for action in parser_of(COMMANDS[name])._actions:
        if action.option_strings:
            words.append(action.option_strings[-1])
        elif action.choices is not None:
            words += [str(choice) for choice in action.choices if choice != "names"]
    return words


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _write_names(session: Session) -> None:
    """Write the apps' names, one a line; say nothing at all when the daemon does not."""
    try:
        found = session.client.call(
            "app.list", {"fields": ["name"]}, type=results.AppFields, timeout_s=_NAMES_TIMEOUT_S
        )
    except (ClientFault, ProtoddfError):
        return
    for app in found.apps:
        session.output.line(str(app["name"]))
