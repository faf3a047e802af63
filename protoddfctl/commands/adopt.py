"""The command that puts something under the daemon's care that exists already."""

import argparse
import os
from pathlib import Path
from typing import Any, get_args

from protoddfctl.client import ClientFault
from protoddfctl.session import Session
from protoddfctl.show import state_of
from protoddfd.wire import results
from protoddfd.wire.options import RestartPolicy


def options_adopt(parser: argparse.ArgumentParser) -> None:
    """Declare what `adopt` takes."""
    parser.usage = (
        "protoddfctl adopt NAME --path DIR\n       protoddfctl adopt NAME [--cwd DIR] -- COMMAND ..."
    )
    parser.add_argument("name", metavar="NAME", help="lower case letters, digits and underscores")
    parser.add_argument("--path", metavar="DIR", help="the folder of a Reflex app")
    parser.add_argument("--cwd", metavar="DIR", help="where the command runs (the folder that you are in)")
    parser.add_argument("--ports", type=int, choices=[0, 1, 2], help="how many ports it gets (2)")
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME=VALUE", help="a variable of its environment"
    )
    parser.add_argument("--title", metavar="TEXT", help="what it is called")
    parser.add_argument(
        "--restart", choices=get_args(RestartPolicy), help="when it is started again by itself (always)"
    )
    parser.add_argument("--no-start", action="store_true", help="take it on and do not start it")
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="how long to wait until it answers (30)"
    )
    # Of all ways to declare it this is the one that takes what follows `--`, wherever the options stand.
    words = parser.add_argument("words", nargs=argparse.PARSER, metavar="-- COMMAND ...", help="what to run")
    words.required = False
    parser.set_defaults(usage_error=parser.error)


def run_adopt(session: Session, asked: argparse.Namespace) -> int:
    """Adopt a Reflex app or a command, and start it."""
    app = session.call("app.adopt", _params(asked), results.App, wait_s=asked.wait)
    if app is not None:
        session.output.line(state_of(app.name, app.state, app.reason, app.url))
    return 0


def _params(asked: argparse.Namespace) -> dict[str, Any]:
    words = [*(asked.words or ())]
    if words[:1] == ["--"]:
        del words[0]
    if bool(asked.path) == bool(words):
        asked.usage_error("say what to adopt: --path DIR, or a command after --")
    params: dict[str, Any] = {"name": asked.name, "start": not asked.no_start, "wait_s": asked.wait}
    params |= {
        key: value for key in ("ports", "title", "restart") if (value := getattr(asked, key)) is not None
    }
    if asked.env:
        params["env"] = dict(_variable(asked, word) for word in asked.env)
    if asked.path:
        return {**params, "path": str(Path(asked.path).absolute())}
    cwd = Path(asked.cwd or _here()).absolute()
    return {**params, "command": [_program(words[0], cwd), *words[1:]], "cwd": str(cwd)}


def _variable(asked: argparse.Namespace, word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not name or not equals:
        asked.usage_error(f"--env {word}: not NAME=VALUE")
    return name, value


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  the same, without a Path
    except FileNotFoundError:
        raise ClientFault("the folder that you are in is gone", hint="name one with --cwd") from None


def _program(name: str, cwd: Path) -> str:
    """Return the program as this user would run it: the daemon's PATH may be another one."""
    from shutil import which

    if "/" in name:
        return str(cwd / name)
    return which(name) or name
