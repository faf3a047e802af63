"""The command about templates: which there are, and what one of them makes."""

import argparse

import msgspec

from protoddfctl.client import ClientFault
from protoddfctl.session import Session
from protoddfctl.table import Cell, Column
from protoddfd.wire import results


def options_templates(parser: argparse.ArgumentParser) -> None:
    """Declare what `templates` takes."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show what this one makes")


def run_templates(session: Session, asked: argparse.Namespace) -> int:
    """List the templates, or show what one of them makes."""
    if asked.name is not None:
        return _show(session, asked.name)
    found = session.call("template.list", None, results.Templates)
    if found is not None:
        rows = [[Cell(it.name), Cell(it.title), Cell(it.description)] for it in found.templates]
        session.output.table([Column("NAME"), Column("TITLE"), Column("DESCRIPTION")], rows)
    return 0


def _show(session: Session, name: str) -> int:
    found = session.client.call("template.list", None, type=results.Templates).templates
    template = next((each for each in found if each.name == name), None)
    if template is None:
        names = ", ".join(each.name for each in found)
        raise ClientFault(f"there is no template called {name!r}", hint=f"templates: {names}")
    output = session.output
    if session.json:
        output.json(msgspec.json.encode(template))
        return 0
    output.pairs(
        [
            ("title", template.title),
            ("description", template.description or "-"),
            ("picture", template.picture or "-"),
            ("from", template.source),
            ("make one", _command(template)),
        ]
    )
    if template.entities:
        rows = [[Cell(each.title), Cell(", ".join(each.fields))] for each in template.entities]
        output.table([Column("TABLE"), Column("FIELDS")], rows)
    return 0


def _command(template: results.Template) -> str:
    needs = " --describe TEXT, --from FILE or --spec FILE" if template.takes_spec else ""
    return f"protoddfctl create NAME --template {template.name}{needs}"
