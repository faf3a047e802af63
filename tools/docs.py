"""Writes the reference pages that are made from the code: `python -m tools.docs`; `--check` only compares."""
# ruff: noqa: E501  # paragraphs of the pages stand here as they are written

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dataforms import jsonschema
from dataforms.meaning import SPECIAL, TOTALS
from dataforms.operations import OPERATIONS, WORDS
from protoddfctl.commands import COMMANDS, Command
from protoddfctl.commands.pages import PAGES
from protoddfctl.parsers import parser_of
from protoddfd.errors import family
from protoddfd.rpc.discover import document
from protoddfd.wire.envelope import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    REQUEST_LIMIT_BYTES,
)
from protoddfd.wire.events import KINDS
from protoddfd.wire.methods import METHODS, Method
from tools import lifecycle_diagram

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"

_NOTE = "<!-- Made by `python -m tools.docs`; edit the code that it is made from. -->"

_BAR = "\\|"

_PROTOCOL_ERRORS = (
    (PARSE_ERROR, "rpc.parse_error", "The line is not JSON."),
    (INVALID_REQUEST, "rpc.invalid_request", "The line is JSON, and not a request."),
    (METHOD_NOT_FOUND, "rpc.method_not_found", "There is no such method; the hint says what was probably meant."),
    (INVALID_PARAMS, "rpc.invalid_params", "The method does not take these parameters; `problems` has the path."),
    (INTERNAL_ERROR, "rpc.internal_error", "A fault of the daemon, which its log explains."),
)  # fmt: skip


def pages() -> dict[str, str]:
    """Return every page's text by its file name."""
    return {
        "rpc.md": "\n".join(_rpc()) + "\n",
        "cli.md": "\n".join(_cli()) + "\n",
        "lifecycle.md": f"{_NOTE}\n\n{lifecycle_diagram.document()}",
        "expressions.md": "\n".join(_expressions()) + "\n",
        "appspec.schema.json": json.dumps(jsonschema.schema(), indent=2) + "\n",
    }


def _expressions() -> Iterator[str]:
    yield "# Expressions"
    yield ""
    yield _NOTE
    yield ""
    yield "What stands in a computed field's `expression`, in `visible_when`, `required_when`, `read_only_when`, in `choices_when` and in rules of kind `check`. The database computes them, and what a form shows while it is filled in too, so an expression means the same everywhere."
    yield ""
    yield "A field is read by its name, one of a related record by its path: `customer.city`. Texts stand in `\"` or `'`, one of these inside is written twice. `true`, `false` and `empty` are values; `today`, `now`, `id` and `me` are known everywhere; `me` is empty where nobody logs in."
    yield ""
    yield "Arithmetic and comparisons with something empty are empty, but `==` and `!=`, for which empty equals empty. A condition that is empty does not hold; a check that is empty is not broken."
    yield ""
    yield "| written | takes | gives |"
    yield "| --- | --- | --- |"
    for row in OPERATIONS:
        taken = ", ".join(WORDS[kind] for kind in row.takes)
        yield f"| {_written(row.written, len(row.takes))} | {taken} | {WORDS[row.gives]} |"
    for name in TOTALS:
        what = "items, done" if name == "count" else "items.price"
        yield f"| `{name}({what})` | records, what of each | one value of all |"
    for name, kind in SPECIAL.items():
        yield f"| `{name}` | | {WORDS[kind]} |"
    yield '| `a in ["x", "y"]`, `a not in [...]` | a value, a list of texts or numbers | yes or no |'
    yield ""
    yield "A whole number can stand for a number, a number for an amount, a date for its midnight. Amounts in two currencies cannot be put together."


def _written(name: str, count: int) -> str:
    letters = "abc"[:count]
    if name == "not":
        return "`not a`"
    if name == "negative":
        return "`-a`"
    if count == 2 and (name in ("and", "or", "in") or not name.isalpha()):
        return f"`a {name} b`"
    return f"`{name}({', '.join(letters)})`"


def stale(folder: Path = REFERENCE) -> list[str]:
    """Return the names of the pages in `folder` that are missing or differ from what the code says."""
    return [name for name, text in pages().items() if not _is(folder / name, text)]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages, or check them; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    asked = parser.parse_args(argv)
    old = stale()
    if asked.check:
        if old:
            sys.stderr.write(f"stale: {', '.join(old)}; run python -m tools.docs\n")
        return 1 if old else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name in old:
        (REFERENCE / name).write_text(pages()[name], encoding="utf-8")
        sys.stdout.write(f"written: {REFERENCE / name}\n")
    return 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


# The interface


def _rpc() -> Iterator[str]:
    described: Any = msgspec.to_builtins(document(METHODS.values(), version="-"))
    schemas = described["components"]["schemas"]
    yield from (
        "# The local interface", "", _NOTE, "",
        "JSON-RPC 2.0 over a unix stream socket, one JSON value per line in UTF-8. A request has at most "
        f"{REQUEST_LIMIT_BYTES // 1024} KiB; answers may be longer. Parameters go by name or by position, in the order "
        "shown. A batch is carried out in order and answered together. `rpc.discover` returns all of this as an OpenRPC "
        "document.",
        "",
        "The role is the least that a caller needs; root and the daemon's own user have every role, the groups of the "
        "others are settings.",
        "", "## Methods", "", "| method | role | REST | what it does |", "| --- | --- | --- | --- |",
    )  # fmt: skip
    for method in METHODS.values():
        link = f"[`{method.name}`](#{_anchor(method.name)})"
        yield f"| {link} | {method.role.name.lower()} | `{method.rest}` | {method.summary} |"
    for method, row in zip(METHODS.values(), described["methods"], strict=True):
        yield from _method(method, row)
    yield from _structs(schemas)
    yield from _errors()
    yield from ("", "## Events", "", "After `events.subscribe` each change arrives as a notification `event`, whose "
                "parameters are an `Event`:", "", ", ".join(f"`{kind}`" for kind in KINDS) + ".", "",
                "`app.logs` with `follow` sends notifications `log`, whose parameters are a `LogRecord`.")  # fmt: skip


def _method(method: Method, row: Any) -> Iterator[str]:
    yield from ("", f"### {method.name}", "", method.summary)
    if method.params.__doc__ and row["params"]:
        yield from ("", method.params.__doc__)
    yield ""
    if row["params"]:
        yield from ("| parameter | type | default |", "| --- | --- | --- |")
    for param in row["params"]:
        schema = param["schema"]
        default = "required" if param["required"] else f"`{_json(schema.get('default'))}`"
        yield f"| `{param['name']}` | {_type(schema)} | {default} |"
    if row["params"]:
        yield ""
    result = row["result"]["schema"]
    yield f"Answers {' or '.join(_type(each) for each in result.get('oneOf', [result]))}."


def _structs(schemas: dict[str, Any]) -> Iterator[str]:
    yield from (
        "",
        "## Structures",
        "",
        "Results may get more fields; readers ignore those they do not know.",
    )
    asked = {method.params.__name__ for method in METHODS.values()}
    for name in sorted(set(schemas) - asked):
        schema = schemas[name]
        yield from ("", f"### {name}", "")
        if schema.get("description"):
            yield from (schema["description"], "")
        yield from ("| field | type |", "| --- | --- |")
        for field, value in schema.get("properties", {}).items():
            yield f"| `{field}` | {_type(value)} |"


def _errors() -> Iterator[str]:
    yield from (
        "", "## Errors", "",
        "`data` of an error is `{kind, hint, problems}`: the kind is for programs, the hint names what helps.",
        "", "| code | kind | meaning |", "| --- | --- | --- |",
    )  # fmt: skip
    for code, kind, meaning in _PROTOCOL_ERRORS:
        yield f"| {code} | `{kind}` | {meaning} |"
    for code, error in sorted(family().items()):
        yield f"| {code} | `{error.kind}` | {(error.__doc__ or '').splitlines()[0]} |"


def _type(schema: Any) -> str:
    """Return a JSON Schema as a person writes a type."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[`{name}`](#{_anchor(name)})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{_json(value)}`" for value in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
        return f"list of {_type(items)}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return str(schema.get("type", "any"))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _anchor(heading: str) -> str:
    return heading.lower().replace(".", "").replace(" ", "-")


# The command line


def _cli() -> Iterator[str]:
    yield from (
        "# The command line", "", _NOTE, "",
        "`protoddfctl [--socket PATH] [--json] COMMAND ...`", "",
        "`--json` writes results as JSON, for streams one value per line, and errors as JSON on standard error. "
        "`--socket` names the daemon's socket; without it `PROTODDF_SOCKET`, `PROTODDF_HOME`, the checkout that the "
        "command runs from, `/run/protoddf/protoddfd.sock` and `~/.local/share/proto-ddf` decide, in this order.", "",
        "Exit status: 0 done, 1 refused (the reason and a hint are on standard error), 2 wrong usage, 3 no daemon. "
        "Colours and cut columns are for terminals alone; `NO_COLOR` switches colours off, and `FORCE_COLOR=1` has them in a "
        "pipe too. `protoddfctl completion` makes bash, zsh or fish complete commands, options and names; "
        "`man -M docs/man protoddfctl` has all of this as manual pages.", "",
        "| command | what it does |", "| --- | --- |",
    )  # fmt: skip
    for command in COMMANDS.values():
        yield f"| [`{command.name}`](#{command.name}) | {command.summary} |"
    for command in COMMANDS.values():
        yield from _command(command)


def _command(command: Command) -> Iterator[str]:
    parser = parser_of(command)
    actions = [action for action in parser._actions if action.dest not in ("help", "socket", "json")]
    words = [_usage(action) for action in actions]
    yield from ("", f"## {command.name}", "", command.summary, "")
    yield f"`{' '.join(('protoddfctl', command.name, *words))}`"
    if actions:
        yield from ("", "| argument | meaning |", "| --- | --- |")
    for action in actions:
        yield f"| {_names(action).replace('|', _BAR)} | {action.help} |"
    page = PAGES[command.name]
    if page.text:
        yield from ("", page.text)
    yield from ("", "```console")
    for example in page.examples:
        yield f"$ protoddfctl {example.words}   # {example.does}"
    yield from ("```", "")
    if page.see:
        yield from (f"See also {', '.join(f'[`{name}`](#{name})' for name in page.see)}.", "")
    yield f"Calls {', '.join(f'[`{name}`](rpc.md#{_anchor(name)})' for name in command.methods)}."


def _usage(action: argparse.Action) -> str:
    name = _value(action)
    if action.option_strings:
        option = action.option_strings[-1]
        return f"[{option}]" if action.nargs == 0 else f"[{option} {name}]"
    return {"?": f"[{name}]", "*": f"[{name} ...]", "+": f"{name} ..."}.get(str(action.nargs), name)


def _names(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{_value(action)}`"
    value = "" if action.nargs == 0 else f" {_value(action)}"
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "|".join(str(choice) for choice in action.choices)
    return action.dest.upper()


if __name__ == "__main__":
    sys.exit(main())
