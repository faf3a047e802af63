"""The command that changes an app's spec, to another one or by words: shows the plan, asks, does it."""

import argparse
import sys
from typing import Any

import msgspec

from protoddfctl.client import decode
from protoddfctl.commands.create import described, read_spec
from protoddfctl.session import Session
from protoddfctl.upload import sources_of
from protoddfd.wire import results
from protoddfd.wire.update import UpdatePlan

_PLAN_S = 900.0
_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def options_update(parser: argparse.ArgumentParser) -> None:
    """Declare what `update` takes."""
    parser.add_argument("name", metavar="NAME", help="the app's name")
    parser.add_argument("file", metavar="SPEC", nargs="?", help="the new AppSpec, as JSON")
    parser.add_argument("--describe", metavar="TEXT", help="or what is to be different, in words")
    parser.add_argument(
        "--from", dest="files", action="extend", nargs="+", default=[], metavar="FILE",
        help="data that the app is to fit: says how to get there",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only show what it would do")
    parser.add_argument(
        "--rename", action="append", default=[], type=_rename, metavar="OLD=NEW",
        help="what is called otherwise now: Loan.due=due_on, or Member=Reader",
    )  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="agree to what is lost, and do not ask")
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="how long to wait until it answers (30)"
    )
    parser.set_defaults(usage_error=parser.error)


def _rename(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old and equals and new):
        raise argparse.ArgumentTypeError(f"{text!r} is not OLD=NEW")
    return old, new


def run_update(session: Session, asked: argparse.Namespace) -> int:
    """Show the plan and carry it out; the exit status is 1 when it is not possible or not agreed to."""
    if asked.files:
        wish = {"app": asked.name, "sources": sources_of(session.client, asked.files)}
        session.client.call_raw("spec.propose", wish, timeout_s=_PLAN_S)  # refuses, and says what to do
    if (asked.file is None) == (asked.describe is None):
        asked.usage_error("say what to change: SPEC, or --describe TEXT")
    params = _by_words(session, asked) if asked.file is None else _by_spec(asked)
    raw = session.client.call_raw("app.update", {**params, "dry_run": True}, timeout_s=_PLAN_S)
    plan = decode(raw, results.Updated).plan
    if not session.json:
        _show(session, plan)
    is_over = asked.dry_run or not plan.name
    if not is_over and not plan.obstacles and (asked.yes or _agrees(session, plan)):
        applied = {**params, "expect": plan.hash, "confirm_lossy": bool(plan.losses), "wait_s": asked.wait}
        _tell(session, session.call("app.update", applied, results.Updated, wait_s=_PLAN_S + asked.wait))
        return 0
    if session.json:
        session.output.json(raw)
    elif not is_over and not plan.obstacles:
        session.output.line("nothing was changed; to agree, say --yes")
    return 0 if is_over else 1


def _by_spec(asked: argparse.Namespace) -> dict[str, Any]:
    return {"name": asked.name, "spec": read_spec(asked.file), "renames": dict(asked.rename)}


def _by_words(session: Session, asked: argparse.Namespace) -> dict[str, Any]:
    """Return what is made of a description, told first; for a program, on standard error."""
    wish = {"app": asked.name, "description": described(asked.describe)}
    raw = session.client.call_raw("spec.propose", wish, timeout_s=_PLAN_S)
    found = decode(raw, results.Proposal)
    for note in found.notes:
        line = f"- {session.output.paint(note, '')}"
        if session.json:
            sys.stderr.write(f"{line}\n")
        else:
            session.output.line(line)
    spec = msgspec.Raw(msgspec.json.encode(found.spec))
    return {"name": asked.name, "spec": spec, "renames": {**found.renames, **dict(asked.rename)}}


def _tell(session: Session, done: results.Updated | None) -> None:
    if done is not None:
        app = done.app
        session.output.line(f"{app.name} is {app.state}, at revision {app.spec_revision} of its spec")


def _agrees(session: Session, plan: UpdatePlan) -> bool:
    """Tell whether nothing is in question, or the person at the terminal agrees."""
    if not plan.losses and not plan.questions:
        return True
    if session.json or not (session.output.is_terminal and sys.stdin.isatty()):
        return False
    sys.stdout.write("Do it all the same? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _show(session: Session, plan: UpdatePlan) -> None:
    output = session.output
    if not plan.name:
        output.line("nothing is different")
        return
    output.line(output.paint(plan.name, "bold"))
    for each in plan.changes:
        output.line(output.paint(f"  {each.mark} {each.about} {each.change}", _COLOURS[each.mark]))
    for question in plan.questions:
        names = " or ".join(question.candidates)
        answer = f"--rename {question.name}={question.candidates[0]}"
        output.line(output.paint(f"is {question.name} called {names} now? then add {answer}", "cyan"))
    for loss in plan.losses:
        output.line(output.paint(f"lost: {loss.message}", "red"))
        for example in loss.examples:
            output.line(output.paint(f"      {example}", "dim"))
    for obstacle in plan.obstacles:
        output.line(output.paint(f"not possible: {obstacle.message} {obstacle.hint}", "red"))
