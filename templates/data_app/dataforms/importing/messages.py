"""What an app and the process that reads a file for it say to one another, as JSON lines."""

from typing import Literal

import msgspec

from dataforms.access import Access
from dataforms.importing.plan import Plan, Report
from dataforms.words import Language


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with a file: look into it, try the import, or carry it out."""

    do: Literal["look", "rehearse", "carry_out"]
    path: str
    name: str
    """What the file's owner calls it."""
    entity: str
    url: str
    """The database's."""
    access: Access
    sheet: str | None = None
    plan: Plan | None = None
    faulty: str | None = None
    """Where to write the rows that are left out, as CSV."""
    language: Language = "en"
    """What to say what is wrong in."""


class Looked(msgspec.Struct, frozen=True, kw_only=True, tag="looked"):
    """What a file holds: its first rows as texts, and what its columns could go into."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    plan: Plan
    notes: tuple[str, ...]
    sheets: tuple[str, ...]


class Progressed(msgspec.Struct, frozen=True, kw_only=True, tag="progressed"):
    """How far it is, 0 to 1, and how many rows that were."""

    done: float
    rows: int


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag="finished"):
    """What it came to."""

    report: Report


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """Why nothing was done, and what helps."""

    message: str
    hint: str = ""


Message = Looked | Progressed | Finished | Refused
