"""Syncs over REST: what there is, a run more, and how a run goes. Imported by apps that have syncs."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from dataforms.database import Database
from dataforms.jsonform import JsonSchema
from dataforms.rest import ROOT
from dataforms.rest.problems import Fault, Refused, pointer
from dataforms.rest.records import Answer
from dataforms.spec_sync import Sync
from dataforms.syncing.allowed import allowed, find
from dataforms.syncing.asked import Standing, run_of, standing
from dataforms.syncing.job import Request
from dataforms.syncing.lock import cancel, progress
from dataforms.syncing.run import Wish
from dataforms.syncing.runs import Run
from dataforms.syncing.starting import start
from dataforms.words import spoken

SHOWN = 20
"""Runs that a sync has in its answer, the newest first."""
_WISHES = {"dry_run": "is_dry", "whole": "is_whole"}


def listed(database: Database) -> Answer:
    """Return the syncs that the account may run."""
    found = [standing(database, sync, os.environ, 1) for sync in allowed(database)]
    return Answer(body={"items": [_written(each) for each in found]})


def read(database: Database, name: str) -> Answer:
    """Return a sync with its last runs."""
    return Answer(body=_written(standing(database, _known(database, name), os.environ, SHOWN)))


def run_read(database: Database, name: str, id: int) -> Answer:
    """Return how a run went, or goes."""
    sync = _known(database, name)
    run = run_of(database, sync, id)
    if run is None:
        raise Refused(404, "run-unknown", f"There is no run {id} of {name}.")
    return Answer(body=_run(run))


async def run_begun(database: Database, name: str, sent: Mapping[str, Any]) -> Answer:
    """Begin a run, and return where it tells how it goes."""
    sync = _known(database, name)
    wish = Wish(who=database.access.me or "rest", **_wishes(sent))
    began = await start(Request(name=sync.name, wish=wish, language=spoken()))
    if not began.run:
        raise Refused(409, "sync-not-begun", began.message or "It did not begin.", hint=began.hint)
    place = f"{ROOT}/syncs/{sync.name}/runs/{began.run}"
    return Answer(status=202, headers={"Location": place}, body={"id": began.run, "href": place})


def run_cancelled(database: Database, name: str, id: int) -> Answer:
    """Have a run end that goes on; nothing of it is kept."""
    sync = _known(database, name)
    run, now = run_of(database, sync, id), progress(sync.name)
    is_on = run is not None and run.state == "running" and now is not None and now.run == id
    if not is_on or not cancel(sync.name):
        raise Refused(409, "run-over", f"The run {id} of {name} does not go on.")
    return Answer(status=202, body={"id": id})


def run_schema() -> JsonSchema:
    """Return the schema of a run."""
    many, text = {"type": "integer", "minimum": 0}, {"type": "string"}
    moment = {"type": ["string", "null"], "format": "date-time"}
    counts = ("rows", "added", "changed", "unchanged", "skipped", "refused", "missing")
    fault = {
        "type": "object",
        "properties": {"row": many, **dict.fromkeys(("reason", "column", "text", "file"), text)},
        "required": ["row", "reason"],
    }
    states = ["running", "done", "unchanged", "failed", "cancelled", "broken"]
    properties = {
        "id": {"type": "integer", "format": "int64"},
        "sync": text,
        "state": {"type": "string", "enum": states},
        "is_dry": {"type": "boolean"},
        "began": moment,
        "ended": moment,
        "who": text,
        **dict.fromkeys(counts, many),
        "message": text,
        "hint": text,
        "faults": {"type": "array", "items": fault, "description": "The first rows that were refused."},
        "notes": {"type": "array", "items": text},
        "progress": {"type": "object", "description": "How far it is, while it runs."},
    }
    return {"type": "object", "properties": properties, "required": ["id", "sync", "state", "rows"]}


def sync_schema() -> JsonSchema:
    """Return the schema of a sync."""
    text = {"type": "string"}
    properties = {
        **dict.fromkeys(("name", "title", "into", "place"), text),
        "every": {"type": ["string", "null"]},
        "unset": {"type": "array", "items": text, "description": "Environment variables that are missing."},
        "is_running": {"type": "boolean"},
        "due": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "When the app does it next by itself.",
        },
        "runs": {"type": "array", "items": {"$ref": "#/components/schemas/sync-run"}},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def sent_schema() -> JsonSchema:
    """Return the schema of what begins a run."""
    return {
        "type": "object",
        "properties": {
            "dry_run": {"type": "boolean", "description": "Tell what would change, and change nothing?"},
            "whole": {"type": "boolean", "description": "Read the source though it has not changed?"},
        },
        "additionalProperties": False,
    }


def _known(database: Database, name: str) -> Sync:
    sync = find(database, name)
    if sync is None:
        raise Refused(404, "sync-unknown", f"There is no sync {name!r} here.", hint=f"See {ROOT}/syncs.")
    return sync


def _wishes(sent: Mapping[str, Any]) -> dict[str, bool]:
    faults = [
        Fault(
            pointer=pointer("#", name), detail="Must be true or false." if name in _WISHES else "Is unknown."
        )
        for name, value in sent.items()
        if name not in _WISHES or not isinstance(value, bool)
    ]
    if faults:
        raise Refused(422, "run-invalid", "There are only dry_run and whole.", errors=faults)
    return {_WISHES[name]: value for name, value in sent.items()}


def _written(found: Standing) -> dict[str, Any]:
    return {
        "name": found.sync.name,
        "title": found.sync.title,
        "into": found.sync.into,
        "place": found.place,
        "every": found.sync.every,
        "unset": list(found.unset),
        "is_running": found.progress is not None,
        "due": None if found.due is None else _moment(max(found.due, time.time())),
        "runs": [_run(each) for each in found.runs],
    }


def _run(run: Run) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(run)
    told |= {"began": _moment(run.began), "ended": None if run.ended is None else _moment(run.ended)}
    now = progress(run.sync) if run.state == "running" else None
    if now is not None and now.run == run.id:
        told["progress"] = {"phase": now.phase, "done": now.done, "rows": now.rows}
    return told


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
