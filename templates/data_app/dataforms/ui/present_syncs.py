"""From syncs and their runs to what the browser gets. Pure: no Reflex, no database."""

from datetime import UTC, datetime

from dataforms.spec import AppSpec, Entity, table_name
from dataforms.syncing.asked import Standing
from dataforms.syncing.places import how_to_set
from dataforms.syncing.runs import RowFault, Run
from dataforms.ui.shapes_syncs import SyncColumn, SyncFault, SyncRow, SyncRun
from dataforms.words import number, phrase, say

HISTORY = 10
_STATES = {
    "running": (phrase("Running"), "tone-0"),
    "done": (phrase("Done"), "tone-1"),
    "unchanged": (phrase("Not changed"), "tone-7"),
    "failed": (phrase("Failed"), "tone-4"),
    "cancelled": (phrase("Cancelled"), "tone-2"),
    "broken": (phrase("Broken off"), "tone-4"),
}
NO_RUN: SyncRun = {
    "key": "", "moment": "", "text": "", "state": "", "look": "", "counts": "", "message": "",
}  # fmt: skip


def row(spec: AppSpec, found: Standing, problem: str) -> SyncRow:
    """Return what is shown of a sync; `problem` is why it could not be begun."""
    sync, progress = found.sync, found.progress
    entity = spec.entity(sync.into)
    last = next((run for run in found.runs if run.state != "running"), None)
    unset = found.unset[0] if found.unset else ""
    return {
        "name": sync.name,
        "title": sync.title,
        "place": found.place,
        "into": entity.plural or entity.title,
        "href": f"/t/{table_name(entity.name)}",
        "every": say("every {time}", time=sync.every) if sync.every else say("when asked"),
        "unset": unset,
        "command": how_to_set(spec.name, sync, unset) if unset else "",
        "problem": problem,
        "runs_now": progress is not None,
        "phase": _phase(found),
        "done": str(round(progress.done * 100)) if progress is not None and progress.done else "",
        "shown": last is not None,
        "dry": last is not None and last.is_dry,
        "last": NO_RUN if last is None else _run(last),
        "added": _count(last, "added"),
        "changed": _count(last, "changed"),
        "unchanged": _count(last, "unchanged"),
        "skipped": _count(last, "skipped"),
        "refused": _count(last, "refused"),
        "missing": _count(last, "missing"),
        "faults": [] if last is None else [_fault(each, place) for place, each in enumerate(last.faults)],
        "notes": [] if last is None else list(last.notes),
        "columns": [_column(entity, column, goal) for column, goal in sync.mapping.items()],
        "history": [_run(each) for each in found.runs[:HISTORY]],
    }


def _phase(found: Standing) -> str:
    if found.progress is None:
        return ""
    if found.progress.phase == "reading":
        return say("Reading the source…")
    return say("{rows} rows stored", rows=number(found.progress.rows))


def _count(run: Run | None, name: str) -> str:
    return "" if run is None or run.state != "done" else number(getattr(run, name))


def _run(run: Run) -> SyncRun:
    state, look = _STATES[run.state]
    moment = datetime.fromtimestamp(run.began, UTC).isoformat(" ", "minutes")[:16]
    counts = say(
        "{rows} rows: {added} added, {changed} changed, {refused} refused",
        rows=number(run.rows), added=number(run.added), changed=number(run.changed),
        refused=number(run.refused),
    )  # fmt: skip
    return {
        "key": str(run.id),
        "moment": f"datetime {moment.replace(' ', 'T')}",
        "text": moment,
        "state": say("Tried") if run.is_dry and run.state == "done" else say(state),
        "look": look,
        "counts": counts if run.state == "done" else "",
        "message": f"{run.message} {run.hint}".strip(),
    }


def _fault(fault: RowFault, place: int) -> SyncFault:
    row = str(fault.row) if fault.row else ""
    return {
        "where": f"{fault.file}: {row}" if fault.file else row,
        "column": fault.column,
        "text": fault.text,
        "reason": fault.reason,
        "key": str(place),
    }


def _column(entity: Entity, column: str, goal: str) -> SyncColumn:
    name, _, by = goal.partition(".")
    title = next((field.title for field in entity.fields if field.name == name), name)
    return {"column": column, "field": say("{field}, by {by}", field=title, by=by) if by else title}
