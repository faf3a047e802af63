"""Commands about specs and templates: propose, check, templates."""

import argparse
from pathlib import Path

from protoddfctl.client import ClientFault, decode
from protoddfctl.commands.create import SOURCES_HELP, add_designer, described, read_spec
from protoddfctl.session import Output, Session
from protoddfctl.table import Cell, Column
from protoddfctl.upload import sources_of
from protoddfd.spec import Entity, encode
from protoddfd.wire import results

_PROPOSE_S = 900.0


def options_propose(parser: argparse.ArgumentParser) -> None:
    """Declare what `propose` takes."""
    parser.add_argument("files", nargs="*", metavar="FILE", help=SOURCES_HELP)
    parser.add_argument(
        "--describe", metavar="TEXT", help="what the app keeps, in words; - reads it from input"
    )
    add_designer(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the spec there, to edit and create from"
    )
    parser.set_defaults(usage_error=parser.error)


def run_propose(session: Session, asked: argparse.Namespace) -> int:
    """Show the spec that would be made from data or from a description, or write it to a file."""
    if not asked.files and asked.describe is None:
        asked.usage_error("say what to design from: FILE ..., or --describe TEXT")
    params: dict[str, object] = {"designer": asked.designer}
    if asked.describe is not None:
        params["description"] = described(asked.describe)
    if asked.files:
        params["sources"] = sources_of(session.client, asked.files)
    raw = session.client.call_raw("spec.propose", params, timeout_s=_PROPOSE_S)
    found = decode(raw, results.Proposal)
    if asked.output:
        _save(asked.output, encode(found.spec))
    if session.json:
        session.output.json(raw)
        return 0
    output = session.output
    rows = [[Cell(entity.title), Cell(_fields(entity))] for entity in found.spec.entities]
    output.table([Column("ENTITY"), Column("FIELDS")], rows)
    for note in found.notes:
        output.line(f"- {output.paint(note, '')}")
    output.line(f"confidence {found.confidence:.0%}{_sampled(output, found)}, designer {found.designer}")
    if asked.output:
        output.line(f"{asked.output} is written; next: protoddfctl create NAME --spec {asked.output}")
    return 0


def _sampled(output: Output, found: results.Proposal) -> str:
    """Return what is said where not every value was looked at."""
    titles = [entity.title for entity in found.spec.entities if entity.name in found.sampled]
    return f" (from samples of {output.paint(', '.join(titles), '')})" if titles else ""


def _fields(entity: Entity) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in entity.fields)


def _save(file: str, text: bytes) -> None:
    try:
        Path(file).write_bytes(text)
    except OSError as error:
        raise ClientFault(f"cannot write {file}: {error.strerror}", hint="choose another place") from None


def options_check(parser: argparse.ArgumentParser) -> None:
    """Declare what `check` takes."""
    parser.add_argument("file", metavar="SPEC", help="the AppSpec, as JSON")


def run_check(session: Session, asked: argparse.Namespace) -> int:
    """List a spec's faults; the exit status is 1 when there are any."""
    raw = session.client.call_raw("spec.check", {"spec": read_spec(asked.file)})
    problems = decode(raw, results.Problems).problems
    if session.json:
        session.output.json(raw)
    elif problems:
        session.output.problems(problems)
    else:
        session.output.line(f"{asked.file} has no faults")
    return 1 if problems else 0
