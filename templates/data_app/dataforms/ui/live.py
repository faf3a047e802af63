"""The app that this process runs: its spec and its database, found in the working folder.

Opened on first use, so that a process that is forked before never shares a connection.
"""

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import msgspec

from dataforms.access import EVERYTHING, Access
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.settings import Settings, settings_of
from dataforms.database import Database, Query
from dataforms.files import Files
from dataforms.place import DATABASE_URL, SPEC_FILE
from dataforms.query import PAGE_SIZE, Record
from dataforms.spec import AppSpec, Entity, decode
from dataforms.types import display_field, type_of
from dataforms.ui import present
from dataforms.ui.shapes import Row

RECENT = 3
ACTING = 50
"""For how many accounts it is remembered what they see."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a table as the browser gets it; `page` is the one found, which may be an earlier one."""

    rows: list[Row]
    total: int
    page: int


class Live:
    """A spec and the database of its records, as one account sees them."""

    def __init__(self, database: Database, url: str, files: Files) -> None:
        self.database, self.url, self.files = database, url, files
        self.spec = database.spec

    def rows(self, entity: Entity, search: str, sort: str, page: int, size: int) -> Rows:
        """Return page number `page`, or the last one there is."""
        if not self.database.may("read", entity.name):
            return Rows(rows=[], total=0, page=1)  # there are accounts that may only add records
        query = self.query(search, sort, page, size)
        found = self.database.page(entity.name, query)
        if not found.rows and found.total and page > 1:
            return self.rows(entity, search, sort, -(-found.total // size), size)
        rows = [self._row(entity, record) for record in found.rows]
        return Rows(rows=rows, total=found.total, page=page if found.total else 1)

    def query(self, search: str, sort: str, page: int = 1, size: int = PAGE_SIZE) -> Query:
        """Return the question for what a table shows."""
        return Query(search=search, sort=sort or None, page=page, size=size)

    def recent(self, entity: Entity) -> list[str]:
        """Return the labels of the records that were added last, the newest first."""
        if not self.database.may("read", entity.name):
            return []
        found = self.database.page(entity.name, Query(sort="-id", size=RECENT))
        return [label(entity, record) for record in found.rows]

    def _row(self, entity: Entity, record: Record) -> Row:
        return {
            "id": str(record.id),
            "label": label(entity, record),
            "cells": present.cells(entity, record.id, record.values, record.labels),
        }


def label(entity: Entity, record: Record) -> str:
    """Return what stands for a record in a sentence."""
    field = display_field(entity)
    text = "" if field is None else type_of(field).show(record.values.get(field.name), field)
    return text or f"{entity.title} {record.id}"


def read_spec(folder: Path) -> AppSpec:
    """Return the spec in an app's folder.

    Raises:
        OSError: there is none that can be read.
        msgspec.ValidationError, msgspec.DecodeError: it is not an AppSpec.
    """
    return decode((folder / SPEC_FILE).read_bytes())


class Running(Live):
    """The whole app of a process; `accounts` is None where there is no login."""

    def __init__(self, spec: AppSpec, url: str, settings: Settings) -> None:
        files = Files()
        super().__init__(Database(spec, url, files), url, files)
        if not self.database.is_current():
            from dataforms.migrate.start import catch_up  # once after a change; the memory is better kept

            catch_up(Path.cwd(), spec, url)
        self.database.create()
        self.accounts = Accounts(url, settings) if settings.required else None
        if self.accounts is not None:
            self.accounts.create()
        self._acting: OrderedDict[Access, Live] = OrderedDict()

    def acting(self, access: Access) -> Live:
        """Return the app as an account sees it."""
        if access == EVERYTHING:
            return self
        found = self._acting.pop(access, None)
        if found is None:
            found = Live(self.database.acting(access), self.url, self.files)
        self._acting[access] = found
        if len(self._acting) > ACTING:
            self._acting.popitem(last=False)
        return found

    def close(self) -> None:
        """Close the databases."""
        self.database.close()
        if self.accounts is not None:
            self.accounts.close()


_live: Running | None = None
_wanting: list[Callable[[Database], None]] = []


def live() -> Running:
    """Return this process's app, opened on the first call."""
    global _live
    if _live is None:
        spec = read_spec(Path.cwd())
        url = os.environ.get("DATABASE_URL", DATABASE_URL)
        _live = Running(spec, url, settings_of(spec, os.environ))
        for want in _wanting:
            want(_live.database)
    return _live


def when_opened(want: Callable[[Database], None]) -> Callable[[], None]:
    """Have `want` called with the database when it is opened, and now if it is; return what ends that."""
    _wanting.append(want)
    if _live is not None:
        want(_live.database)
    return lambda: _wanting.remove(want)


def get_ready() -> None:
    """Do what the first visitor's pages will need, before they ask: open the database and look into it."""
    app = live()
    app.database.counts()
    for entity in app.spec.entities:
        app.recent(entity)


def forget() -> None:
    """Close the app's database; the next `live` opens what the working folder has then."""
    global _live
    if _live is not None:
        _live.close()
        _live = None
