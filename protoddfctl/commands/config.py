"""Commands about the daemon's configuration: show it, check it, have it read again."""

import argparse
import subprocess
import sys
from pathlib import Path

import msgspec

from protoddfctl import home
from protoddfctl.client import ClientFault, NoDaemon, decode
from protoddfctl.session import Session
from protoddfctl.table import Cell, Column
from protoddfd.spec import Problem
from protoddfd.wire import results

_CHECK_S = 60.0


def options_config(parser: argparse.ArgumentParser) -> None:
    """Declare what `config` takes."""
    parser.add_argument(
        "action", nargs="?", choices=["show", "check"], default="show", help="which of both (show)"
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="check this file instead")
    parser.set_defaults(usage_error=parser.error)


def run_config(session: Session, asked: argparse.Namespace) -> int:
    """Show every setting, or list the faults of the configuration."""
    if asked.action == "check":
        return _check(session, asked.file)
    if asked.file is not None:
        asked.usage_error("show takes no file")
    found = session.call("config.show", None, results.ConfigView)
    if found is not None:
        columns = [Column("SETTING"), Column("VALUE"), Column("FROM"), Column("CHANGES BY")]
        session.output.table(columns, [_row(setting) for setting in found.settings])
    return 0


def _row(setting: results.SettingValue) -> list[Cell]:
    is_default = setting.source == "default"
    value = setting.value if isinstance(setting.value, str) else msgspec.json.encode(setting.value).decode()
    return [
        Cell(setting.key, "" if is_default else "bold"),
        Cell(value or "(empty)", "" if value else "dim"),
        Cell(setting.source, "dim" if is_default else ""),
        Cell("reload" if setting.reloads else "restart"),
    ]


def _check(session: Session, file: str | None) -> int:
    """List the faults of a file, or of all that a daemon reads; ask the daemon, or find out without one."""
    text = None if file is None else _read(file)
    try:
        raw = session.client.call_raw("config.check", {} if text is None else {"text": text})
    except NoDaemon:
        raw = _check_here(text)
    problems = decode(raw, results.ConfigProblems).problems
    if session.json:
        session.output.json(raw)
    elif problems:
        session.output.problems(problems)
    else:
        session.output.line(f"{file or 'the configuration'} has no faults")
    return 1 if problems else 0


def problems_of(session: Session) -> tuple[Problem, ...]:
    """Return what is wrong with all that the daemon would read now."""
    raw = session.client.call_raw("config.check", {}, timeout_s=_CHECK_S)
    return decode(raw, results.ConfigProblems).problems


def problems_here() -> tuple[Problem, ...]:
    """Return what is wrong with all that a daemon of this user's home would read, without one."""
    return decode(_check_here(None), results.ConfigProblems).problems


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise ClientFault(f"cannot read {file}: {error.strerror}", hint=f"ls -l {file}") from None
    except UnicodeDecodeError:
        raise ClientFault(f"{file} is not UTF-8 text", hint="save it as UTF-8") from None


def _check_here(text: str | None) -> bytes:
    """Return what a daemon of this user's home would answer, from a process that is none."""
    words = [sys.executable, "-m", "protoddfd.settings", home.home(), *([] if text is None else ["-"])]
    ran = subprocess.run(  # noqa: S603  our own program
        words, input=(text or "").encode(), stdout=subprocess.PIPE, timeout=_CHECK_S, check=False
    )
    return ran.stdout


def options_reload(parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run_reload(session: Session, asked: argparse.Namespace) -> int:
    """Have the daemon read its configuration again."""
    done = session.call("daemon.reload", None, results.Reloaded)
    if done is not None:
        session.output.line(f"changed: {', '.join(done.changed) or 'nothing'}")
        if done.needs_restart:
            session.output.line(f"waiting for a restart of the daemon: {', '.join(done.needs_restart)}")
    return 0
