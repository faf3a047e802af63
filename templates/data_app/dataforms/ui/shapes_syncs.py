"""What the browser gets of syncs: flat, ready-made texts."""

from typing import TypedDict


class SyncFault(TypedDict):
    """A row that was refused."""

    where: str
    column: str
    text: str
    reason: str
    key: str


class SyncColumn(TypedDict):
    """A column of the source, and the field that it goes into."""

    column: str
    field: str


class SyncRun(TypedDict):
    """One run that has ended, or goes on."""

    key: str
    moment: str
    """When it began, as `local` takes it."""
    text: str
    """The same for browsers without scripts."""
    state: str
    look: str
    counts: str
    message: str


class SyncRow(TypedDict):
    """One sync, how it stands, and how its last run went."""

    name: str
    title: str
    place: str
    into: str
    href: str
    every: str
    unset: str
    """What is not set that it needs; empty as a rule."""
    command: str
    """The command that sets it."""
    problem: str
    """Why it could not be begun."""
    runs_now: bool
    phase: str
    done: str
    """Per cent; empty where nobody knows."""
    shown: bool
    """Is there a run to tell of?"""
    dry: bool
    last: SyncRun
    added: str
    changed: str
    unchanged: str
    skipped: str
    refused: str
    missing: str
    faults: list[SyncFault]
    notes: list[str]
    columns: list[SyncColumn]
    history: list[SyncRun]
