"""The app that this process runs: its spec and its database, found in the working folder.

Opened on first use, so that a process that is forked before never shares a connection.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec

from dataforms.access import EVERYTHING, Access
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.settings import Settings, settings_of
from dataforms.cursor import END
from dataforms.database import Database, Query
from dataforms.files import Files
from dataforms.place import DATABASE_URL, SPEC_FILE
from dataforms.query import Record
from dataforms.spec import AppSpec, Entity, Field, decode
from dataforms.tuning import LARGE
from dataforms.types import display_field, type_of
from dataforms.ui import present, present_table
from dataforms.ui.look import Look, first_page
from dataforms.ui.shapes import Row, Sum
from dataforms.ui.tuner import Tuner

RECENT = 3
ACTING = 50
"""For how many accounts it is remembered what they see."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a table as the browser gets it; `page` is the one found, which may be an earlier one."""

    rows: list[Row]
    total: int
    page: int
    is_capped: bool = False
    first: str = ""
    last: str = ""
    has_more: bool = False


class Live:
    """A spec and the database of its records, as one account sees them."""

    def __init__(self, database: Database, url: str, files: Files, tuner: Tuner) -> None:
        self.database, self.url, self.files = database, url, files
        self.spec = database.spec
        self._tuner = tuner

    def rows(self, entity: Entity, look: Look, names: Collection[str] = ()) -> Rows:
        """Return the page that a look asks for, or the nearest there is, with cells of the named columns."""
        if not self.database.may("read", entity.name):
            return Rows(rows=[], total=0, page=1)  # there are accounts that may only add records
        found = self.database.page(entity.name, look.query)
        if not found.rows and found.total and look != first_page(look):
            last = 1 if look.before else -(-found.total // look.size)
            return self.rows(entity, first_page(look, page=last), names)
        if look.before not in ("", END) and len(found.rows) < look.size:
            return self.rows(entity, first_page(look), names)
        if found.total >= LARGE or found.is_capped:
            self._tuner.tune(entity.name)
        rows = [self._row(entity, record, names) for record in found.rows]
        return Rows(
            rows=self._with_heads(entity, look, found.rows, rows),
            total=found.total,
            page=look.page if found.total else 1,
            is_capped=found.is_capped,
            first=found.first,
            last=found.last,
            has_more=found.has_more,
        )

    def sums(self, entity: Entity, look: Look) -> list[Sum]:
        """Return the totals of what a look finds."""
        if not self.database.may("read", entity.name):
            return []
        totals = present_table.known_totals(entity, look.totals)
        asked = [(field.name, function) for field, function in totals]
        return present_table.sums(totals, self.database.totals(entity.name, look.query, asked))

    def _with_heads(
        self, entity: Entity, look: Look, records: Sequence[Record], rows: list[Row]
    ) -> list[Row]:
        field = next((each for each in entity.fields if each.name == look.group), None)
        if field is None:
            return rows
        values = list({record.values[field.name]: None for record in records})
        counts = self.database.tally(entity.name, look.query, field.name, values)
        titles = [_title(field, record) for record in records]
        told = {_title(field, record): counts.get(record.values[field.name], 0) for record in records}
        return present_table.with_heads(rows, titles, told)

    def recent(self, entity: Entity) -> list[str]:
        """Return the labels of the records that were added last, the newest first."""
        if not self.database.may("read", entity.name):
            return []
        found = self.database.page(entity.name, Query(sort="-id", size=RECENT))
        return [label(entity, record) for record in found.rows]

    def _row(self, entity: Entity, record: Record, names: Collection[str]) -> Row:
        return {
            "id": str(record.id),
            "label": label(entity, record),
            "cells": present.cells(entity, record.id, record.values, record.labels, names),
            "head": "",
            "head_count": "",
        }


def _title(field: Field, record: Record) -> str:
    return record.labels.get(field.name) or type_of(field).show(record.values[field.name], field)


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
        database = Database(spec, url, files)
        super().__init__(database, url, files, Tuner(database))
        if not self.database.is_over and not self.database.is_current():
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
            found = Live(self.database.acting(access), self.url, self.files, self._tuner)
        self._acting[access] = found
        if len(self._acting) > ACTING:
            self._acting.popitem(last=False)
        return found

    def close(self) -> None:
        """Close the databases, and what works at them meanwhile."""
        self._tuner.stop()
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
