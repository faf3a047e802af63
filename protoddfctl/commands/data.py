"""The command that moves an app's data to another database."""

import argparse
import os

from protoddfctl.client import ClientFault
from protoddfctl.session import Session
from protoddfd.wire import results

_MOVE_S = 24 * 3_600.0
"""How long the copying may take at most, in seconds."""


def options_data(parser: argparse.ArgumentParser) -> None:
    """Declare what `data` takes."""
    parser.add_argument("action", choices=["move"], help="copy all data, and run the app on the copy")
    parser.add_argument("name", metavar="NAME", help="the app's name")
    parser.add_argument("--to", required=True, metavar="URL", help="the database, or env:VARIABLE")
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="until the app answers again (30)"
    )


def run_data(session: Session, asked: argparse.Namespace) -> int:
    """Move an app's data to another database."""
    params = {"name": asked.name, "to": _address(asked.to), "wait_s": asked.wait}
    moved = session.call("app.data_move", params, results.DataMoved, wait_s=_MOVE_S)
    if moved is not None:
        rows, tables = sum(moved.rows.values()), len(moved.rows)
        among = "1 table" if tables == 1 else f"{tables} tables"
        session.output.line(
            f"{moved.app.name}: {rows:,} rows of {among} moved in {moved.seconds:.1f} s; "
            f"it is {moved.app.state}"
        )
        for each in moved.left:
            session.output.line(f"left in the old database, since the spec does not know it: {each}")
    return 0


def _address(word: str) -> str:
    if not word.startswith("env:"):
        return word
    name = word.removeprefix("env:")
    if name not in os.environ:
        raise ClientFault(f"there is no environment variable {name}", hint=f"export {name}=postgresql://...")
    return os.environ[name]
