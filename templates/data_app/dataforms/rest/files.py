"""Files over REST: `POST /{table}/import` reads one into the table, as the app's own page does."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from dataforms.database import Database
from dataforms.import_routes import file_of, receive, tidy
from dataforms.importing import messages
from dataforms.importing.mapping import fields_for
from dataforms.importing.plan import ID, Column, Plan, Report
from dataforms.importing.runs import messages as run
from dataforms.jsonform import JsonSchema
from dataforms.origin import read_only
from dataforms.rest.problems import Fault, Refused
from dataforms.rest.records import Answer
from dataforms.spec import Entity, table_name
from dataforms.words import spoken
from dataforms.writing import not_allowed

MEDIA_TYPES = {
    "text/csv": ".csv",
    "application/json": ".json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
_NO_KEY = "-"
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "existing": ("update", "skip", "refuse"),
    "new": ("insert", "skip", "refuse"),
    "blank": ("keep", "clear"),
    "dry_run": ("false", "true"),
}
_TOLD = {
    "key": "The field in which a row and a record are the same, `id`, or `-` for none; guessed without it.",
    "map": "A column and the field that it goes into, `Column=field`; nothing behind `=` leaves it out.",
    "sheet": "The sheet of a workbook; the first with rows without it.",
    "existing": "What becomes of a row whose record is there.",
    "new": "What becomes of a row whose record is not there.",
    "blank": "What an empty cell does to the value of a record that is there.",
    "dry_run": "With `true`, tell what would be done, and do nothing.",
}


def parameters(entity: Entity) -> list[dict[str, Any]]:
    """Return the parameters as OpenAPI describes them."""
    schemas: dict[str, JsonSchema] = {
        "key": {"type": "string", "enum": _keys(entity)},
        "map": {"type": "array", "items": {"type": "string", "pattern": "="}},
        "sheet": {"type": "string"},
        **{name: {"type": "string", "enum": list(those)} for name, those in _CHOICES.items()},
    }
    return [
        {"name": name, "in": "query", "description": _TOLD[name], "schema": schema}
        for name, schema in schemas.items()
    ]


def report_schema() -> JsonSchema:
    """Return the schema of what an import came to."""
    text, many = {"type": "string"}, {"type": "integer", "minimum": 0}
    counts = ("rows", "inserted", "updated", "unchanged", "skipped", "faulty")
    fault = {
        "type": "object",
        "properties": {"row": many, "detail": text, "column": text, "text": text},
        "required": ["row", "detail"],
    }
    properties = {
        **dict.fromkeys(counts, many),
        "faults": {"type": "array", "items": fault, "description": "The first of the rows left out."},
        "notes": {"type": "array", "items": text},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


async def imported(request: Request, database: Database, entity: Entity) -> Answer:
    """Import what a request brings, or try it; raise Refused, NotAllowed."""
    if not (database.may("create", entity.name) or database.may("update", entity.name)):
        raise read_only() if database.is_over else not_allowed("create", entity)
    given = _given(entity, request.query_params.multi_items())
    name = f"{table_name(entity.name)}{_ending(request)}"
    path = file_of(secrets.token_urlsafe(24))
    await run_in_threadpool(tidy)
    try:
        try:
            await receive(request, path)
        except ValueError as error:
            raise Refused(413, "body-too-large", str(error)) from error
        except ClientDisconnect as error:
            raise Refused(400, "body-cut", "The file did not arrive whole.") from error
        except OSError as error:
            raise Refused(507, "no-room", f"The file cannot be kept: {error.strerror or error}.") from error
        asked = messages.Request(
            do="look", path=str(path), name=name, entity=entity.name, url=database.url,
            access=database.access, sheet=given.get("sheet"), language=spoken(),
        )  # fmt: skip
        looked = await _last(asked)
        if not isinstance(looked, messages.Looked):
            raise Refused(500, "failed", "The app failed to answer; its log says why.")
        plan = _plan(looked.plan, given)
        do = "rehearse" if given.get("dry_run") == "true" else "carry_out"
        done = await _last(replace(asked, do=do, plan=plan))
        if not isinstance(done, messages.Finished):
            raise Refused(500, "failed", "The app failed to answer; its log says why.")
        return Answer(body=_written(done.report, looked.notes))
    finally:
        path.unlink(missing_ok=True)


async def _last(asked: messages.Request) -> messages.Message:
    """Return the last thing that the process says; raise Refused."""
    said: messages.Message = messages.Refused(message="Nothing came of it.")
    async for message in run(asked):
        said = message
    if isinstance(said, messages.Refused):
        raise Refused(422, "import-refused", said.message, hint=said.hint)
    return said


def _keys(entity: Entity) -> list[str]:
    return [*(field.name for field in fields_for(entity)), ID, _NO_KEY]


def _ending(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in MEDIA_TYPES:
        known = ", ".join(MEDIA_TYPES)
        raise Refused(
            415,
            "media-type",
            f"The body must be a file that can be read, and is said to be {kind or 'nothing'}.",
            hint=f"Send the header Content-Type with one of {known}.",
            headers={"Accept": known},
        )
    return MEDIA_TYPES[kind]


def _given(entity: Entity, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the parameters by name, those of `map` as a list; raise Refused."""
    choices = {**_CHOICES, "key": tuple(_keys(entity))}
    values: dict[str, Any] = {"map": [text for name, text in pairs if name == "map"]}
    faults = [
        Fault(parameter="map", detail="Must be like Column=field.")
        for text in values["map"]
        if "=" not in text
    ]
    for name, text in pairs:
        if name not in _TOLD:
            faults.append(Fault(parameter=name, detail=f"There are only {', '.join(_TOLD)}."))
        elif name != "map" and name in values:
            faults.append(Fault(parameter=name, detail="Is given twice."))
        elif name in choices and text not in choices[name]:
            faults.append(Fault(parameter=name, detail=f"Must be one of {', '.join(choices[name])}."))
        elif name != "map":
            values[name] = text
    if faults:
        raise Refused(400, "parameters-invalid", "The file cannot be imported like that.", errors=faults)
    return values


def _plan(guessed: Plan, given: Mapping[str, Any]) -> Plan:
    """Return the plan with what was asked for in place of what was guessed; raise Refused."""
    columns = list(guessed.columns)
    for pair in given["map"]:
        header, _, field = pair.rpartition("=")
        places = [place for place, column in enumerate(columns) if column.header == header]
        if not places:
            known = ", ".join(column.header for column in columns)
            fault = Fault(parameter="map", detail=f"The file has no column {header!r}, only {known}.")
            raise Refused(422, "import-refused", "The file cannot be imported like that.", errors=[fault])
        for place in places:
            was = columns[place]
            columns[place] = was if was.field == field else Column(header=header, field=field or None)
    key = given.get("key", guessed.key if any(each.field == guessed.key for each in columns) else None)
    changed = replace(guessed, columns=tuple(columns), key=None if key == _NO_KEY else key)
    chosen = {"matched": given.get("existing"), "unmatched": given.get("new"), "blank": given.get("blank")}
    return replace(changed, **{name: choice for name, choice in chosen.items() if choice is not None})


def _written(report: Report, notes: Sequence[str]) -> dict[str, Any]:
    counts: dict[str, Any] = msgspec.to_builtins(report)
    faults = [
        {"row": fault.number, "detail": fault.reason, "column": fault.column, "text": fault.text}
        for fault in report.examples
    ]
    told = {name: many for name, many in counts.items() if name not in ("examples", "notes")}
    return {**told, "faults": faults, "notes": list(dict.fromkeys((*notes, *report.notes)))}
