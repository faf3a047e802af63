"""The command that tells how the daemon is, once or as a view that lives."""

import argparse

from protoddfctl.session import Session
from protoddfctl.show import duration, size
from protoddfd.wire import results


def options_status(parser: argparse.ArgumentParser) -> None:
    """Declare what `status` takes."""
    parser.add_argument("-w", "--watch", action="store_true", help="go on, and show every change at once")


def run_status(session: Session, asked: argparse.Namespace) -> int:
    """Tell how the daemon is."""
    if asked.watch:
        from protoddfctl.watching import watch

        return watch(session)
    status = session.call("daemon.status", None, results.DaemonStatus)
    if status is None:
        return 0
    apps = ", ".join(f"{count} {state}" for state, count in sorted(status.apps.items()))
    session.output.pairs([
        ("protoddfd", f"{status.version}, process {status.pid}, Python {status.python}"),
        ("up for", duration(status.uptime_s)),
        ("apps", apps or "none"),
        ("memory", size(status.memory.rss_bytes)),
        ("zygote", _helper(status.zygote)),
        ("logger", _helper(status.logger)),
        ("home", status.home),
        ("socket", status.socket),
    ])  # fmt: skip
    for reason in status.degraded:
        session.output.line(
            f"{session.output.paint('degraded', 'yellow')}  {session.output.paint(reason, '')}"
        )
    if status.degraded:
        session.output.line("protoddfctl doctor tells what helps")
    return 0


def _helper(helper: results.Helper) -> str:
    facts = [
        helper.state,
        *([f"process {helper.pid}"] if helper.pid is not None else []),
        *([size(helper.pss_bytes)] if helper.pss_bytes is not None else []),
        *([helper.detail] if helper.detail else []),
    ]
    return ", ".join(facts)
