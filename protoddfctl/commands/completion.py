"""Completion scripts. They know nothing themselves: they ask `protoddfctl` whenever Tab is pressed."""

import argparse

import msgspec

from protoddfctl.completing import SHELLS
from protoddfctl.session import Session

_BASH = """\
# bash completion for protoddfctl
_protoddfctl() {
    local program="${COMP_WORDS[0]/#\\~/$HOME}" last="${COMP_WORDS[COMP_CWORD]}" kind line
    [[ "$last" == [=:] ]] && last=""
    local -a found
    mapfile -t found < <("$program" __complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    kind="${found[0]}"
    COMPREPLY=()
    case "$kind" in
        files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$last") ;;
        folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$last") ;;
        *)
            [[ "$kind" == nospace ]] && compopt -o nospace 2>/dev/null
            for line in "${found[@]:1}"; do COMPREPLY+=("${line%%$'\\t'*}"); done ;;
    esac
}
complete -F _protoddfctl protoddfctl
"""

_ZSH = """\
#compdef protoddfctl
_protoddfctl() {
    local -a found
    found=("${(@f)$(${(Q)~words[1]} __complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    local kind="$found[1]"
    shift found
    case "$kind" in
        files) _files ;;
        folders) _files -/ ;;
        nospace) _describe -t words protoddfctl found -S '' ;;
        *) (( $#found )) && _describe -t words protoddfctl found ;;
    esac
}
if [[ "$funcstack[1]" == _protoddfctl ]]; then _protoddfctl "$@"; else compdef _protoddfctl protoddfctl; fi
"""

_FISH = """\
# fish completion for protoddfctl
function __protoddfctl_complete
    set -l words (commandline -opc)
    set -l found ($words[1] __complete fish $words[2..-1] (commandline -ct) 2>/dev/null)
    switch "$found[1]"
        case files
            __fish_complete_path (commandline -ct)
        case folders
            __fish_complete_directories (commandline -ct) ''
        case '*'
            printf '%s\\n' $found[2..-1]
    end
end
complete -c protoddfctl -f -a '(__protoddfctl_complete)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def options_completion(parser: argparse.ArgumentParser) -> None:
    """Declare what `completion` takes."""
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def run_completion(session: Session, asked: argparse.Namespace) -> int:
    """Write a shell's completion script."""
    script = _SCRIPTS[asked.shell]
    if session.json:
        session.output.json(msgspec.json.encode({"shell": asked.shell, "script": script}))
    else:
        session.output.line(script.rstrip("\n"))
    return 0
